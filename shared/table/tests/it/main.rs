//! The table's access patterns on the embedded engine: keys, conditions, and what each costs.

mod chart;
mod commit;
mod counters;
mod deliveries;
mod faults;
mod fixtures;
mod reads;
mod records;
mod round_trip;
mod round_trip_companies;
mod strategies;
mod timers;
mod wires;
mod world;
