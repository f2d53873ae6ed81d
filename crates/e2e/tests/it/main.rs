//! End to end: a real server process, real clients, a real disk.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and its files may be lost"
)]

mod audit;
mod browser;
mod buckets;
mod clients;
mod command_line;
mod contention;
mod cors;
mod crash;
mod curl;
mod dev_command;
mod differences;
mod durability;
mod encryption;
mod forms;
mod full_disk;
mod hostile;
mod hosts;
mod http2;
mod memory;
mod multipart;
mod presigned;
mod proxies;
mod rate_limits;
mod rest;
mod rust_sdk;
mod scenario;
mod serve_command;
mod simulator;
mod tampering;
mod temporary;
mod tokens;
mod uploads;
mod vulnerabilities;
