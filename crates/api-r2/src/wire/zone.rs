//! Zones. The server asks no name servers: every domain name is a zone of the account, whose id is made of its name.
//!
//! Spec: Cloudflare API, zones.

use domain::{AccountId, DomainName};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Zone {
    /// 32 hexadecimal characters.
    pub id: String,
    /// The domain's name.
    pub name: String,
    /// `active`, always.
    pub status: String,
    /// Whose it is.
    pub account: ZoneAccount,
}

/// Whose a zone is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ZoneAccount {
    /// The account's id.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// The id of a zone.
#[must_use]
pub fn zone_id(account: &AccountId, name: &DomainName) -> String {
    let mut hasher = Sha256::new_with_prefix(b"zone");
    hasher.update(account.as_str());
    hasher.update(name.as_str());
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The zone of that id that a domain is in.
#[must_use]
pub fn zone_of(account: &AccountId, domain: &DomainName, id: &str) -> Option<DomainName> {
    let mut rest = domain.as_str();
    while let Some(name) = DomainName::parse(rest) {
        if zone_id(account, &name) == id {
            return Some(name);
        }
        rest = rest.split_once('.')?.1;
    }
    None
}
