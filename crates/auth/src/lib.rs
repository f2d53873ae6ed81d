//! Who calls and what they may do: access keys and scopes to a decision. Pure.

pub mod access_key;
pub mod caller;

pub use access_key::{AccessKey, SecretAccessKey};
pub use caller::{Action, BucketScope, Caller, Permission, Scope};
