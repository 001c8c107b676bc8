//! Holds nothing: see `benches/`.
