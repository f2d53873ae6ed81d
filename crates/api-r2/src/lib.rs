//! Cloudflare's REST v4 for R2 as JSON envelopes.
//!
//! `pipeline` is the one list of steps every request goes through, `wire` has the documents, `handlers` what is done.
//! Nothing here touches a disk or decides who may do what. An object's headers are S3's, so `s3-wire` reads and writes them.

mod authenticate;
mod call;
mod cursor;
mod document;
mod door;
mod envelope;
mod error;
mod error_code;
mod handlers;
mod objects_only;
mod openapi;
mod pipeline;
mod route;
pub mod wire;

pub use door::{Door, DoorSettings};
pub use error_code::R2ErrorCode;
