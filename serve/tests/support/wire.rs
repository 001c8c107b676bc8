//! Messages as they are on the wire, an upstream that says what a test wants, and a client that sees every byte.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request or a response, without how its body was framed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    pub first: String,
    /// As they are spelled, in the order of their names.
    pub fields: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    pub trailers: Vec<(String, Vec<u8>)>,
}

/// Fields of one hop, and what frames a body.
const OF_ONE_HOP: [&str; 4] = ["connection", "transfer-encoding", "te", "keep-alive"];

impl Message {
    /// Reads one; none at the end. `has_body` is false for the answer to a HEAD.
    pub fn read(from: &mut impl BufRead, has_body: bool) -> Option<Self> {
        let first = String::from_utf8_lossy(&line(from)?).into_owned();
        let fields = fields(from)?;
        let of = |name: &str| {
            let value = fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            value.map(|value| String::from_utf8_lossy(value).to_ascii_lowercase())
        };
        let is_answer = first.starts_with("HTTP/");
        let is_empty = !has_body || ["204", "304"].iter().any(|status| is_answer && first[9..].starts_with(status));
        let (mut body, mut trailers) = (Vec::new(), Vec::new());
        if is_empty {
        } else if of("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
            loop {
                let size = usize::from_str_radix(std::str::from_utf8(&line(from)?).ok()?, 16).ok()?;
                if size == 0 {
                    break;
                }
                let mut chunk = vec![0; size];
                from.read_exact(&mut chunk).ok()?;
                body.extend(chunk);
                line(from)?;
            }
            trailers = self::fields(from)?;
        } else if let Some(length) = of("content-length") {
            body = vec![0; length.parse().ok()?];
            from.read_exact(&mut body).ok()?;
        } else if is_answer {
            from.read_to_end(&mut body).ok()?;
        }
        Some(Self { first, fields, body, trailers })
    }

    /// What is to be the same at both ends.
    pub fn end_to_end(mut self) -> Self {
        let is_beta = |name: &str| name.starts_with("x-beta-ratelimit-") || name.starts_with("beta-r");
        self.fields.retain(|(name, _)| {
            let name = name.to_ascii_lowercase();
            !OF_ONE_HOP.contains(&name.as_str()) && !is_beta(&name)
        });
        self
    }

    pub fn field(&self, name: &str) -> Option<String> {
        let value = self.fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        value.map(|value| String::from_utf8_lossy(value).into_owned())
    }

    pub fn status(&self) -> u16 {
        self.first.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default()
    }
}

fn line(from: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line).ok()?;
    line.strip_suffix(b"\r\n").map(<[u8]>::to_vec)
}

fn fields(from: &mut impl BufRead) -> Option<Vec<(String, Vec<u8>)>> {
    let mut fields = Vec::new();
    loop {
        let line = line(from)?;
        if line.is_empty() {
            fields.sort();
            return Some(fields);
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        fields.push((String::from_utf8_lossy(name).into_owned(), value.trim_ascii().to_vec()));
    }
}

/// What an upstream does with a request: what is left to be done on its connection is the handler's.
pub trait Handler: Fn(&Message, &mut TcpStream) + Send + Sync + 'static {}
impl<F: Fn(&Message, &mut TcpStream) + Send + Sync + 'static> Handler for F {}

/// A server that keeps what it is asked.
pub struct Upstream {
    pub addr: SocketAddr,
    pub seen: Arc<Mutex<Vec<Message>>>,
}

impl Upstream {
    pub fn new(handler: impl Handler) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("it has one");
        let (seen, handler) = (Arc::<Mutex<Vec<Message>>>::default(), Arc::new(handler));
        let all = seen.clone();
        // It ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let (all, handler) = (all.clone(), handler.clone());
                std::thread::spawn(move || serve(stream, &all, &*handler));
            }
        });
        Self { addr, seen }
    }

    /// Says the same to everybody.
    pub fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::new(move |_: &Message, stream: &mut TcpStream| {
            let _ = stream.write_all(&answer);
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn seen(&self) -> Vec<Message> {
        self.seen.lock().expect("no test failed within").clone()
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Message>>, handler: &dyn Fn(&Message, &mut TcpStream)) {
    let Ok(copy) = stream.try_clone() else { return };
    let mut reader = BufReader::new(copy);
    while let Some(message) = Message::read(&mut reader, true) {
        seen.lock().expect("no test failed within").push(message.clone());
        handler(&message, &mut stream);
        if message.field("connection").is_some_and(|field| field.contains("close")) {
            return;
        }
    }
}

/// Sends bytes and reads one answer.
pub fn send(addr: SocketAddr, bytes: &[u8]) -> Option<Message> {
    let mut stream = TcpStream::connect(addr).ok()?;
    stream.write_all(bytes).ok()?;
    Message::read(&mut BufReader::new(stream), !bytes.starts_with(b"HEAD "))
}

/// Sends a GET with some fields, each with its end, and reads the answer.
pub fn get(addr: SocketAddr, path: &str, fields: &str) -> Message {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}\r\n");
    send(addr, request.as_bytes()).unwrap_or_else(|| panic!("no answer to {path}"))
}

/// An answer with a length.
pub fn answer(status: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// An answer in chunks.
pub fn chunked(status: &str, fields: &str, body: &[u8], trailers: &str) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n{fields}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.chunks(100) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(format!("0\r\n{trailers}\r\n").into_bytes());
    bytes
}
