//! Config, listeners, doors by host, limits, shutdown: the only place where the parts meet. It prints nothing.

mod client_address;
pub mod config;
mod connection;
mod credentials_file;
mod data_dir;
pub mod dev;
mod doors;
mod encryption_keys;
mod error;
mod listener;
mod maintenance;
mod parts;
mod secret_file;
mod server;
mod system;

pub use config::Config;
pub use credentials_file::{Token, TokenFile, parse_scope};
pub use encryption_keys::EncryptionKeys;
pub use error::StartError;
pub use server::{Server, Stop};
pub use system::{SystemClock, SystemRandom};
