//! What one port is held to, so that nobody can use it up.

use std::time::Duration;

/// What one port is held to. The defaults suit a machine on which an app is developed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at the same time; further ones wait. Default: 1,024.
    pub connections: usize,
    /// Bytes of a request's line and header fields, give or take what is read at once; at least 8,192. Default: 64 KiB.
    pub head_bytes: usize,
    /// Header fields of a request. Default: 100.
    pub head_fields: usize,
    /// Bytes of a request's body where all of it is read. Default: 8 MiB.
    pub body_bytes: usize,
    /// Bytes of all that was written. Default: 64 MiB.
    pub written_bytes: usize,
    /// How long a request's head may take, and a connection may be idle. Default: 30 s.
    pub head_time: Duration,
    /// How long a request's body may take; through the proxy, how long nothing of it may come. Default: 30 s.
    pub body_time: Duration,
    /// How long a reader may take nothing of what it is sent. Default: 30 s.
    pub write_time: Duration,
    /// How long open requests may take when the server stops. Default: 5 s.
    pub stop_time: Duration,
    /// How long the proxy waits for the head of an answer, the upload included, and for each further piece. Default: 300 s.
    pub answer_time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        let half_a_minute = Duration::from_secs(30);
        Self {
            connections: 1_024,
            head_bytes: 64 << 10,
            head_fields: 100,
            body_bytes: 8 << 20,
            written_bytes: 64 << 20,
            head_time: half_a_minute,
            body_time: half_a_minute,
            write_time: half_a_minute,
            stop_time: Duration::from_secs(5),
            answer_time: Duration::from_secs(300),
        }
    }
}
