//! What the benches share: time, percentiles, a table filled without the API.
//!
//! The driver is `bench.py` beside this package; the programs under `src/bin` are what it starts.

pub mod seed;
pub mod stopwatch;
pub mod summary;
