//! S3's HTTP and XML language in both directions: route, decode, encode, error table, screening table. No sockets, no
//! storage, no signatures: requests come in as parsed heads and whole bounded bodies, replies go out as headers and bytes.
#![warn(clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::indexing_slicing))]

pub mod copy_source;
pub mod cors;
pub mod error;
pub mod error_code;
pub mod form;
pub mod fuzzing;
pub mod headers;
pub mod host;
mod json;
pub mod lifecycle;
pub mod metadata;
pub mod object_lock;
pub mod operation;
pub mod ops;
pub mod percent;
pub mod post_policy;
pub mod public_access;
pub mod query;
pub mod rfc2047;
pub mod route;
pub mod screen;
pub mod storage_class;
pub mod tagging;
pub mod upload_limits;
pub mod upload_rules;
pub mod versioning;
pub mod xml;

pub use copy_source::CopySource;
pub use domain::StorageClass;
pub use error::S3Error;
pub use error_code::S3ErrorCode;
pub use host::{HostMatch, HostNames};
pub use operation::Operation;
pub use query::Query;
pub use route::{Address, Route, address, refuse_beyond_r2, route};
pub use screen::{screen, screen_guards};
