//! Every size and count that a client can reach, as R2 documents it.
//!
//! Spec: R2 docs, platform limits.

/// Most bytes of an object key, in UTF-8.
pub const KEY_MAX_BYTES: usize = 1_024;
/// Most bytes of custom metadata, names and values together.
pub const METADATA_MAX_BYTES: usize = 8_192;
/// Most bytes of one PUT, one part or one copy: 5 GiB less 5 MiB.
pub const PUT_MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024 - 5 * 1024 * 1024;
/// Most parts of one upload, and the highest number of a part.
pub const PARTS_MAX: u16 = 10_000;
/// Most keys and common prefixes on one listing page; most parts and uploads too.
pub const LIST_MAX_KEYS: u32 = 1_000;
/// Most keys of one DeleteObjects request.
pub const DELETE_MAX_KEYS: usize = 1_000;
/// Most buckets of an account.
pub const BUCKETS_MAX: u64 = 1_000_000;
/// Most rules of a CORS policy. Spec: Amazon S3 API, PutBucketCors.
pub const CORS_MAX_RULES: usize = 100;
/// Longest lifetime of a preflight answer, in seconds.
pub const CORS_MAX_AGE_SECONDS: u32 = 86_400;
/// Most bytes of a request body that is parsed as a whole (XML): 1,000 keys of 1,024 bytes, escaped.
pub const XML_BODY_MAX_BYTES: usize = 8 * 1024 * 1024;
/// Fewest bytes of a part that is not the last.
pub const PART_MIN_BYTES: u64 = 5 * 1024 * 1024;
/// Most bytes of an object: 5 TiB less 5 GiB.
pub const OBJECT_MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024 * 1024 - 5 * 1024 * 1024 * 1024;
/// Most characters of a rule's id: CORS, lifecycle, bucket locks. Spec: Amazon S3 API, PutBucketLifecycleConfiguration.
pub const RULE_ID_MAX_CHARS: usize = 255;
/// Most rules of a lifecycle policy.
pub const LIFECYCLE_MAX_RULES: usize = 1_000;
/// Most rules of a bucket's locks.
pub const BUCKET_LOCK_MAX_RULES: usize = 1_000;
/// Most upload rules of a bucket: each upload is held against them all.
pub const UPLOAD_RULES_MAX: usize = 100;
/// Longest default retention, in days. Spec: Amazon S3 user guide, Object Lock, retention periods.
pub const RETENTION_MAX_DAYS: u32 = 36_500;
/// Longest default retention, in years.
pub const RETENTION_MAX_YEARS: u32 = 100;
/// Most tags of an object. Spec: Amazon S3 user guide, object tagging.
pub const OBJECT_TAGS_MAX: usize = 10;
/// Most tags of a bucket. Spec: AWS Billing user guide, user-defined tag restrictions.
pub const BUCKET_TAGS_MAX: usize = 50;
/// Most UTF-16 units of a tag's key.
pub const TAG_KEY_MAX_UNITS: usize = 128;
/// Most UTF-16 units of a tag's value.
pub const TAG_VALUE_MAX_UNITS: usize = 256;
/// Most custom domains of a bucket.
pub const CUSTOM_DOMAINS_MAX: usize = 50;
/// Most event notification rules of a bucket.
pub const NOTIFICATION_RULES_MAX: usize = 100;
/// Most queues of the account: all of them are one row. R2 permits 10,000.
pub const QUEUES_MAX: usize = 1_000;
/// Most jobs under way in the account. R2 has a limit, too, which is not known.
pub const JOBS_ACTIVE_MAX: usize = 100;
/// Jobs of a bucket that are remembered; the oldest that is over makes room for a new one.
pub const JOBS_KEPT_MAX: usize = 100;
