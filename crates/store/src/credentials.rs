//! The access keys that are known to the server: those given at start, and those of stored API tokens. Lookups never wait; what
//! is stored is held here too, and changes here before its change is answered.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use auth::token::{Unusable, usable};
use auth::{AccessKey, SecretAccessKey};
use domain::Timestamp;
use meta::Version;
use meta::tables::token::TokenRow;

/// Access keys by id.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    given: HashMap<String, Arc<AccessKey>>,
    stored: Arc<RwLock<StoredTokens>>,
}

/// Stored tokens by id.
pub(crate) type StoredTokens = HashMap<String, Arc<StoredToken>>;

/// A stored token as it is used.
#[derive(Debug)]
pub(crate) struct StoredToken {
    pub(crate) row: TokenRow,
    /// `None` when its secret cannot be opened: the key that it is sealed under is gone.
    pub(crate) key: Option<Arc<AccessKey>>,
    /// Of its row.
    pub(crate) version: Version,
}

/// An access key that was found, which may not be one to use now.
#[derive(Clone, Debug)]
pub struct Found {
    key: Arc<AccessKey>,
    generation: u64,
    refusal: Option<Unusable>,
}

impl Found {
    /// The key, if it can be used now and from there.
    ///
    /// # Errors
    /// [`Unusable`], for whoever has shown that he has its secret.
    pub fn usable(&self) -> Result<&AccessKey, Unusable> {
        self.refusal.map_or(Ok(&*self.key), Err)
    }

    /// The key, whether or not it can be used: to find out whether a request is its holder's.
    #[must_use]
    pub fn key(&self) -> &AccessKey {
        &self.key
    }

    /// Another number for each secret that the id has had.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }
}

impl Credentials {
    /// From a list; a later key replaces an earlier one of the same id.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = AccessKey>) -> Self {
        let given = keys.into_iter().map(|key| (key.id.clone(), Arc::new(key))).collect();
        Self { given, stored: Arc::default() }
    }

    /// The key of an id, at a moment and for a connection from `peer`. A given key comes before a stored one of its id.
    #[must_use]
    pub fn find(&self, access_key_id: &str, now: Timestamp, peer: Option<IpAddr>) -> Option<Found> {
        if let Some(key) = self.given.get(access_key_id) {
            return Some(Found { key: Arc::clone(key), generation: 0, refusal: None });
        }
        found(self.read().get(access_key_id)?, now, peer)
    }

    /// The key of an API token's value. Every key is compared, each in constant time.
    ///
    /// Spec: R2 docs, API tokens: the secret access key is the lower-case hex SHA-256 of the token's value.
    #[must_use]
    pub fn find_bearer(&self, value: &str, now: Timestamp, peer: Option<IpAddr>) -> Option<Found> {
        let secret = SecretAccessKey::of_value(value);
        let given = self.given.values().filter(|key| key.secret.is(&secret)).last();
        if let Some(key) = given {
            return Some(Found { key: Arc::clone(key), generation: 0, refusal: None });
        }
        let stored = self.read();
        let is_it = |token: &&Arc<StoredToken>| token.key.as_ref().is_some_and(|key| key.secret.is(&secret));
        found(stored.values().filter(is_it).last()?, now, peer)
    }

    /// Whether a key of that id was given at start.
    pub(crate) fn is_given(&self, access_key_id: &str) -> bool {
        self.given.contains_key(access_key_id)
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, StoredTokens> {
        self.stored.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, StoredTokens> {
        self.stored.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn found(token: &StoredToken, now: Timestamp, peer: Option<IpAddr>) -> Option<Found> {
    let key = Arc::clone(token.key.as_ref()?);
    let refusal = usable(&token.row.token.settings, now, peer).err();
    Some(Found { key, generation: token.version, refusal })
}

#[cfg(test)]
mod tests {
    use auth::Scope;

    use super::*;

    #[test]
    fn a_token_is_found_by_its_value_and_not_by_its_hash() {
        // printf %s cfat_token | sha256sum
        let hash = "9fc193b981b221520f02a2735164a09aa23e45fd148e4b0bf6c681424f96c71f";
        let key = |id: &str, secret: &str| AccessKey {
            id: id.to_owned(),
            secret: SecretAccessKey::new(secret),
            scope: Scope::admin(),
        };
        let credentials = Credentials::new([key("a", hash), key("b", "cfat_other")]);
        let bearer = |value: &str| credentials.find_bearer(value, Timestamp::default(), None);
        assert_eq!(bearer("cfat_token").map(|found| found.key().id.clone()), Some("a".to_owned()));
        for wrong in ["", "cfat_toke", "cfat_token ", "cfat_other", hash] {
            assert!(bearer(wrong).is_none(), "{wrong}");
        }
    }
}
