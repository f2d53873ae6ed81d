//! API tokens.
//!
//! Spec: Cloudflare API, user tokens and account tokens; R2 docs, API tokens.

use std::collections::BTreeMap;

use domain::api_token::{Jurisdiction, PermissionGroup, TokenPolicy, TokenResource, TokenStatus};
use domain::{AccountId, ApiToken, BucketName, IpRange, Timestamp, TokenSettings};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::secret::Secret;
use super::{Fault, moment, unique};

/// What all resources are called that a permission can be for.
const ALL: &str = "*";
/// Before an account's id, in the name of a resource.
const ACCOUNT: &str = "com.cloudflare.api.account.";
/// Before a bucket, in the name of a resource: then comes `<account>_<jurisdiction>_<name>`.
const BUCKET: &str = "com.cloudflare.edge.r2.bucket.";
/// All buckets, within an account.
const ALL_BUCKETS: &str = "com.cloudflare.edge.r2.bucket.*";
/// Reported: Cloudflare's answer to a new token with a policy that has an id; cloudflare-docs 352.
const REUSED: &str = "Reusing existing policies is not supported by token creation";
/// What groups that are not about buckets are for.
const ACCOUNT_SCOPE: &str = "com.cloudflare.api.account";
/// What groups that are about buckets are for.
const BUCKET_SCOPE: &str = "com.cloudflare.edge.r2.bucket";

/// A token as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Token {
    /// Its id, which is also the access key id of S3.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whether it can be used.
    pub status: Status,
    /// When it was made: ISO 8601, as all moments.
    pub issued_on: String,
    /// When it last changed.
    pub modified_on: String,
    /// When it was last used, within minutes; null when it was not.
    pub last_used_on: Option<String>,
    /// It may not be used before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// It may not be used from this on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<String>,
    /// What it may do: whatever one of these allows.
    pub policies: Vec<Policy>,
    /// From where it may be used; from everywhere when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

/// A token that was made just now. Its value is shown here and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NewToken {
    /// The token.
    #[serde(flatten)]
    pub token: Token,
    /// Its value: the bearer of this API. Its SHA-256, in lower-case hexadecimal digits, is the secret access key of S3.
    pub value: Secret,
}

/// A token as its owner wants it. What the server itself says of a token is read and means nothing, so that what was shown can
/// be sent back with changes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedToken {
    /// What people call it: 1 to 120 characters.
    pub name: String,
    /// What it may do.
    pub policies: Vec<Policy>,
    /// Whether it is switched off; as it was when absent.
    #[serde(default)]
    pub status: Option<Status>,
    /// It may not be used before this.
    #[serde(default)]
    pub not_before: Option<String>,
    /// It may not be used from this on.
    #[serde(default)]
    pub expires_on: Option<String>,
    /// From where it may be used.
    #[serde(default)]
    pub condition: Option<Condition>,
    /// The server's to say.
    #[serde(default)]
    pub id: Option<String>,
    /// The server's to say.
    #[serde(default)]
    pub issued_on: Option<String>,
    /// The server's to say.
    #[serde(default)]
    pub modified_on: Option<String>,
    /// The server's to say.
    #[serde(default)]
    pub last_used_on: Option<String>,
}

/// Whether a token can be used. One whose time has not come is active, and its `not_before` says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "TokenStatus")]
pub enum Status {
    /// It can.
    Active,
    /// It is switched off.
    Disabled,
    /// Its time is over.
    Expired,
}

/// Permission groups on resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokenPolicy")]
pub struct Policy {
    /// An id of Cloudflare's. There are none here, and a new token cannot have one there either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// That it allows.
    pub effect: Effect,
    /// On what: `com.cloudflare.edge.r2.bucket.<account>_<jurisdiction>_<bucket>` to `*` for one bucket, or the account,
    /// `com.cloudflare.api.account.<account>`, to `*` for its buckets' settings and all in them, or to
    /// `{"com.cloudflare.edge.r2.bucket.*":"*"}` for what is in all its buckets.
    #[serde(deserialize_with = "unique")]
    pub resources: BTreeMap<String, Resource>,
    /// What.
    pub permission_groups: Vec<GroupName>,
}

/// The only effect there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "TokenEffect")]
pub enum Effect {
    /// It allows.
    Allow,
}

