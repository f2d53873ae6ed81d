//! An authenticated identity, its scope, and the decision whether it may do a thing.

use std::collections::BTreeSet;

use domain::{AccountId, BucketName, Error};

/// Who calls.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Somebody with a valid credential.
    Known {
        /// The account that owns the credential.
        account: AccountId,
        /// The access key id, for the log.
        access_key_id: String,
        /// What the credential may do.
        scope: Scope,
    },
    /// Nobody in particular: a browser's preflight, before any authentication.
    Anonymous,
    /// The server itself: start-up, reclaim, sweep.
    System,
}

/// What a credential may do, and on which buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
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

/// The buckets a scope reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketScope {
    /// Every bucket of the account.
    All,
    /// These only.
    Only(BTreeSet<BucketName>),
}

/// Something a caller wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// List the account's buckets.
    ListBuckets,
    /// Create a bucket.
    CreateBucket,
    /// Delete a bucket.
    DeleteBucket,
    /// Learn that a bucket exists and where.
    HeadBucket,
    /// Read a bucket's settings.
    ReadBucketSettings,
    /// Change a bucket's settings.
    WriteBucketSettings,
    /// List a bucket's objects.
    ListObjects,
    /// Read an object or its metadata.
    ReadObject,
    /// Create or replace an object.
    WriteObject,
    /// Delete an object.
    DeleteObject,
    /// Ask which cross-origin requests a bucket allows: open to all, it decides nothing else.
    EvaluateCors,
    /// Remove what nothing refers to.
    Reclaim,
}

impl Caller {
    /// Allows or denies; the only decision in the house.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], whether or not the thing exists.
    pub fn allow(&self, action: Action, bucket: Option<&BucketName>) -> Result<(), Error> {
        let allowed = match self {
            Self::System => true,
            Self::Anonymous => action == Action::EvaluateCors,
            Self::Known { scope, .. } => scope.allows(action, bucket),
        };
        if allowed { Ok(()) } else { Err(Error::AccessDenied) }
    }
}

impl Scope {
    /// Everything.
    #[must_use]
    pub const fn admin() -> Self {
        Self { permission: Permission::AdminReadWrite, buckets: BucketScope::All }
    }

    fn allows(&self, action: Action, bucket: Option<&BucketName>) -> bool {
        let reached = match (&self.buckets, bucket) {
            (BucketScope::All, _) => true,
            (BucketScope::Only(set), Some(bucket)) => set.contains(bucket),
            // R2 lists no buckets for a token that is bound to some of them
            (BucketScope::Only(_), None) => false,
        };
        reached && self.permission.allows(action)
    }
}

impl Permission {
    /// Whether the level includes the action, on a bucket within the scope.
    #[must_use]
    pub const fn allows(self, action: Action) -> bool {
        use Action as A;
        match action {
            A::EvaluateCors => true,
            A::Reclaim => false,
            A::HeadBucket | A::ListObjects | A::ReadObject => true,
            A::ListBuckets | A::ReadBucketSettings => {
                matches!(self, Self::AdminReadWrite | Self::AdminReadOnly)
            }
            A::CreateBucket | A::DeleteBucket | A::WriteBucketSettings => {
                matches!(self, Self::AdminReadWrite)
            }
            A::WriteObject | A::DeleteObject => matches!(self, Self::AdminReadWrite | Self::ObjectReadWrite),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: [Action; 12] = [
        Action::ListBuckets,
        Action::CreateBucket,
        Action::DeleteBucket,
        Action::HeadBucket,
        Action::ReadBucketSettings,
        Action::WriteBucketSettings,
        Action::ListObjects,
        Action::ReadObject,
        Action::WriteObject,
        Action::DeleteObject,
        Action::EvaluateCors,
        Action::Reclaim,
    ];

    fn caller(permission: Permission, buckets: BucketScope) -> Caller {
        let account = AccountId::parse("123456789abcdef0123456789abcdef0").expect("valid");
        Caller::Known { account, access_key_id: "k".into(), scope: Scope { permission, buckets } }
    }

    fn granted(caller: &Caller, bucket: Option<&BucketName>) -> String {
        ACTIONS.iter().map(|a| if caller.allow(*a, bucket).is_ok() { 'y' } else { '-' }).collect()
    }

    /// One row per (permission, in scope or not); the columns are `ACTIONS` in order.
    #[test]
    fn every_permission_and_action() {
        let inside = BucketName::parse("inside").expect("valid");
        let outside = BucketName::parse("outside").expect("valid");
        let only = BucketScope::Only(BTreeSet::from([inside.clone()]));
        let table = [
            (Permission::AdminReadWrite, "yyyyyyyyyyy-"),
            (Permission::AdminReadOnly, "y--yy-yy--y-"),
            (Permission::ObjectReadWrite, "---y--yyyyy-"),
            (Permission::ObjectReadOnly, "---y--yy--y-"),
        ];
        for (permission, expected) in table {
            let all = caller(permission, BucketScope::All);
            let bound = caller(permission, only.clone());
            assert_eq!(granted(&all, Some(&inside)), expected, "{permission:?}, all buckets");
            assert_eq!(granted(&bound, Some(&inside)), expected, "{permission:?}, in scope");
            assert_eq!(granted(&bound, Some(&outside)), "------------", "{permission:?}, out of scope");
            assert_eq!(granted(&bound, None), "------------", "{permission:?}, no bucket");
        }
        assert_eq!(granted(&Caller::Anonymous, Some(&inside)), "----------y-");
        assert_eq!(granted(&Caller::System, None), "yyyyyyyyyyyy");
    }

    #[test]
    fn a_secret_never_shows_itself() {
        let key = crate::AccessKey {
            id: "id".into(),
            secret: crate::SecretAccessKey::new("hush"),
            scope: Scope::admin(),
        };
        assert!(!format!("{key:?}").contains("hush"));
    }
}
