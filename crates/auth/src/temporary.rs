//! Temporary credentials: a JSON web token that the holder of an access key signs offline, and that says what whoever has it
//! may do for a while. They are stored nowhere; their parent, the access key, is looked up with each request.
//!
//! The secret access key of a temporary credential is a hash of its token, so whoever sees the session token has all of it.
//!
//! Spec: R2 docs, temporary credentials; RFC 7515 (compact form), RFC 7519 (claims).

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::{AccountId, BucketName, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::access_key::{AccessKey, SecretAccessKey};
use crate::action::Action;
use crate::scope::{Paths, Permission, Session};

/// Longest validity of a temporary credential, in seconds: one week.
///
/// Spec: R2 docs, temporary credentials, `ttlSeconds`; for those that are signed offline the bound is ours.
pub const VALIDITY_S_MAX: i64 = 604_800;
/// Longest session token, in bytes: half of what a request's head may have.
pub const SESSION_TOKEN_BYTES_MAX: usize = 16 * 1024;
/// How far ahead of our clock a credential may have been issued, in seconds.
const SKEW_S_MAX: i64 = 15 * 60;
/// Longest piece of a token's text that a fault repeats, in characters.
const SHOWN_CHARS_MAX: usize = 160;
/// What stands before the token in a session token.
const KIND: &str = "jwt/";
/// The header of a token that we make.
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// What a temporary credential says: who gave it, for where, from when until when, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The account.
    pub account: AccountId,
    /// The access key id of its parent.
    pub issuer: String,
    /// The host name of the S3 endpoint that it is for.
    pub audience: String,
    /// When it was issued, Unix seconds.
    pub issued_s: i64,
    /// When it ends, Unix seconds.
    pub expires_s: i64,
    /// What it may do.
    pub session: Session,
}

/// The three values of a temporary credential.
#[derive(Clone, Debug)]
pub struct TemporaryCredential {
    /// Access key id: the parent's.
    pub access_key_id: String,
    /// Secret access key: the lower-case hex SHA-256 of the token.
    pub secret: SecretAccessKey,
    /// Session token, which is as secret.
    pub session_token: SessionToken,
}

/// A session token: base64 of `jwt/` and the token. Shows itself nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl SessionToken {
    /// The text, for its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(hidden)")
    }
}

/// A temporary credential whose token holds.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What its requests are signed with.
    pub secret: SecretAccessKey,
    /// What it may do at most.
    pub session: Session,
}

/// Why a session token is refused. The text says how to mend it, and repeats at most what the token says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// It is not one, or not one that holds here.
    Invalid(String),
    /// It was one.
    Expired(String),
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(what) | Self::Expired(what) => f.write_str(what),
        }
    }
}

fn invalid(what: impl Into<String>) -> TokenFault {
    TokenFault::Invalid(what.into())
}

/// Makes a temporary credential of what it is to say.
///
/// # Errors
/// [`TokenFault::Invalid`] for claims that no verifier would take, as a validity over a week.
pub fn issue(parent_secret: &SecretAccessKey, claims: &Claims) -> Result<TemporaryCredential, TokenFault> {
    claims.check(claims.issued_s)?;
    let payload = serde_json::to_vec(&Payload::of(claims)).map_err(|error| invalid(error.to_string()))?;
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(payload));
    let signature = mac(parent_secret, signed.as_bytes()).finalize().into_bytes();
    let jwt = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    let session_token = STANDARD.encode(format!("{KIND}{jwt}"));
    if session_token.len() > SESSION_TOKEN_BYTES_MAX {
        return Err(invalid(format!(
            "the session token would have {} bytes, and {SESSION_TOKEN_BYTES_MAX} are the most; name fewer paths",
            session_token.len()
        )));
    }
    Ok(TemporaryCredential {
        access_key_id: claims.issuer.clone(),
        secret: SecretAccessKey::of_value(&jwt),
        session_token: SessionToken(session_token),
    })
}

