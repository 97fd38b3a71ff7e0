//! Hoopoe for its operators: the whole system in one process (`hoopoe dev`), a walk through
//! it (`hoopoe demo`), and commands that work on it, here and on AWS alike.

pub mod cli;
pub mod commands;
pub mod demo;
pub mod dev;
mod http_client;
mod local;
mod show;
