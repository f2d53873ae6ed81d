//! Everything that is promised about signatures, against published vectors, the official signer, and forgers.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests: a panic is their report")]

mod chunked;
mod explain;
mod fixture;
mod oracle;
mod post_policy;
mod presigned_clients;
mod properties;
mod refusals;
mod tampering;
mod vectors;