/// Which part of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a resource is \"*\", or for an account {\"com.cloudflare.edge.r2.bucket.*\":\"*\"}"
)]
#[schemars(rename = "TokenResource")]
pub enum Resource {
    /// `*`.
    All(String),
    /// Some kind of resources within an account.
    Within(#[serde(deserialize_with = "unique")] BTreeMap<String, String>),
}

/// A permission group of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokenPermissionGroup")]
pub struct GroupName {
    /// Its id.
    pub id: String,
    /// Its name, which is the server's to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// From where a token may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokenCondition")]
pub struct Condition {
    /// The client's addresses.
    #[serde(default, alias = "request.ip", skip_serializing_if = "Option::is_none")]
    pub request_ip: Option<RequestIp>,
}

/// Addresses, each alone or as a range: `192.0.2.0/24`, `2001:db8::/32`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokenAddresses")]
pub struct RequestIp {
    /// Only from these, if there are any.
    #[serde(default, rename = "in", deserialize_with = "some_or_none")]
    #[schemars(with = "Option<Vec<String>>")]
    pub within: Vec<String>,
    /// Not from these.
    #[serde(default, deserialize_with = "some_or_none")]
    #[schemars(with = "Option<Vec<String>>")]
    pub not_in: Vec<String>,
}

/// A token that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeletedToken {
    /// Its id.
    pub id: String,
}

/// The body of a request that says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoMembers {}

/// A permission group that there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "PermissionGroup")]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub scopes: Vec<String>,
}

/// A token that was asked about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerifiedToken {
    /// Its id, which is also the access key id of S3.
    pub id: String,
    /// Whether it can be used.
    pub status: Status,
    /// It may not be used before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// It may not be used from this on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<String>,
}

impl Token {
    /// A token at a moment.
    #[must_use]
    pub fn of(token: &ApiToken, account: &AccountId, now: Timestamp) -> Self {
        let settings = &token.settings;
        let within: Vec<_> = settings.ip_in.iter().map(IpRange::to_string).collect();
        let not_in: Vec<_> = settings.ip_not_in.iter().map(IpRange::to_string).collect();
        let is_bound = !(within.is_empty() && not_in.is_empty());
        Self {
            id: token.id.clone(),
            name: settings.name.clone(),
            status: settings.status(now).into(),
            issued_on: second(token.issued),
            modified_on: second(token.modified),
            last_used_on: token.last_used.map(second),
            not_before: settings.not_before.map(shown),
            expires_on: settings.expires.map(shown),
            policies: settings.policies.iter().map(|policy| Policy::of(policy, account)).collect(),
            condition: is_bound.then_some(Condition { request_ip: Some(RequestIp { within, not_in }) }),
        }
    }
}

impl VerifiedToken {
    /// A token that is kept, at a moment.
    #[must_use]
    pub fn of(token: &ApiToken, now: Timestamp) -> Self {
        Self {
            id: token.id.clone(),
            status: token.settings.status(now).into(),
            not_before: token.settings.not_before.map(shown),
            expires_on: token.settings.expires.map(shown),
        }
    }

    /// A token of the credentials file, which is always active.
    #[must_use]
    pub fn given(id: &str) -> Self {
        Self { id: id.to_owned(), status: Status::Active, not_before: None, expires_on: None }
    }
}

impl Group {
    /// The groups that there are.
    pub fn all() -> impl Iterator<Item = Self> {
        PermissionGroup::ALL.into_iter().map(|(group, id, name)| {
            let scope = if group.is_account_wide() { ACCOUNT_SCOPE } else { BUCKET_SCOPE };
            Self { id: id.to_owned(), name: name.to_owned(), scopes: vec![scope.to_owned()] }
        })
    }
}

impl From<TokenStatus> for Status {
    fn from(status: TokenStatus) -> Self {
        match status {
            TokenStatus::Active | TokenStatus::NotYet => Self::Active,
            TokenStatus::Disabled => Self::Disabled,
            TokenStatus::Expired => Self::Expired,
        }
    }
}

impl WantedToken {
    /// Checks it, but for what the store itself checks. A status that is left out counts as active.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(self, account: &AccountId, is_new: bool, now: Timestamp) -> Result<TokenSettings, Fault> {
        let mut policies = Vec::with_capacity(self.policies.len());
        for (at, policy) in self.policies.iter().enumerate() {
            if policy.id.is_some() && is_new {
                return Err(Fault::new(format!("/policies/{at}/id"), REUSED));
            }
            policies.push(policy.check(account).map_err(|fault| fault.below(&format!("/policies/{at}")))?);
        }
        let date = |name: &str, text: Option<String>| match text {
            None => Ok(None),
            Some(text) => moment(&text)
                .map(Some)
                .map_err(|what| Fault::new(format!("/{name}"), format!("{name} is no date; {what}."))),
        };
        let RequestIp { within, not_in } = self.condition.and_then(|all| all.request_ip).unwrap_or_default();
        let settings = TokenSettings {
            name: self.name,
            policies,
            disabled: self.status == Some(Status::Disabled),
            not_before: date("not_before", self.not_before)?,
            expires: date("expires_on", self.expires_on)?,
            ip_in: ranges("in", &within)?,
            ip_not_in: ranges("not_in", &not_in)?,
        };
        if self.status == Some(Status::Expired) && settings.status(now) != TokenStatus::Expired {
            let text = "status is active or disabled; a token is expired once expires_on has passed.";
            return Err(Fault::new("/status", text));
        }
        Ok(settings)
    }
}

