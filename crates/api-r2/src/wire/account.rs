//! The account.
//!
//! Spec: Cloudflare API, accounts, memberships.

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
