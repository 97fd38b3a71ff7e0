//! Events: what runs and decisions tell, whatever the bus does.

mod channels;
mod pages;