/// Verifies a session token that came with a request of its parent's access key id. No claim is read before the signature
/// holds. `is_ours` says whether a host name is one of the S3 endpoint's.
///
/// # Errors
/// [`TokenFault`].
pub fn verify(
    session_token: &str,
    parent: &AccessKey,
    account: &AccountId,
    now_s: i64,
    is_ours: impl Fn(&str) -> bool,
) -> Result<Verified, TokenFault> {
    if session_token.len() > SESSION_TOKEN_BYTES_MAX {
        return Err(invalid(format!("It has more than {SESSION_TOKEN_BYTES_MAX} bytes.")));
    }
    let jwt = jwt_of(session_token)?;
    let payload = payload_of(&jwt, parent)?;
    let payload: Payload = serde_json::from_slice(&payload).map_err(|error| {
        let what = shown(&error.to_string());
        invalid(format!("Its claims are not those of a temporary credential: {what}."))
    })?;
    if payload.nbf.is_some_and(|nbf| nbf > now_s.saturating_add(SKEW_S_MAX)) {
        return Err(invalid("Its claim nbf is ahead of the server's clock."));
    }
    let claims = payload.claims()?;
    if claims.account != *account {
        return Err(invalid(format!("Its claim sub is {}, which is not this account.", claims.account)));
    }
    if claims.issuer != parent.id {
        return Err(invalid(
            "Its claim iss is not the access key id of the request: both are its parent's access key id.",
        ));
    }
    if !is_ours(&claims.audience) {
        return Err(invalid(format!(
            "Its claim aud is {}; it must be the host of this S3 endpoint.",
            shown(&claims.audience)
        )));
    }
    claims.check(now_s)?;
    Ok(Verified { secret: SecretAccessKey::of_value(&jwt), session: claims.session })
}

/// The token inside a session token.
fn jwt_of(session_token: &str) -> Result<String, TokenFault> {
    let decoded = STANDARD.decode(session_token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(|| {
        invalid("It is not standard base64 of a text; a session token is base64(\"jwt/\" + token), sent as it was made.")
    })?;
    let jwt = decoded.strip_prefix(KIND);
    jwt.map(str::to_owned).ok_or_else(|| invalid("What is in its base64 does not begin with \"jwt/\"."))
}

/// The payload of a token that the parent signed, with the one algorithm there is.
fn payload_of(jwt: &str, parent: &AccessKey) -> Result<Vec<u8>, TokenFault> {
    let three_parts = || invalid("The token in it has not three parts with dots between them.");
    let (signed, signature) = jwt.rsplit_once('.').ok_or_else(three_parts)?;
    let (header, payload) =
        signed.split_once('.').filter(|(_, rest)| !rest.contains('.')).ok_or_else(three_parts)?;
    let decode = |part: &str| {
        let decoded = URL_SAFE_NO_PAD.decode(part).ok();
        decoded.ok_or_else(|| invalid("A part of the token in it is not base64url without padding."))
    };
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|error| {
        invalid(format!("The header of the token in it is not read: {}.", shown(&error.to_string())))
    })?;
    if header.alg != "HS256" {
        return Err(invalid(format!(
            "The algorithm of the token in it is {}; it must be HS256.",
            shown(&header.alg)
        )));
    }
    if header.crit.is_some() {
        return Err(invalid("The header of the token in it has crit, which is not supported."));
    }
    mac(&parent.secret, signed.as_bytes()).verify_slice(&decode(signature)?).map_err(|_| {
        invalid(
            "It is not signed with the secret access key of this access key id: the key of the signature is that text, and \
             a key that was rolled or remade signs other tokens.",
        )
    })?;
    decode(payload)
}

/// What a token's header must say. Other members are hints to readers, unless `crit` says otherwise.
#[derive(Deserialize)]
struct Header {
    alg: String,
    crit: Option<serde_json::Value>,
}

/// The claims as they are written. One that we do not know might say less than what we would grant, so there is none.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    sub: String,
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    bucket: String,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paths: Option<PathsClaim>,
    #[serde(skip_serializing)]
    nbf: Option<i64>,
    /// An id for the signer's own books.
    #[serde(skip_serializing, rename = "jti")]
    _jti: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PathsClaim {
    #[serde(default)]
    prefix_paths: Vec<String>,
    #[serde(default)]
    object_paths: Vec<String>,
}

