//! API tokens that are kept: made, listed, changed, rolled, deleted, and asked about by themselves.
//!
//! Their secrets are sealed in their rows. All of them are held in memory, in [`Credentials`](crate::Credentials), so that a
//! request needs no read and a change counts from its answer on, for whatever connection.

mod last_use;
mod writes;

use std::fmt;
use std::sync::Arc;

use auth::token::Unusable;
use auth::{
    AccessKey, Action, Caller, Claims, Scope, SecretAccessKey, Session, TemporaryCredential, temporary,
};
use bytes::Bytes;
use domain::audit::Verb;
use domain::{ApiToken, ByteRange, Error, TokenSettings};
use meta::tables::token::{self, TokenRow};
use meta::{Check, EngineError, Entry, KeyRange, Scan};
use seal::{DataKey, Keyring, Opener, Sealer, WrappedKey};

use crate::audit::{Change, summary};
use crate::credentials::StoredToken;
use crate::failure::{damaged, engine_failed};
use crate::{Store, delete_row, put_row};

pub(crate) use last_use::LastUse;
pub(crate) use writes::TokenWrites;

/// Most tokens of the account: they are all held in memory.
pub const TOKENS_MAX: usize = 1_000;
/// Rows of one read at start.
const PAGE: u32 = 100;

/// What a token is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenChange {
    /// What its owner says of it.
    pub settings: TokenSettings,
    /// Whether it stays switched on or off, whatever the settings say.
    pub keeps_status: bool,
}

