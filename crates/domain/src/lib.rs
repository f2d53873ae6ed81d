//! The nouns, their limits and pure rules; the one `Error`; the `Clock` and `Random` ports. No I/O, no async.

pub mod api_token;
pub mod audit;
pub mod bucket_lock;
pub mod checksum;
pub mod clock;
pub mod condition;
pub mod cors;
pub mod error;
pub mod etag;
pub mod ip_range;
pub mod lifecycle;
pub mod limits;
pub mod listing;
pub mod name;
pub mod object;
pub mod object_lock;
pub mod part;
pub mod public_access;
pub mod quota;
pub mod random;
pub mod range;
pub mod rate_limit;
pub mod storage_class;
pub mod tag;
pub mod upload_rule;
pub mod upload_rules;
pub mod versioning;

pub use api_token::{ApiToken, TokenSettings, TokenStatus};
pub use audit::AuditEntry;
pub use bucket_lock::{BucketLockRule, BucketLocks};
pub use checksum::{
    Checksum, ChecksumAlgorithm, ChecksumType, ObjectChecksum, PartChecksums, UploadChecksum,
};
pub use clock::{Clock, Timestamp};
pub use condition::{Conditions, DeleteConditions, IfRange};
pub use cors::{CorsPolicy, CorsRule};
pub use error::Error;
pub use etag::ETag;
pub use ip_range::IpRange;
pub use lifecycle::{LifecyclePolicy, LifecycleRule};
pub use name::{AccountId, BucketName, ObjectKey};
pub use object::{Encryption, HttpMetadata, MetadataDirective, ObjectInfo, ObjectMetadata};
pub use object_lock::{ObjectLock, Retention};
pub use part::{CompletedPart, PartNumber, UploadId};
pub use public_access::PublicAccessBlock;
pub use quota::{BucketLimits, Quota};
pub use random::Random;
pub use range::{ByteRange, RangeRequest};
pub use rate_limit::RateLimit;
pub use storage_class::StorageClass;
pub use tag::{Tag, TagSet};
pub use upload_rule::UploadRule;
pub use upload_rules::UploadRules;
pub use versioning::{VersionId, Versioning};
