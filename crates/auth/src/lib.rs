//! Who calls and what they may do: access keys, API tokens, temporary credentials and scopes to a decision. Pure.

pub mod access_key;
pub mod action;
pub mod caller;
pub mod scope;
pub mod temporary;
pub mod token;

pub use access_key::{AccessKey, SecretAccessKey, SecretDigest};
pub use action::Action;
pub use caller::{Caller, Denial, Target};
pub use scope::{BucketScope, Grant, Paths, Permission, Scope, Session};
pub use temporary::{Claims, TemporaryCredential, TokenFault};
