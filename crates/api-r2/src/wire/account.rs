//! The account, and tokens as far as they speak of themselves.
//!
//! Spec: Cloudflare API, accounts, memberships, verify token.

use schemars::JsonSchema;
use serde::Serialize;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Account {
    /// 32 lower-case hexadecimal characters.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// `standard`, always.
    pub r#type: String,
}

/// That a token's owner belongs to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Membership {
    /// The account's id: there is one membership.
    pub id: String,
    /// `accepted`, always.
    pub status: String,
    /// The account.
    pub account: Account,
}

/// A token that was asked about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerifiedToken {
    /// Its id, which is also the access key id of S3.
    pub id: String,
    /// `active`, always: another one is not let in.
    pub status: String,
}
