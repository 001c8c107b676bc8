//! What of the command others use: the core as a client of the simulator, and words that tests look for.

pub mod native;
pub mod unsaid;
