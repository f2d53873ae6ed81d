//! API tokens that are kept: made, listed, changed, rolled, deleted, and asked about by themselves.
//!
//! Their secrets are sealed in their rows. All of them are held in memory, in [`Credentials`](crate::Credentials), so that a
//! request needs no read and a change counts from its answer on, for whatever connection.

mod writes;

use std::fmt;
use std::sync::Arc;

use auth::{AccessKey, Action, Caller, Scope, SecretAccessKey};
use bytes::Bytes;
use domain::{ApiToken, ByteRange, Error, TokenSettings};
use meta::tables::token::{self, TokenRow};
use meta::{Check, EngineError, Entry, KeyRange, Scan};
use seal::{DataKey, Keyring, Opener, Sealer, WrappedKey};

use crate::credentials::StoredToken;
use crate::failure::{damaged, engine_failed};
use crate::{Store, delete_row, put_row};

pub(crate) use writes::TokenWrites;

/// Most tokens of the account: they are all held in memory.
pub const TOKENS_MAX: usize = 1_000;
/// Rows of one read at start.
const PAGE: u32 = 100;

/// An API token's value, which is shown once. Its hash is the secret access key.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenValue(String);

impl TokenValue {
    /// The value, for its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenValue(hidden)")
    }
}

impl Store {
    /// Reads the tokens that are kept, and keeps new ones from now on: the first key of `keyring` seals their secrets, all of
    /// its keys open them. A token whose secret does not open is listed, and cannot be used until it is rolled.
    ///
    /// # Errors
    /// Any error of the engine; [`Error::Internal`] for a row that is damaged.
    pub async fn with_tokens(self, keyring: Keyring) -> Result<Self, Error> {
        let mut range = KeyRange::prefix(&token::table_prefix());
        loop {
            let scan = Scan { range: range.clone(), limit: PAGE, fold: None };
            let page = self.engine.scan(scan).await.map_err(engine_failed)?;
            for entry in &page.entries {
                let Entry::Row { key, .. } = entry else { continue };
                range.start = [&key[..], &[0]].concat();
                let Some(row) = self.engine.get(key).await.map_err(engine_failed)? else { continue };
                let found = TokenRow::decode(key, &row.value).map_err(damaged)?;
                let id = found.token.id.clone();
                if self.credentials.is_given(&id) {
                    tracing::warn!(
                        access_key_id = id,
                        "a token of the credentials file has the id of a stored one"
                    );
                }
                let secret = open_secret(&keyring, &found);
                if secret.is_none() {
                    tracing::error!(
                        access_key_id = id,
                        "the key that seals a token's secret is gone; roll the token"
                    );
                }
                self.credentials.write().insert(id, Arc::new(stored(found, secret, row.version)));
            }
            if !page.more {
                return Ok(Self { token_keys: Some(keyring), ..self });
            }
        }
    }

    /// Makes a token. Its value is returned here and kept nowhere.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::InvalidApiToken`]; any error of the engine.
    ///
    /// Cancel safety: the token is there or not; if it is, nobody has its value.
    pub async fn create_token(
        &self,
        caller: &Caller,
        settings: TokenSettings,
    ) -> Result<(ApiToken, TokenValue), Error> {
        caller.allow(Action::ManageTokens, None)?;
        settings.check()?;
        let _turn = self.token_turn().await?;
        if self.credentials.read().len() >= TOKENS_MAX {
            return Err(Error::InvalidApiToken {
                reason: "an account has at most 1,000 tokens; delete some",
            });
        }
        let now = self.clock.now();
        let id = domain::random::hex::<16>(&*self.random);
        let token = ApiToken { id, issued: now, modified: now, settings };
        let value = TokenValue(auth::token::new_value(&*self.random));
        let secret = SecretAccessKey::of_value(value.expose());
        let row = self.sealed(token.clone(), &secret)?;
        let key = token::key(&token.id);
        let write = put_row(key.clone(), row.encode());
        self.write_token(Check::Absent(key), write, (row, Some(secret))).await.map_err(token_failed)?;
        Ok((token, value))
    }

    /// All tokens, the oldest first.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; any error of the engine.
    pub async fn list_tokens(&self, caller: &Caller) -> Result<Vec<ApiToken>, Error> {
        caller.allow(Action::ManageTokens, None)?;
        let _turn = self.token_turn().await?;
        let mut tokens: Vec<ApiToken> =
            self.credentials.read().values().map(|stored| stored.row.token.clone()).collect();
        tokens.sort_unstable_by(|a, b| (a.issued, &a.id).cmp(&(b.issued, &b.id)));
        Ok(tokens)
    }

    /// One token.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchToken`]; any error of the engine.
    pub async fn token(&self, caller: &Caller, id: &str) -> Result<ApiToken, Error> {
        caller.allow(Action::ManageTokens, None)?;
        let _turn = self.token_turn().await?;
        Ok(self.find_token(id)?.row.token.clone())
    }

    /// The token that calls; `None` for a key that was given at start, which is always active.
    ///
    /// # Errors
    /// [`Error::AccessDenied`].
    pub async fn verify_token(&self, caller: &Caller) -> Result<Option<ApiToken>, Error> {
        caller.allow(Action::VerifyToken, None)?;
        let id = caller.access_key_id().filter(|id| !self.credentials.is_given(id));
        let tokens = self.credentials.read();
        Ok(id.and_then(|id| tokens.get(id)).map(|stored| stored.row.token.clone()))
    }

