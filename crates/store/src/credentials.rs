//! The access keys that are known to the server: those given at start, and those of stored API tokens. Lookups never wait; what
//! is stored is held here too, and changes here before its change is answered.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use auth::token::{Unusable, usable};
use auth::{AccessKey, SecretAccessKey, SecretDigest};
use domain::{ApiToken, Timestamp};
use meta::Version;
use meta::tables::token::TokenRow;

use crate::tokens::LastUse;

/// Access keys by id, and by secret.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    given: Arc<ById<AccessKey>>,
    stored: Arc<RwLock<ById<StoredToken>>>,
}

/// Keys by id, whose ids are found by a hash of the secret: however many there are, a bearer is compared with one.
#[derive(Debug)]
pub(crate) struct ById<T> {
    keys: HashMap<String, Arc<T>>,
    ids: HashMap<SecretDigest, String>,
}

/// What has a secret, or has lost it.
pub(crate) trait HasSecret {
    fn secret(&self) -> Option<&SecretAccessKey>;
}

/// A stored token as it is used.
#[derive(Debug)]
pub(crate) struct StoredToken {
    pub(crate) row: TokenRow,
    /// `None` when its secret cannot be opened: the key that it is sealed under is gone.
    pub(crate) key: Option<Arc<AccessKey>>,
    /// Of its row.
    pub(crate) version: Version,
    pub(crate) last_use: Arc<LastUse>,
}

/// An access key that was found, which may not be one to use now.
#[derive(Clone, Debug)]
pub struct Found {
    key: Arc<AccessKey>,
    generation: u64,
    refusal: Option<Unusable>,
    last_use: Option<Arc<LastUse>>,
}

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self { keys: HashMap::new(), ids: HashMap::new() }
    }
}

impl<T: HasSecret> ById<T> {
    pub(crate) fn insert(&mut self, id: String, key: Arc<T>) {
        self.remove(&id);
        if let Some(secret) = key.secret() {
            self.ids.insert(secret.digest(), id.clone());
        }
        self.keys.insert(id, key);
    }

    pub(crate) fn remove(&mut self, id: &str) {
        let digest = self.keys.remove(id).and_then(|key| key.secret().map(SecretAccessKey::digest));
        if let Some(digest) = digest.filter(|digest| self.ids.get(digest).is_some_and(|of| of == id)) {
            self.ids.remove(&digest);
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Arc<T>> {
        self.keys.get(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Arc<T>> {
        self.keys.values()
    }

    /// The key of a secret, which is compared in constant time.
    fn of_secret(&self, secret: &SecretAccessKey) -> Option<&Arc<T>> {
        let key = self.keys.get(self.ids.get(&secret.digest())?)?;
        key.secret().is_some_and(|own| own.is(secret)).then_some(key)
    }
}

impl HasSecret for AccessKey {
    fn secret(&self) -> Option<&SecretAccessKey> {
        Some(&self.secret)
    }
}

impl HasSecret for StoredToken {
    fn secret(&self) -> Option<&SecretAccessKey> {
        self.key.as_ref().map(|key| &key.secret)
    }
}

impl StoredToken {
    /// The token as it is shown.
    pub(crate) fn token(&self) -> ApiToken {
        ApiToken { last_used: self.last_use.get(), ..self.row.token.clone() }
    }
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

    /// Notes that somebody has used it, who has shown that he has its secret.
    pub fn used(&self, now: Timestamp) {
        if let Some(last_use) = &self.last_use {
            last_use.note(now);
        }
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
        let mut given = ById::default();
        for key in keys {
            given.insert(key.id.clone(), Arc::new(key));
        }
        Self { given: Arc::new(given), stored: Arc::default() }
    }

    /// The key of an id, at a moment and for a connection from `peer`. A given key comes before a stored one of its id.
    #[must_use]
    pub fn find(&self, access_key_id: &str, now: Timestamp, peer: Option<IpAddr>) -> Option<Found> {
        if let Some(key) = self.given.get(access_key_id) {
            return Some(given(key));
        }
        found(self.read().get(access_key_id)?, now, peer)
    }

    /// The key of an API token's value.
    ///
    /// Spec: R2 docs, API tokens: the secret access key is the lower-case hex SHA-256 of the token's value.
    #[must_use]
    pub fn find_bearer(&self, value: &str, now: Timestamp, peer: Option<IpAddr>) -> Option<Found> {
        let secret = SecretAccessKey::of_value(value);
        if let Some(key) = self.given.of_secret(&secret) {
            return Some(given(key));
        }
        found(self.read().of_secret(&secret)?, now, peer)
    }

    /// Whether a key of that id was given at start.
    pub(crate) fn is_given(&self, access_key_id: &str) -> bool {
        self.given.get(access_key_id).is_some()
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, ById<StoredToken>> {
        self.stored.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, ById<StoredToken>> {
        self.stored.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn given(key: &Arc<AccessKey>) -> Found {
    Found { key: Arc::clone(key), generation: 0, refusal: None, last_use: None }
}

fn found(token: &StoredToken, now: Timestamp, peer: Option<IpAddr>) -> Option<Found> {
    let key = Arc::clone(token.key.as_ref()?);
    let refusal = usable(&token.row.token.settings, now, peer).err();
    let last_use = Some(Arc::clone(&token.last_use));
    Some(Found { key, generation: token.version, refusal, last_use })
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

    #[test]
    fn a_secret_finds_whoever_has_it_now() {
        let key = |id: &str, secret: &str| {
            let (id, secret) = (id.to_owned(), SecretAccessKey::new(secret));
            Arc::new(AccessKey { id, secret, scope: Scope::admin() })
        };
        let mut keys = ById::default();
        let of = |keys: &ById<AccessKey>, secret: &str| {
            keys.of_secret(&SecretAccessKey::new(secret)).map(|key| key.id.clone())
        };
        keys.insert("a".to_owned(), key("a", "1"));
        keys.insert("b".to_owned(), key("b", "2"));
        assert_eq!((of(&keys, "1").as_deref(), of(&keys, "2").as_deref()), (Some("a"), Some("b")));
        keys.insert("a".to_owned(), key("a", "3"));
        assert_eq!((of(&keys, "1"), of(&keys, "3").as_deref()), (None, Some("a")));
        // two have one secret: whoever goes leaves it to the other
        keys.insert("a".to_owned(), key("a", "2"));
        keys.remove("b");
        assert_eq!((of(&keys, "2").as_deref(), of(&keys, "3")), (Some("a"), None));
        keys.remove("a");
        assert_eq!((of(&keys, "2"), keys.len(), keys.ids.len()), (None, 0, 0));
    }
}
