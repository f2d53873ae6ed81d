//! What a credential may do: levels of permission on buckets, and how far a temporary credential is narrower than its parent.

use std::collections::BTreeSet;

use domain::BucketName;
use domain::api_token::{Jurisdiction, PermissionGroup, TokenResource, TokenSettings};
use domain::name::identity;

use crate::action::Action;
use crate::caller::{Denial, Target};

/// What a credential may do: whatever one of its grants allows and, of a temporary one, its session too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    grants: Vec<Grant>,
    session: Option<Session>,
}

/// A level of permission on some buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The level.
    pub permission: Permission,
    /// The buckets it reaches.
    pub buckets: BucketScope,
}

/// R2's four permission levels.
///
/// Spec: R2 docs, API tokens, permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Everything, in the whole account.
    AdminReadWrite,
    /// List and read everything, bucket configuration included.
    AdminReadOnly,
    /// Read, write and list objects in the buckets of the scope.
    ObjectReadWrite,
    /// Read and list objects in the buckets of the scope.
    ObjectReadOnly,
}

/// The buckets a grant reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketScope {
    /// Every bucket of the account.
    All,
    /// These only.
    Only(BTreeSet<BucketName>),
}

/// What a temporary credential may do at most, whatever its parent may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The level.
    pub permission: Permission,
    /// The one bucket.
    pub bucket: BucketName,
    /// Only these actions; all of the level when absent.
    pub actions: Option<BTreeSet<Action>>,
    /// Only these keys; the whole bucket when absent.
    pub paths: Option<Paths>,
}

/// Keys that a temporary credential reaches: those below a prefix, and single ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// Beginnings of keys.
    pub prefixes: Vec<String>,
    /// Whole keys.
    pub objects: Vec<String>,
}

impl Scope {
    /// One level on some buckets.
    #[must_use]
    pub fn new(permission: Permission, buckets: BucketScope) -> Self {
        Self::of(vec![Grant { permission, buckets }])
    }

    /// Several grants, each of which is enough.
    #[must_use]
    pub const fn of(grants: Vec<Grant>) -> Self {
        Self { grants, session: None }
    }

    /// Everything.
    #[must_use]
    pub fn admin() -> Self {
        Self::new(Permission::AdminReadWrite, BucketScope::All)
    }

    /// What a token's policies allow. Those for buckets of a jurisdiction that is not ours reach nothing here.
    ///
    /// Spec: R2 docs, API tokens, permissions.
    #[must_use]
    pub fn of_token(settings: &TokenSettings) -> Self {
        let mut grants = Vec::new();
        for policy in &settings.policies {
            let ours = policy.resources.iter().filter_map(|resource| match resource {
                TokenResource::Bucket(Jurisdiction::Default, name) => Some(name.clone()),
                _ => None,
            });
            let named: BTreeSet<BucketName> = ours.collect();
            for group in &policy.groups {
                let (permission, whole) = match group {
                    PermissionGroup::StorageWrite => (Permission::AdminReadWrite, TokenResource::Account),
                    PermissionGroup::StorageRead => (Permission::AdminReadOnly, TokenResource::Account),
                    PermissionGroup::BucketItemWrite => {
                        (Permission::ObjectReadWrite, TokenResource::AllBuckets)
                    }
                    PermissionGroup::BucketItemRead => {
                        (Permission::ObjectReadOnly, TokenResource::AllBuckets)
                    }
                };
                if policy.resources.contains(&whole) {
                    grants.push(Grant { permission, buckets: BucketScope::All });
                } else if !group.is_account_wide() && !named.is_empty() {
                    grants.push(Grant { permission, buckets: BucketScope::Only(named.clone()) });
                }
            }
        }
        Self::of(grants)
    }

    /// Whether it is a temporary credential's.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        self.session.is_some()
    }

    /// The scope of a temporary credential whose parent has this one.
    #[must_use]
    pub fn narrowed(&self, session: Session) -> Self {
        Self { grants: self.grants.clone(), session: Some(session) }
    }

    /// Whether it includes all that a level allows on a bucket.
    #[must_use]
    pub fn covers(&self, permission: Permission, bucket: &BucketName) -> bool {
        let mut allowed = Action::ALL.into_iter().filter(|action| permission.allows(*action));
        allowed.all(|action| self.denial(action, Target::Bucket(bucket)).is_none())
    }

    /// The grants.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// What of it forbids an action, if something does.
    pub(crate) fn denial(&self, action: Action, target: Target<'_>) -> Option<Denial> {
        let denials = self.grants.iter().map(|grant| grant.denial(action, target));
        // the grant that comes nearest tells most
        let nearest = denials.min().unwrap_or(Some(Denial::Bucket));
        nearest.or_else(|| self.session.as_ref()?.denial(action, target))
    }
}

