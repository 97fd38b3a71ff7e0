//! The API as its callers meet it: through the router, over the real table, in virtual time.

mod accounts;
mod api_keys;
mod broadcasts;
mod channels;
mod company;
mod confirmations;
mod deletion;
mod description;
mod edges;
mod invites;
mod limits;
mod scenarios;
mod sessions;
mod subscriptions;
mod targets;
mod tasks;
mod world;
