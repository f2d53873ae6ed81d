//! What the end-to-end tests need to talk to a real server: the process, proxies before it, raw requests, signing. Dev only.
#![allow(clippy::print_stdout, reason = "what a client said is shown when its test fails")]

mod command;
mod curl;
mod http;
mod larder;
mod proxy;
mod script;
mod signer;

pub use command::{Said, command};
pub use curl::Curl;
pub use http::{Client, Reply, exchange};
pub use larder::{Larder, binary, scratch_folder, signal};
pub use proxy::{Proxy, configuration};
pub use script::{client_folder, run_script};
pub use signer::{Signer, now_s};