impl Payload {
    fn of(claims: &Claims) -> Self {
        let Session { permission, bucket, actions, paths } = claims.session.clone();
        let names =
            |set: BTreeSet<Action>| set.into_iter().filter_map(Action::name).map(str::to_owned).collect();
        Self {
            sub: claims.account.to_string(),
            iss: claims.issuer.clone(),
            aud: claims.audience.clone(),
            iat: claims.issued_s,
            exp: claims.expires_s,
            bucket: bucket.to_string(),
            scope: permission.name().to_owned(),
            actions: actions.map(names),
            paths: paths
                .map(|paths| PathsClaim { prefix_paths: paths.prefixes, object_paths: paths.objects }),
            nbf: None,
            _jti: None,
        }
    }

    fn claims(self) -> Result<Claims, TokenFault> {
        let account = AccountId::parse(&self.sub);
        let permission = Permission::parse(&self.scope).ok_or_else(|| {
            let names = Permission::NAMES.map(|(name, _)| name).join(", ");
            invalid(format!("Its claim scope is {}; the permissions are {names}.", shown(&self.scope)))
        })?;
        let bucket = BucketName::parse(&self.bucket);
        let paths =
            self.paths.map(|paths| Paths { prefixes: paths.prefix_paths, objects: paths.object_paths });
        let session = Session {
            permission,
            bucket: bucket.map_err(|_| {
                invalid(format!("Its claim bucket is {}, which is no bucket's name.", shown(&self.bucket)))
            })?,
            actions: self.actions.as_deref().map(parse_actions).transpose()?,
            paths,
        };
        Ok(Claims {
            account: account.map_err(|text| {
                invalid(format!("Its claim sub is {}, which is no account id.", shown(&text)))
            })?,
            issuer: self.iss,
            audience: self.aud,
            issued_s: self.iat,
            expires_s: self.exp,
            session,
        })
    }
}

/// The actions of a list of names.
///
/// # Errors
/// [`TokenFault::Invalid`] that names the first that is none.
pub fn parse_actions(names: &[String]) -> Result<BTreeSet<Action>, TokenFault> {
    let parse = |name: &String| {
        Action::parse(name).ok_or_else(|| {
            let known = Action::names().collect::<Vec<_>>().join(", ");
            invalid(format!("{} is no action; they are {known}.", shown(name)))
        })
    };
    names.iter().map(parse).collect()
}

impl Claims {
    /// Whether they can hold at all, and do now.
    fn check(&self, now_s: i64) -> Result<(), TokenFault> {
        let validity_s = self.expires_s.saturating_sub(self.issued_s);
        if !(1..=VALIDITY_S_MAX).contains(&validity_s) {
            return Err(invalid(format!(
                "It would be valid for {validity_s} s, from iat to exp; that must be 1 to {VALIDITY_S_MAX}."
            )));
        }
        let Session { actions, paths, .. } = &self.session;
        if actions.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err(invalid("Its claim actions names none; leave it out for all of the permission."));
        }
        if paths.as_ref().is_some_and(|paths| paths.prefixes.is_empty() && paths.objects.is_empty()) {
            return Err(invalid(
                "Its claim paths names no key and no prefix; leave it out for the whole bucket.",
            ));
        }
        if self.issued_s > now_s.saturating_add(SKEW_S_MAX) {
            let issued = Timestamp::from_seconds(self.issued_s);
            return Err(invalid(format!(
                "It was issued at {issued}, which is ahead of the server's clock; check the clock of the signer."
            )));
        }
        if now_s >= self.expires_s {
            let (expired, now) = (Timestamp::from_seconds(self.expires_s), Timestamp::from_seconds(now_s));
            return Err(TokenFault::Expired(format!(
                "It expired at {expired}; it is {now} now. Make a new one."
            )));
        }
        Ok(())
    }
}

fn mac(secret: &SecretAccessKey, message: &[u8]) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes a key of any length");
    mac.update(message);
    mac
}

/// A signer's text, cut and without control characters, so that it cannot pass for ours.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).map(|c| if c.is_control() { '?' } else { c }).collect()
}
