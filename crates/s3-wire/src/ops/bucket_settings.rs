//! Answers to questions about bucket settings that R2 does not have, and answers the same way for every bucket.
//!
//! Observed: R2, 2026-06-11.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::AccountId;

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::xml::Writer;

/// GetBucketVersioning: never turned on.
#[must_use]
pub fn versioning() -> Bytes {
    let mut xml = Writer::with_capacity(192);
    xml.open_root("VersioningConfiguration");
    xml.close("VersioningConfiguration");
    xml.finish()
}

/// GetBucketEncryption: AES256.
#[must_use]
pub fn encryption() -> Bytes {
    let mut xml = Writer::with_capacity(512);
    xml.open_root("ServerSideEncryptionConfiguration");
    xml.open("Rule");
    xml.open("ApplyServerSideEncryptionByDefault");
    xml.leaf("SSEAlgorithm", "AES256");
    xml.close("ApplyServerSideEncryptionByDefault");
    xml.leaf("BucketKeyEnabled", "true");
    xml.close("Rule");
    xml.close("ServerSideEncryptionConfiguration");
    xml.finish()
}

/// GetBucketAcl: the account has full control, and nobody else has any.
#[must_use]
pub fn acl(owner: &AccountId) -> Bytes {
    let mut xml = Writer::with_capacity(768);
    xml.open_root("AccessControlPolicy");
    super::listing::write_owner(&mut xml, owner);
    xml.open("AccessControlList");
    xml.open("Grant");
    let instance = "http://www.w3.org/2001/XMLSchema-instance";
    xml.open_with("Grantee", &[("xmlns:xsi", instance), ("xsi:type", "CanonicalUser")]);
    xml.leaf("DisplayName", owner.as_str());
    xml.leaf("ID", owner.as_str());
    xml.close("Grantee");
    xml.leaf("Permission", "FULL_CONTROL");
    xml.close("Grant");
    xml.close("AccessControlList");
    xml.close("AccessControlPolicy");
    xml.finish()
}

/// GetBucketTagging: no tags.
#[must_use]
pub const fn tagging() -> S3Error {
    S3Error::new(S3ErrorCode::NoSuchTagSet)
}

/// GetObjectLockConfiguration: none.
#[must_use]
pub const fn object_lock() -> S3Error {
    S3Error::new(S3ErrorCode::ObjectLockConfigurationNotFoundError)
}

/// GetBucketReplication: none.
#[must_use]
pub const fn replication() -> S3Error {
    S3Error::new(S3ErrorCode::ReplicationConfigurationNotFoundError)
}