impl Grant {
    fn denial(&self, action: Action, target: Target<'_>) -> Option<Denial> {
        let reached = match (&self.buckets, target.bucket()) {
            (BucketScope::All, _) => true,
            (BucketScope::Only(set), Some(bucket)) => set.contains(bucket),
            // R2 lists no buckets for a token that is bound to some of them
            (BucketScope::Only(_), None) => false,
        };
        if !reached {
            return Some(Denial::Bucket);
        }
        (!self.permission.allows(action)).then_some(Denial::Permission)
    }
}

impl Session {
    fn denial(&self, action: Action, target: Target<'_>) -> Option<Denial> {
        // nothing is refused for its origin to anybody
        if action == Action::EvaluateCors {
            return None;
        }
        if matches!(action, Action::ManageTokens | Action::VerifyToken | Action::ReadAuditLog) {
            return Some(Denial::SessionPermission);
        }
        if target.bucket() != Some(&self.bucket) {
            return Some(Denial::SessionBucket);
        }
        if !self.permission.allows(action) {
            return Some(Denial::SessionPermission);
        }
        if self.actions.as_ref().is_some_and(|actions| !actions.contains(&action)) {
            return Some(Denial::SessionActions);
        }
        let reached = self.paths.as_ref().is_none_or(|paths| paths.reach(action, target));
        (!reached).then_some(Denial::SessionPaths)
    }
}

impl Paths {
    /// Whether the target is wholly within. Of the bucket itself they reach that it exists and where, and no setting.
    fn reach(&self, action: Action, target: Target<'_>) -> bool {
        if !action.concerns_keys() {
            return matches!(action, Action::HeadBucket | Action::GetBucketLocation);
        }
        match target {
            Target::Account | Target::Bucket(_) => false,
            Target::SomeKeys(_) => true,
            Target::Prefix(_, prefix) => self.have_prefix_of(&identity(prefix)),
            Target::Key(_, key) => {
                let key = key.identity();
                self.have_prefix_of(&key) || self.objects.iter().any(|object| identity(object) == key)
            }
        }
    }

    fn have_prefix_of(&self, text: &str) -> bool {
        self.prefixes.iter().any(|prefix| text.starts_with(&*identity(prefix)))
    }
}

impl Permission {
    /// The levels by their names in credentials files and temporary credentials.
    ///
    /// Spec: R2 docs, temporary credentials, `permission`.
    pub const NAMES: [(&str, Self); 4] = [
        ("admin-read-write", Self::AdminReadWrite),
        ("admin-read-only", Self::AdminReadOnly),
        ("object-read-write", Self::ObjectReadWrite),
        ("object-read-only", Self::ObjectReadOnly),
    ];

    /// The level of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, level)| *level)
    }

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdminReadWrite => "admin-read-write",
            Self::AdminReadOnly => "admin-read-only",
            Self::ObjectReadWrite => "object-read-write",
            Self::ObjectReadOnly => "object-read-only",
        }
    }

    /// Whether the level includes the action, on a bucket within the scope.
    #[must_use]
    pub const fn allows(self, action: Action) -> bool {
        use Action as A;
        match action {
            A::EvaluateCors | A::VerifyToken => true,
            A::Reclaim => false,
            // R2's temporary credentials of the object levels may name GetBucketLocation
            A::HeadBucket
            | A::GetBucketLocation
            | A::ListObjectsV1
            | A::ListObjectsV2
            | A::ListObjectVersions
            | A::ListMultipartUploads
            | A::ListParts
            | A::GetObject
            | A::HeadObject
            | A::ReadObject => true,
            A::ListBuckets | A::ReadBucketSettings | A::ReadAuditLog => {
                matches!(self, Self::AdminReadWrite | Self::AdminReadOnly)
            }
            A::CreateBucket | A::DeleteBucket | A::WriteBucketSettings | A::ManageTokens => {
                matches!(self, Self::AdminReadWrite)
            }
            A::PutObject
            | A::CopyObject
            | A::WriteObject
            | A::CreateMultipartUpload
            | A::UploadPart
            | A::UploadPartCopy
            | A::CompleteMultipartUpload
            | A::AbortMultipartUpload
            | A::DeleteObject
            | A::DeleteObjects => matches!(self, Self::AdminReadWrite | Self::ObjectReadWrite),
        }
    }
}
