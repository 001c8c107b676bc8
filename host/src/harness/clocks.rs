//! WASI clocks and randomness of the virtual world.

use crate::harness::virtual_world::VirtualState;
use headroom_model::time::{Instant, Millis};
use wasmtime::component::{Accessor, HasSelf, Linker};
use wasmtime_wasi::p3::bindings::clocks::{monotonic_clock, system_clock, types};
use wasmtime_wasi::p3::bindings::random::random;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// Both clocks are those of the instance's node and move only with the world's events: the wall clock with all its
/// faults, the monotonic one with its drift. Both kinds of randomness come from the node's seed.
pub(crate) fn add_to_linker(linker: &mut Linker<VirtualState>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    monotonic_clock::add_to_linker::<_, HasSelf<VirtualState>>(linker, |state| state)?;
    system_clock::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    random::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

impl types::Host for VirtualState {}

impl system_clock::Host for VirtualState {
    fn now(&mut self) -> wasmtime::Result<system_clock::Instant> {
        let Instant(ms) = self.desk.clock();
        let nanoseconds = u32::try_from(ms % 1_000 * NANOS_PER_MILLI)?;
        Ok(system_clock::Instant { seconds: i64::try_from(ms / 1_000)?, nanoseconds })
    }

    fn get_resolution(&mut self) -> wasmtime::Result<types::Duration> {
        Ok(NANOS_PER_MILLI)
    }
}

impl monotonic_clock::Host for VirtualState {
    fn now(&mut self) -> wasmtime::Result<monotonic_clock::Mark> {
        Ok(nanos_of(self.desk.monotonic()))
    }

    fn get_resolution(&mut self) -> wasmtime::Result<types::Duration> {
        Ok(NANOS_PER_MILLI)
    }
}

impl monotonic_clock::HostWithStore<VirtualState> for HasSelf<VirtualState> {
    async fn wait_until(accessor: &Accessor<VirtualState, Self>, when: monotonic_clock::Mark) -> wasmtime::Result<()> {
        let wait = accessor.with(|mut access| when.saturating_sub(nanos_of(access.get().desk.monotonic())));
        Self::wait_for(accessor, wait).await
    }

    async fn wait_for(accessor: &Accessor<VirtualState, Self>, duration: types::Duration) -> wasmtime::Result<()> {
        // Never shorter than asked for: the world moves in whole milliseconds.
        let span = Millis(duration.div_ceil(NANOS_PER_MILLI));
        let woken = accessor.with(|mut access| access.get().desk.sleep(span));
        // The promise is dropped only with the instance.
        let _ = woken.await;
        Ok(())
    }
}

fn nanos_of(counted: Millis) -> u64 {
    counted.0.saturating_mul(NANOS_PER_MILLI)
}

impl random::Host for VirtualState {
    fn get_random_bytes(&mut self, max_len: u64) -> wasmtime::Result<Vec<u8>> {
        const MOST: u64 = 1 << 16;
        Ok((0..max_len.min(MOST)).map(|_| self.rng.next_u64().to_le_bytes()[0]).collect())
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.rng.next_u64())
    }
}
