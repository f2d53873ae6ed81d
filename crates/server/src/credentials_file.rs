//! The file of tokens that may call: made by `larder dev` and `larder token new`, read once at start.
//!
//! A token is an API token's id and the hash of its value; the two are an S3 key pair. The file holds secrets: it is
//! written with mode 0600, and refused when everybody on the machine could read it.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use auth::{AccessKey, BucketScope, Permission, Scope, SecretAccessKey};
use domain::api_token::is_token_id;
use domain::{BucketName, Random};

use crate::{StartError, secret_file};

/// Longest file that is read, in bytes.
const FILE_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// An API token with its S3 key pair.
#[derive(Clone)]
pub struct Token {
    /// What people call it.
    pub name: String,
    /// What it may call, and with which secret.
    pub key: AccessKey,
    /// The token itself, when it is known here: its SHA-256 is the secret access key.
    pub value: Option<String>,
}

/// Shows neither the value nor the secret.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("name", &self.name).field("key", &self.key).finish_non_exhaustive()
    }
}

impl Token {
    /// Makes a new token.
    ///
    /// Spec: R2 docs, API tokens: the access key id is the token's id, the secret access key the SHA-256 of its value.
    #[must_use]
    pub fn new(random: &dyn Random, name: impl Into<String>, scope: Scope) -> Self {
        let id = domain::random::hex::<16>(random);
        let value = auth::token::new_value(random);
        let key = AccessKey { id, secret: SecretAccessKey::of_value(&value), scope };
        Self { name: name.into(), key, value: Some(value) }
    }

    /// Its block of the file; with the value itself only if `keep_value`.
    #[must_use]
    pub fn to_toml(&self, keep_value: bool) -> String {
        let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let secret = match &self.value {
            Some(value) if keep_value => format!("value = {}", text(value)),
            _ => format!("secret = {}", text(self.key.secret.expose())),
        };
        // a file's token has one grant; of what this cannot say it says nothing
        let grant = self.key.scope.grants().first();
        let permission = grant.map_or(Permission::ObjectReadOnly, |grant| grant.permission).name();
        let buckets = match grant.map(|grant| &grant.buckets) {
            None | Some(BucketScope::All) => String::new(),
            Some(BucketScope::Only(names)) => {
                let names: Vec<_> = names.iter().map(|name| text(name.as_str())).collect();
                format!("buckets = [{}]\n", names.join(", "))
            }
        };
        let (name, id) = (text(&self.name), text(&self.key.id));
        format!("[[token]]\nname = {name}\nid = {id}\n{secret}\npermission = \"{permission}\"\n{buckets}")
    }
}

/// What a token may do, from the names of its permission and buckets; no bucket means all.
///
/// # Errors
/// What is wrong with them.
pub fn parse_scope(permission: &str, buckets: &[String]) -> Result<Scope, String> {
    let permission = Permission::parse(permission).ok_or_else(|| {
        let names = Permission::NAMES.map(|(name, _)| name).join(", ");
        format!("{permission:?} is no permission; they are {names}")
    })?;
    if buckets.is_empty() {
        return Ok(Scope::new(permission, BucketScope::All));
    }
    if is_admin(permission) {
        return Err(
            "an admin permission reaches the whole account; name no bucket, or use an object one".into()
        );
    }
    let parse = |name: &String| BucketName::parse(name).map_err(|_| format!("{name:?} is no bucket's name"));
    let names = buckets.iter().map(parse).collect::<Result<BTreeSet<_>, _>>()?;
    Ok(Scope::new(permission, BucketScope::Only(names)))
}

/// The tokens of one file.
#[derive(Clone, Debug)]
pub struct TokenFile {
    /// In the file's order; ids are unique, and there is at least one.
    pub tokens: Vec<Token>,
}

impl TokenFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`StartError::Credentials`], also when everybody may read it.
    pub fn read(file: &Path) -> Result<Self, StartError> {
        let refuse = |what: String| StartError::Credentials { file: file.to_owned(), what };
        let make = "`larder token new` prints a token to put into it";
        let text = secret_file::read(file, FILE_MAX_BYTES, make).map_err(refuse)?;
        Self::parse(&text).map_err(refuse)
    }

    /// Parses a file's text.
    ///
    /// # Errors
    /// What is wrong with it; no secret is repeated.
    pub fn parse(text: &str) -> Result<Self, String> {
        // a TOML error quotes the line it is in, which may hold a secret
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            format!("it is not TOML; look at line {}", before.matches('\n').count() + 1)
        })?;
        if let Some(key) = table.keys().find(|key| *key != "token") {
            return Err(format!("{key} is no key; the file holds [[token]] blocks"));
        }
        let blocks = table.get("token").and_then(toml::Value::as_array).ok_or("it has no [[token]] block")?;
        let mut tokens = Vec::new();
        let mut ids = BTreeSet::new();
        for (block, number) in blocks.iter().zip(1..) {
            let token = parse_token(block).map_err(|what| format!("token {number}: {what}"))?;
            if !ids.insert(token.key.id.clone()) {
                return Err(format!("token {number}: its id is another token's, too"));
            }
            tokens.push(token);
        }
        if tokens.is_empty() { Err("it has no [[token]] block".to_owned()) } else { Ok(Self { tokens }) }
    }

    /// The keys that may call.
    pub fn keys(&self) -> impl Iterator<Item = AccessKey> {
        self.tokens.iter().map(|token| token.key.clone())
    }
}

fn parse_token(block: &toml::Value) -> Result<Token, String> {
    const KEYS: [&str; 6] = ["name", "id", "value", "secret", "permission", "buckets"];
    let table = block.as_table().ok_or("it is not a [[token]] block")?;
    if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("{key} is no key; they are {}", KEYS.join(", ")));
    }
    let text = |name: &str| match table.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or(format!("{name} is a text")),
    };
    let id = text("id")?.filter(|id| is_token_id(id));
    let id = id.ok_or("id is missing, or not 32 lower-case hexadecimal characters")?;
    let (value, secret) = match (text("value")?, text("secret")?) {
        (Some(value), None) if value.len() >= 32 => {
            (Some(value.to_owned()), SecretAccessKey::of_value(value))
        }
        (None, Some(secret)) if secret.len() >= 32 => (None, SecretAccessKey::new(secret)),
        (Some(_), Some(_)) => {
            return Err("it has a value and a secret; the secret is the value's hash".into());
        }
        _ => return Err("it needs a value or a secret of at least 32 characters".into()),
    };
    let buckets = table.get("buckets").map_or(Ok(Vec::new()), |value| {
        let names =
            value.as_array().map(|names| names.iter().map(toml::Value::as_str).collect::<Option<Vec<_>>>());
        let names = names.flatten().filter(|names| !names.is_empty()).ok_or("buckets is a list of names")?;
        Ok::<_, String>(names.into_iter().map(str::to_owned).collect())
    })?;
    let scope = parse_scope(text("permission")?.ok_or("permission is missing")?, &buckets)?;
    let key = AccessKey { id: id.to_owned(), secret, scope };
    Ok(Token { name: text("name")?.unwrap_or("unnamed").to_owned(), key, value })
}

const fn is_admin(permission: Permission) -> bool {
    matches!(permission, Permission::AdminReadWrite | Permission::AdminReadOnly)
}

#[cfg(test)]
mod tests;
