//! Journeys through the whole system, over HTTP, in virtual time.

mod alerts;