    /// Replaces what a token's owner says of it; that it is disabled, too. Its value stays.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchToken`], [`Error::InvalidApiToken`]; any error of the engine.
    ///
    /// Cancel safety: the change is made or not; until that is known the token cannot be used.
    pub async fn update_token(
        &self,
        caller: &Caller,
        id: &str,
        settings: TokenSettings,
    ) -> Result<ApiToken, Error> {
        caller.allow(Action::ManageTokens, None)?;
        settings.check()?;
        let _turn = self.token_turn().await?;
        let before = self.find_token(id)?;
        let mut row = before.row.clone();
        row.token = ApiToken { modified: self.clock.now(), settings, ..row.token };
        let secret = before.key.as_ref().map(|key| key.secret.clone());
        self.replace_token(&before, row.clone(), secret).await?;
        Ok(row.token)
    }

    /// Gives a token another value; the old one is good for nothing from the answer on.
    ///
    /// # Errors
    /// As [`Store::update_token`].
    ///
    /// Cancel safety: as of [`Store::update_token`].
    pub async fn roll_token(&self, caller: &Caller, id: &str) -> Result<TokenValue, Error> {
        caller.allow(Action::ManageTokens, None)?;
        let _turn = self.token_turn().await?;
        let before = self.find_token(id)?;
        let value = TokenValue(auth::token::new_value(&*self.random));
        let secret = SecretAccessKey::of_value(value.expose());
        let token = ApiToken { modified: self.clock.now(), ..before.row.token.clone() };
        self.replace_token(&before, self.sealed(token, &secret)?, Some(secret)).await?;
        Ok(value)
    }

    /// Deletes a token; its temporary credentials end with it.
    ///
    /// # Errors
    /// As [`Store::update_token`].
    ///
    /// Cancel safety: as of [`Store::update_token`].
    pub async fn delete_token(&self, caller: &Caller, id: &str) -> Result<(), Error> {
        caller.allow(Action::ManageTokens, None)?;
        let _turn = self.token_turn().await?;
        let before = self.find_token(id)?;
        let key = token::key(id);
        let check = Check::VersionIs(key.clone(), before.version);
        self.remove_token(check, delete_row(key), id).await.map_err(token_failed)
    }

    async fn replace_token(
        &self,
        before: &StoredToken,
        row: TokenRow,
        secret: Option<SecretAccessKey>,
    ) -> Result<(), Error> {
        let key = token::key(&row.token.id);
        let check = Check::VersionIs(key.clone(), before.version);
        let write = put_row(key, row.encode());
        self.write_token(check, write, (row, secret)).await.map_err(token_failed)
    }

    fn find_token(&self, id: &str) -> Result<Arc<StoredToken>, Error> {
        self.credentials.read().get(id).cloned().ok_or_else(|| Error::NoSuchToken { id: id.to_owned() })
    }

    /// A row with its secret sealed under a new key, in the token's name.
    fn sealed(&self, token: ApiToken, secret: &SecretAccessKey) -> Result<TokenRow, Error> {
        let (wrapped_key, sealed_secret) =
            self.seal_secret(&body_id(&token.id), secret.expose().as_bytes())?;
        Ok(TokenRow { token, wrapped_key, sealed_secret })
    }

    /// Seals a secret under a new key, in the name of what it belongs to: the wrapped key, and what is stored of the secret.
    pub(crate) fn seal_secret(&self, name: &[u8; 16], secret: &[u8]) -> Result<(Bytes, Bytes), Error> {
        let keyring = self.token_keys.as_ref();
        let keyring = keyring.ok_or_else(|| Error::internal("there is no key to seal secrets with"))?;
        let data = DataKey::new(&*self.random);
        let wrapped_key = data.wrap(keyring.current(), &*self.random).encode().into();
        let mut sealed = Vec::new();
        let mut sealer = Sealer::new(&data, name);
        sealer.push(secret, |bytes| sealed.extend_from_slice(bytes));
        sealer.finish(|bytes| sealed.extend_from_slice(bytes));
        Ok((wrapped_key, Bytes::from(sealed)))
    }
}

/// What is held of a token.
pub(crate) fn stored(row: TokenRow, secret: Option<SecretAccessKey>, version: u64) -> StoredToken {
    let scope = Scope::of_token(&row.token.settings);
    let key = secret.map(|secret| Arc::new(AccessKey { id: row.token.id.clone(), secret, scope }));
    StoredToken { row, key, version }
}

fn open_secret(keyring: &Keyring, row: &TokenRow) -> Option<SecretAccessKey> {
    let wrapped = WrappedKey::decode(&row.wrapped_key).ok()?;
    let data = wrapped.unwrap(keyring.find(wrapped.key_id()?)?).ok()?;
    let size = SECRET_BYTES as u64;
    let mut opener = Opener::new(&data, &body_id(&row.token.id), size, ByteRange::whole(size));
    let mut secret = Vec::with_capacity(SECRET_BYTES);
    opener.push(&row.sealed_secret, |bytes| secret.extend_from_slice(bytes)).ok()?;
    opener.finish().ok()?;
    String::from_utf8(secret).ok().map(SecretAccessKey::new)
}

/// Characters of a secret access key.
const SECRET_BYTES: usize = 64;

/// A sealed secret opens in the name of its own token only.
fn body_id(token_id: &str) -> [u8; 16] {
    u128::from_str_radix(token_id, 16).unwrap_or_default().to_be_bytes()
}

fn token_failed(error: EngineError) -> Error {
    match error {
        // nobody else writes these rows
        EngineError::Conflict { .. } => Error::SlowDown,
        error => engine_failed(error),
    }
}
