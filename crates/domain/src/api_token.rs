//! API tokens: what they are called, what they allow to whom and when. What that means for a request is `auth`'s to decide, the
//! secret that goes with one is not here.

use crate::clock::Timestamp;
use crate::error::Error;
use crate::ip_range::IpRange;
use crate::name::BucketName;

/// Most characters of a name.
const NAME_CHARS_MAX: usize = 120;
/// Most policies, permission groups and resources, and most address ranges, of one token.
const ITEMS_MAX: usize = 1_000;

/// An API token as it is kept, but for its secret.
///
/// Spec: R2 docs, API tokens; Cloudflare API, account tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// 32 lower-case hexadecimal characters: also the access key id.
    pub id: String,
    /// When it was made.
    pub issued: Timestamp,
    /// When it last changed, its value included.
    pub modified: Timestamp,
    /// When it was last used, as far as that is kept: a crash may lose the last minutes.
    pub last_used: Option<Timestamp>,
    /// What its owner says of it.
    pub settings: TokenSettings,
}

/// What the owner of a token says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenSettings {
    /// What people call it.
    pub name: String,
    /// What it may do: whatever one of these allows.
    pub policies: Vec<TokenPolicy>,
    /// Whether it is switched off.
    pub disabled: bool,
    /// It may not be used before this.
    pub not_before: Option<Timestamp>,
    /// It may not be used from this on.
    pub expires: Option<Timestamp>,
    /// It may be used from these addresses only; from everywhere when there is none.
    pub ip_in: Vec<IpRange>,
    /// It may not be used from these addresses.
    pub ip_not_in: Vec<IpRange>,
}

/// Permission groups on resources; the effect is always to allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPolicy {
    /// What is allowed.
    pub groups: Vec<PermissionGroup>,
    /// On what.
    pub resources: Vec<TokenResource>,
}

/// R2's permission groups.
///
/// Spec: R2 docs, API tokens, permission groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermissionGroup {
    /// Everything, in the whole account.
    StorageWrite,
    /// Reading everything, in the whole account.
    StorageRead,
    /// Reading, writing and listing objects.
    BucketItemWrite,
    /// Reading and listing objects.
    BucketItemRead,
}

/// What a policy is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenResource {
    /// The account as a whole.
    Account,
    /// All buckets, and those to come.
    AllBuckets,
    /// One bucket.
    Bucket(Jurisdiction, BucketName),
}

/// Where R2 promises that a bucket's data stays. Buckets here are all of the default one; tokens can name others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jurisdiction {
    /// No promise.
    Default,
    /// The European Union.
    Eu,
    /// FedRAMP.
    Fedramp,
}

/// Whether a token can be used, but for addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// It can.
    Active,
    /// It is switched off.
    Disabled,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYet,
}

impl PermissionGroup {
    /// Every group with its id and its name.
    pub const ALL: [(Self, &str, &str); 4] = [
        (Self::StorageWrite, "bf7481a1826f439697cb59a20b22293e", "Workers R2 Storage Write"),
        (Self::StorageRead, "b4992e1108244f5d8bfbd5744320c2e1", "Workers R2 Storage Read"),
        (Self::BucketItemWrite, "2efd5506f9c8494dacb1fa10a3e7d5b6", "Workers R2 Storage Bucket Item Write"),
        (Self::BucketItemRead, "6a018a9f2fc74eb6b293b0c548f38b39", "Workers R2 Storage Bucket Item Read"),
    ];

    /// The group of an id.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == id).map(|(group, ..)| *group)
    }

    /// Whether it is about the account, and not about buckets.
    #[must_use]
    pub const fn is_account_wide(self) -> bool {
        matches!(self, Self::StorageWrite | Self::StorageRead)
    }
}

impl Jurisdiction {
    /// Its name in a resource.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Eu => "eu",
            Self::Fedramp => "fedramp",
        }
    }

    /// The jurisdiction of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Default, Self::Eu, Self::Fedramp].into_iter().find(|known| known.name() == name)
    }
}

impl TokenSettings {
    /// Whether they can be kept.
    ///
    /// # Errors
    /// [`Error::InvalidApiToken`].
    pub fn check(&self) -> Result<(), Error> {
        let invalid = |reason: &'static str| Err(Error::InvalidApiToken { reason: reason.into() });
        let chars = self.name.chars().count();
        if !(1..=NAME_CHARS_MAX).contains(&chars) || self.name.chars().any(char::is_control) {
            return invalid("a token's name has 1 to 120 characters");
        }
        let items = |policy: &TokenPolicy| policy.groups.len() + policy.resources.len();
        let addresses = self.ip_in.len() + self.ip_not_in.len();
        if self.policies.iter().map(items).sum::<usize>() + addresses > ITEMS_MAX {
            return invalid(
                "a token has at most 1,000 permission groups, resources and address ranges together",
            );
        }
        if self.policies.is_empty() {
            return invalid("a token needs a policy");
        }
        for policy in &self.policies {
            if policy.groups.is_empty() || policy.resources.is_empty() {
                return invalid("a policy needs a permission group and a resource");
            }
            // neither would allow anything
            let is_account = |resource: &TokenResource| matches!(resource, TokenResource::Account);
            if policy.groups.iter().any(|group| {
                policy.resources.iter().any(|resource| is_account(resource) != group.is_account_wide())
            }) {
                return invalid("Storage groups are for the account, Bucket Item groups for buckets");
            }
        }
        match (self.not_before, self.expires) {
            (Some(from), Some(until)) if until <= from => invalid("a token expires after it begins"),
            _ => Ok(()),
        }
    }

    /// Whether it can be used at a moment.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> TokenStatus {
        if self.disabled {
            TokenStatus::Disabled
        } else if self.expires.is_some_and(|expires| now >= expires) {
            TokenStatus::Expired
        } else if self.not_before.is_some_and(|from| now < from) {
            TokenStatus::NotYet
        } else {
            TokenStatus::Active
        }
    }
}

/// Whether a text can be a token's id.
#[must_use]
pub fn is_token_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests;