impl Policy {
    fn of(policy: &TokenPolicy, account: &AccountId) -> Self {
        let mut resources = BTreeMap::new();
        for resource in &policy.resources {
            let all = || Resource::All(ALL.to_owned());
            let (name, what) = match resource {
                TokenResource::Account => (format!("{ACCOUNT}{account}"), all()),
                TokenResource::AllBuckets => {
                    let within = BTreeMap::from([(ALL_BUCKETS.to_owned(), ALL.to_owned())]);
                    (format!("{ACCOUNT}{account}"), Resource::Within(within))
                }
                TokenResource::Bucket(jurisdiction, name) => {
                    (format!("{BUCKET}{account}_{}_{name}", jurisdiction.name()), all())
                }
            };
            resources.insert(name, what);
        }
        let named = |group: &PermissionGroup| {
            let known = PermissionGroup::ALL.into_iter().find(|(known, ..)| known == group);
            known.map(|(_, id, name)| GroupName { id: id.to_owned(), name: Some(name.to_owned()) })
        };
        let permission_groups = policy.groups.iter().filter_map(named).collect();
        Self { id: None, effect: Effect::Allow, resources, permission_groups }
    }

    fn check(&self, account: &AccountId) -> Result<TokenPolicy, Fault> {
        let mut groups = Vec::with_capacity(self.permission_groups.len());
        for (at, group) in self.permission_groups.iter().enumerate() {
            groups.push(PermissionGroup::parse(&group.id).ok_or_else(|| {
                let known = PermissionGroup::ALL.map(|(_, id, name)| format!("{id} ({name})")).join(", ");
                let text = format!("There is no such permission group; they are {known}.");
                Fault::new(format!("/permission_groups/{at}/id"), text)
            })?);
        }
        let mut resources = Vec::with_capacity(self.resources.len());
        for (name, what) in &self.resources {
            resources.push(resource(name, what, account).ok_or_else(|| {
                let text = format!(
                    "A resource is \"{BUCKET}{account}_default_<bucket>\":\"*\" for one bucket, \
                     \"{ACCOUNT}{account}\":{{\"{ALL_BUCKETS}\":\"*\"}} for all of them, \
                     or \"{ACCOUNT}{account}\":\"*\" for the account."
                );
                Fault::new(format!("/resources/{}", crate::document::escaped(name)), text)
            })?);
        }
        Ok(TokenPolicy { groups, resources })
    }
}

/// The resource of a member of a policy; `None` for what is none of this account's.
///
/// Spec: R2 docs, API tokens, policy resources.
fn resource(name: &str, what: &Resource, account: &AccountId) -> Option<TokenResource> {
    if name.strip_prefix(ACCOUNT) == Some(account.as_str()) {
        return match what {
            Resource::All(text) => (text == ALL).then_some(TokenResource::Account),
            Resource::Within(kinds) => {
                let all = kinds.len() == 1 && kinds.get(ALL_BUCKETS).is_some_and(|text| text == ALL);
                all.then_some(TokenResource::AllBuckets)
            }
        };
    }
    let rest = name.strip_prefix(BUCKET)?.strip_prefix(account.as_str())?.strip_prefix('_')?;
    let (jurisdiction, bucket) = rest.split_once('_')?;
    let bucket = BucketName::parse(bucket).ok()?;
    let is_all = matches!(what, Resource::All(text) if text == ALL);
    is_all.then_some(TokenResource::Bucket(Jurisdiction::parse(jurisdiction)?, bucket))
}

fn ranges(name: &str, texts: &[String]) -> Result<Vec<IpRange>, Fault> {
    let parse = |(at, text): (usize, &String)| {
        IpRange::parse(text).ok_or_else(|| {
            let place = format!("/condition/request_ip/{name}/{at}");
            Fault::new(place, "This is no address and no range of them, such as 192.0.2.0/24.")
        })
    };
    texts.iter().enumerate().map(parse).collect()
}

/// A moment of the server's own, in whole seconds as Cloudflare writes them.
fn second(moment: Timestamp) -> String {
    shown(Timestamp::from_seconds(moment.as_seconds()))
}

/// A moment that a client chose: whole seconds without a fraction.
fn shown(moment: Timestamp) -> String {
    moment.to_string().replace(".000Z", "Z")
}

/// A list, or null for none.
fn some_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}
