//! An authenticated identity, its scope, and the decision whether it may do a thing.

use std::sync::Arc;

use domain::audit::{Actor, Origin};
use domain::{AccountId, BucketName, Error, ObjectKey};

use crate::action::Action;
use crate::scope::Scope;

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
        /// Where the request came from, for the audit log; a door says so of requests that may change what is audited.
        origin: Option<Arc<Origin>>,
    },
    /// Nobody in particular: a browser's preflight, before any authentication.
    Anonymous,
    /// The server itself: start-up, reclaim, sweep.
    System,
}

/// What an action is upon. One that is wider than what is done is refused to callers who reach part of it only.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// The account, or nothing in it.
    Account,
    /// A bucket as a whole, every key of it included.
    Bucket(&'a BucketName),
    /// Some keys of a bucket, each of which is asked about later.
    SomeKeys(&'a BucketName),
    /// All keys of a bucket that begin with a text.
    Prefix(&'a BucketName, &'a str),
    /// One key of a bucket.
    Key(&'a BucketName, &'a ObjectKey),
}

/// What forbids an action, the nearest to a permission first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denial {
    /// The level of the credential does not include it.
    Permission,
    /// The credential does not reach the bucket, or not the account as a whole.
    Bucket,
    /// The temporary credential's level does not include it.
    SessionPermission,
    /// The temporary credential is for another bucket.
    SessionBucket,
    /// The temporary credential's list of actions does not name it.
    SessionActions,
    /// The temporary credential's paths do not reach it.
    SessionPaths,
    /// There is no credential.
    Anonymous,
}

impl Caller {
    /// Allows or denies; the only decision in the house.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], whether or not the thing exists.
    pub fn allow<'a>(&self, action: Action, target: impl Into<Target<'a>>) -> Result<(), Error> {
        match self.denial(action, target.into()) {
            None => Ok(()),
            Some(_) => Err(Error::AccessDenied),
        }
    }

    /// Allows what one of several actions allows: for what doors offer under several names.
    ///
    /// # Errors
    /// As [`Caller::allow`].
    pub fn allow_any<'a>(&self, actions: &[Action], target: impl Into<Target<'a>>) -> Result<(), Error> {
        let target = target.into();
        match actions.iter().any(|action| self.denial(*action, target).is_none()) {
            true => Ok(()),
            false => Err(Error::AccessDenied),
        }
    }

    /// The access key id of somebody known.
    #[must_use]
    pub fn access_key_id(&self) -> Option<&str> {
        match self {
            Self::Known { access_key_id, .. } => Some(access_key_id),
            Self::Anonymous | Self::System => None,
        }
    }

    /// Says where the request of somebody known came from.
    pub fn set_origin(&mut self, from: Origin) {
        if let Self::Known { origin, .. } = self {
            *origin = Some(Arc::new(from));
        }
    }

    /// Where the request came from, if a door said so.
    #[must_use]
    pub fn origin(&self) -> Option<&Arc<Origin>> {
        match self {
            Self::Known { origin, .. } => origin.as_ref(),
            Self::Anonymous | Self::System => None,
        }
    }

    /// Who it is, for the audit log.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::Known { access_key_id, scope, .. } => {
                Actor::Known { access_key_id: access_key_id.clone(), temporary: scope.is_temporary() }
            }
            Self::Anonymous => Actor::Unknown { claimed: None },
            Self::System => Actor::Server,
        }
    }

    /// What forbids an action, for an explanation; `None` if it is allowed.
    #[must_use]
    pub fn denial(&self, action: Action, target: Target<'_>) -> Option<Denial> {
        match self {
            Self::System => None,
            Self::Anonymous => (action != Action::EvaluateCors).then_some(Denial::Anonymous),
            // a token may ask about itself, wherever it reaches
            Self::Known { scope, .. } if action == Action::VerifyToken => {
                scope.is_temporary().then_some(Denial::SessionPermission)
            }
            Self::Known { scope, .. } => scope.denial(action, target),
        }
    }
}

impl<'a> Target<'a> {
    /// The bucket that it is in or is.
    #[must_use]
    pub const fn bucket(self) -> Option<&'a BucketName> {
        match self {
            Self::Account => None,
            Self::Bucket(bucket)
            | Self::SomeKeys(bucket)
            | Self::Prefix(bucket, _)
            | Self::Key(bucket, _) => Some(bucket),
        }
    }
}

impl<'a> From<Option<&'a BucketName>> for Target<'a> {
    fn from(bucket: Option<&'a BucketName>) -> Self {
        bucket.map_or(Self::Account, Self::Bucket)
    }
}

impl<'a> From<(&'a BucketName, &'a ObjectKey)> for Target<'a> {
    fn from((bucket, key): (&'a BucketName, &'a ObjectKey)) -> Self {
        Self::Key(bucket, key)
    }
}
