//! What of the command others use: the core as a client of the simulator.

pub mod native;