impl From<TokenSettings> for TokenChange {
    fn from(settings: TokenSettings) -> Self {
        Self { settings, keeps_status: false }
    }
}

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
                self.credentials
                    .write()
                    .insert(id, Arc::new(stored(found, secret, row.version, Arc::default())));
            }
            if !page.more {
                self.read_last_uses().await?;
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
                reason: "an account has at most 1,000 tokens; delete some".into(),
            });
        }
        let now = self.clock.now();
        let id = domain::random::hex::<16>(&*self.random);
        let token = ApiToken { id, issued: now, modified: now, last_used: None, settings };
        let value = TokenValue(auth::token::new_value(&*self.random));
        let secret = SecretAccessKey::of_value(value.expose());
        let row = self.sealed(token.clone(), &secret)?;
        let key = token::key(&token.id);
        let change = Change::of_token(caller, "CreateToken", &token.id).with_verb(Verb::Create);
        let made = Some(summary::token(&token.settings));
        let writes = vec![put_row(key.clone(), row.encode()), self.audit_row(&change, None, made)];
        self.write_token(Check::Absent(key), writes, (row, Some(secret)), Arc::default())
            .await
            .map_err(token_failed)?;
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
            self.credentials.read().values().map(|stored| stored.token()).collect();
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
        Ok(self.find_token(id)?.token())
    }

    /// The token that calls; `None` for a key that was given at start, which is always active.
    ///
    /// # Errors
    /// [`Error::AccessDenied`].
    pub async fn verify_token(&self, caller: &Caller) -> Result<Option<ApiToken>, Error> {
        caller.allow(Action::VerifyToken, None)?;
        let id = caller.access_key_id().filter(|id| !self.credentials.is_given(id));
        let tokens = self.credentials.read();
        Ok(id.and_then(|id| tokens.get(id)).map(|stored| stored.token()))
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
        change: impl Into<TokenChange>,
    ) -> Result<ApiToken, Error> {
        caller.allow(Action::ManageTokens, None)?;
        let TokenChange { mut settings, keeps_status } = change.into();
        settings.check()?;
        let _turn = self.token_turn().await?;
        let before = self.find_token(id)?;
        let mut row = before.row.clone();
        if keeps_status {
            settings.disabled = row.token.settings.disabled;
        }
        row.token = ApiToken { modified: self.clock.now(), settings, ..row.token };
        let secret = before.key.as_ref().map(|key| key.secret.clone());
        let change = Change::of_token(caller, "UpdateToken", id);
        self.replace_token(&change, &before, row.clone(), secret).await?;
        Ok(ApiToken { last_used: before.last_use.get(), ..row.token })
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
        let change = Change::of_token(caller, "RollToken", id);
        self.replace_token(&change, &before, self.sealed(token, &secret)?, Some(secret)).await?;
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
        let change = Change::of_token(caller, "DeleteToken", id).with_verb(Verb::Delete);
        let gone = Some(summary::token(&before.row.token.settings));
        let writes =
            vec![delete_row(key), delete_row(token::last_use_key(id)), self.audit_row(&change, gone, None)];
        self.remove_token(check, writes, id).await.map_err(token_failed)
    }

    /// Makes a temporary credential of a token, or of a key that was given at start. Nothing of it is kept.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchToken`] for the parent; [`Error::InvalidApiToken`] when the parent may not do
    /// what its child is to do, is out of use, or when no verifier would take the credential.
    pub async fn issue_temporary(
        &self,
        caller: &Caller,
        parent: &str,
        session: Session,
        validity_s: i64,
    ) -> Result<TemporaryCredential, Error> {
        caller.allow(Action::ManageTokens, None)?;
        let _turn = self.token_turn().await?;
        let refused = |reason: String| Error::InvalidApiToken { reason: reason.into() };
        let now = self.clock.now();
        let found = self.credentials.find(parent, now, None);
        let found = found.ok_or_else(|| Error::NoSuchToken { id: parent.to_owned() })?;
        match found.usable() {
            // whoever uses the child has the address that counts
            Ok(_) | Err(Unusable::Address(_)) => {}
            Err(why) => return Err(refused(format!("of the parent: {why}"))),
        }
        let (permission, bucket) = (session.permission, &session.bucket);
        if !found.key().scope.covers(permission, bucket) {
            let what =
                format!("the parent itself does not have {} on the bucket {bucket}", permission.name());
            return Err(refused(what));
        }
        let issued_s = now.as_seconds();
        let claims = Claims {
            account: self.account.clone(),
            issuer: parent.to_owned(),
            audience: format!("{}.r2.cloudflarestorage.com", self.account),
            issued_s,
            expires_s: issued_s.saturating_add(validity_s),
            session,
        };
        let made = Some(summary::temporary(&claims.session, validity_s));
        let credential =
            temporary::issue(&found.key().secret, &claims).map_err(|fault| refused(fault.to_string()))?;
        let change = Change::of_token(caller, "CreateTemporaryCredential", parent).with_verb(Verb::Create);
        // nothing of it is kept but that it was made
        self.commit(Vec::new(), vec![self.audit_row(&change, None, made)]).await.map_err(engine_failed)?;
        Ok(credential)
    }

    async fn replace_token(
        &self,
        change: &Change<'_>,
        before: &StoredToken,
        row: TokenRow,
        secret: Option<SecretAccessKey>,
    ) -> Result<(), Error> {
        let key = token::key(&row.token.id);
        let check = Check::VersionIs(key.clone(), before.version);
        let [was, is] = [&before.row, &row].map(|row: &TokenRow| Some(summary::token(&row.token.settings)));
        let writes = vec![put_row(key, row.encode()), self.audit_row(change, was, is)];
        let last_use = Arc::clone(&before.last_use);
        self.write_token(check, writes, (row, secret), last_use).await.map_err(token_failed)
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
pub(crate) fn stored(
    row: TokenRow,
    secret: Option<SecretAccessKey>,
    version: u64,
    last_use: Arc<LastUse>,
) -> StoredToken {
    let scope = Scope::of_token(&row.token.settings);
    let key = secret.map(|secret| Arc::new(AccessKey { id: row.token.id.clone(), secret, scope }));
    StoredToken { row, key, version, last_use }
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
