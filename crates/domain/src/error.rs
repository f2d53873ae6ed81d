//! The one semantic error: things a caller would handle differently, each with its data. No status codes and no text
//! for clients: each door maps it once, at its edge.

use std::borrow::Cow;

use crate::bucket_lock::LockEnd;
use crate::checksum::{ChecksumAlgorithm, ChecksumType};
use crate::condition::Failed;
use crate::name::{BucketName, ObjectKey};
use crate::rate_limit::RateLimit;
use crate::versioning::VersionId;

/// Why the store did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The caller may not do this, or may not know whether it exists.
    #[error("access denied")]
    AccessDenied,
    /// No such bucket.
    #[error("no such bucket {bucket}")]
    NoSuchBucket {
        /// The name asked for.
        bucket: BucketName,
    },
    /// The bucket exists already and is the caller's.
    #[error("bucket {bucket} exists")]
    BucketAlreadyOwnedByYou {
        /// The name asked for.
        bucket: BucketName,
    },
    /// No such API token.
    #[error("no such API token {id}")]
    NoSuchToken {
        /// The id asked for.
        id: String,
    },
    /// An API token that cannot be kept, or a temporary credential that cannot be made of one.
    #[error("invalid API token: {reason}")]
    InvalidApiToken {
        /// What is wrong, for whoever asked.
        reason: Cow<'static, str>,
    },
    /// The bucket still holds objects.
    #[error("bucket {bucket} is not empty")]
    BucketNotEmpty {
        /// The bucket.
        bucket: BucketName,
    },
    /// Two requests created or deleted the bucket at once.
    #[error("bucket {bucket} is being changed by another request")]
    BucketConflict {
        /// The bucket.
        bucket: BucketName,
    },
    /// Not a bucket name.
    #[error("invalid bucket name {name:?}")]
    InvalidBucketName {
        /// The text that was given.
        name: String,
    },
    /// The account has all the buckets it may have.
    #[error("too many buckets")]
    TooManyBuckets,
    /// No such object.
    #[error("no such key {key}")]
    NoSuchKey {
        /// The key asked for.
        key: ObjectKey,
    },
    /// The object has no such version.
    #[error("no version {version} of {key}")]
    NoSuchVersion {
        /// The key asked for.
        key: ObjectKey,
        /// The version asked for.
        version: VersionId,
    },
    /// What is there is a delete marker, which has no content.
    #[error("version {version} of {key} is a delete marker")]
    IsDeleteMarker {
        /// The key asked for.
        key: ObjectKey,
        /// The marker.
        version: VersionId,
        /// Whether the caller named the version; if not, the object counts as deleted.
        named: bool,
    },
    /// Not an object key.
    #[error("invalid object name: {reason}")]
    InvalidObjectName {
        /// What a key is.
        reason: &'static str,
    },
    /// The key is longer than 1,024 bytes.
    #[error("key of {bytes} bytes")]
    KeyTooLong {
        /// Its length.
        bytes: usize,
    },
    /// An `If-*` header did not hold.
    #[error("{} did not hold", .failed.header())]
    PreconditionFailed {
        /// Which.
        failed: Failed,
    },
    /// Another request stored the object while this one was under way, less than a second ago.
    #[error("another write of {key} came first")]
    ConcurrentWrites {
        /// The key.
        key: ObjectKey,
    },
    /// More requests came than a limit allows.
    #[error("over the limit of {limit}; the next in {wait_ms} ms")]
    RateLimited {
        /// Whose limit.
        by: Limited,
        /// The limit.
        limit: RateLimit,
        /// When the next request is within it, in milliseconds.
        wait_ms: u64,
    },
    /// The range holds no byte of the object.
    #[error("range not satisfiable in {size} bytes")]
    InvalidRange {
        /// Size of the object in bytes.
        size: u64,
    },
    /// The object has no such part.
    #[error("part {part} of {parts}")]
    InvalidPartNumber {
        /// The part asked for.
        part: u16,
        /// How many there are.
        parts: u16,
    },
    /// Custom metadata over its limit.
    #[error("{bytes} bytes of metadata")]
    MetadataTooLarge {
        /// How much there was.
        bytes: usize,
    },
    /// The body is larger than a single upload may be.
    #[error("body over {max_bytes} bytes")]
    EntityTooLarge {
        /// The limit.
        max_bytes: u64,
    },
    /// The upload is not one that a rule allows.
    #[error("upload refused: {0}")]
    UploadRefused(crate::upload_rule::UploadRuleFault),
    /// The body, or a part that is not the last, is smaller than it may be here.
    #[error("{bytes} bytes where at least {min_bytes} are needed")]
    EntityTooSmall {
        /// Its size.
        bytes: u64,
        /// The least.
        min_bytes: u64,
    },
    /// The object is encrypted with a customer's key, and none came.
    #[error("a customer's key is needed")]
    EncryptionKeyMissing,
    /// A customer's key came for what is not encrypted with one.
    #[error("no customer's key is needed")]
    EncryptionKeyUnwanted,
    /// Another customer's key came.
    #[error("another customer's key")]
    EncryptionKeyWrong,
    /// No such multipart upload, or it has ended.
    #[error("no such upload")]
    NoSuchUpload,
    /// A part named at completion is not there, or has another ETag or checksum.
    #[error("part {part} is not there or is another one")]
    InvalidPart {
        /// Its number.
        part: u16,
    },
    /// The parts named at completion do not go together.
    #[error("parts do not go together: {0}")]
    PartsMismatch(PartsFault),
    /// The object that parts add up to is not of the size that was announced.
    #[error("{actual_bytes} bytes in all where {expected_bytes} were announced")]
    ObjectSizeMismatch {
        /// Announced.
        expected_bytes: u64,
        /// What the parts add up to.
        actual_bytes: u64,
    },
    /// The body ended before its announced length, or went past it.
    #[error("body of {received_bytes} bytes where {expected_bytes} were announced")]
    IncompleteBody {
        /// Announced.
        expected_bytes: u64,
        /// Received.
        received_bytes: u64,
    },
    /// The client went away before its body was complete.
    #[error("the client went away")]
    ClientDisconnect,
    /// The client sent nothing for too long.
    #[error("the client sent nothing for {seconds} s")]
    RequestTimeout {
        /// How long the server waited.
        seconds: u64,
    },
    /// The body broke the rules of its framing or its chunk signatures.
    #[error("malformed body: {0}")]
    MalformedBody(BodyFault),
    /// Content-MD5 did not match.
    #[error("MD5 {actual} where {expected} was announced")]
    BadMd5 {
        /// Announced, lower-case hex.
        expected: String,
        /// Computed, lower-case hex.
        actual: String,
    },
    /// A checksum did not match.
    #[error("{} {actual} where {expected} was announced", .algorithm.name())]
    BadChecksum {
        /// Which.
        algorithm: ChecksumAlgorithm,
        /// Announced, base64.
        expected: String,
        /// Computed, base64.
        actual: String,
    },
    /// The body's SHA-256 is not the one that was signed.
    #[error("payload hash mismatch")]
    PayloadHashMismatch {
        /// Signed, lower-case hex.
        signed: String,
        /// Computed, lower-case hex.
        actual: String,
    },
    /// The bucket has no CORS policy.
    #[error("no CORS policy")]
    NoSuchCorsPolicy,
    /// A CORS policy that cannot be kept.
    #[error("invalid CORS policy: {0}")]
    InvalidCorsPolicy(crate::cors::CorsFault),
    /// The bucket or the object has no such setting.
    #[error("no {0:?} setting")]
    NoSuchSetting(Setting),
    /// A rule of the bucket keeps the object as it is.
    #[error("locked by the bucket's rule {rule:?}")]
    ObjectLockedByBucketPolicy {
        /// The rule's id.
        rule: String,
        /// When it ends.
        until: LockEnd,
    },
    /// Retention or a legal hold keeps the version.
    #[error("protected by object lock")]
    ObjectLocked {
        /// When it ends; a legal hold by itself never does.
        until: LockEnd,
    },
    /// Retention that would be over before it began.
    #[error("retention until {until} is over")]
    RetentionInThePast {
        /// Its end.
        until: crate::clock::Timestamp,
    },
    /// The bucket was made without object lock.
    #[error("the bucket has no object lock")]
    ObjectLockNotEnabled,
    /// Object lock needs versioning, and the bucket's versioning does not permit what was asked.
    #[error("object lock and versioning of the bucket do not fit")]
    InvalidBucketState,
    /// The bucket would hold more than it may.
    #[error("over the quota of {most} {}", .what.name())]
    QuotaExceeded {
        /// Which of its bounds.
        what: crate::quota::Bounded,
        /// The bound.
        most: u64,
    },
    /// What is configured beside objects stands against it.
    #[error("{0}")]
    Configuration(crate::configuration::ConfigurationError),
    /// The disk is full; reads and deletes still work.
    #[error("no space left for writes")]
    InsufficientStorage,
    /// Too much is waiting; try again.
    #[error("overloaded")]
    SlowDown,
    /// Writes are refused until the server restarts, after a failed write or sync.
    #[error("writes are refused until restart")]
    ReadOnly,
    /// Stored bytes failed their checksum; they are not served.
    #[error("stored data is damaged: {context}")]
    Corrupt {
        /// What was being read, for the log.
        context: String,
    },
    /// Anything else that is our fault.
    #[error("internal: {context}")]
    Internal {
        /// For the log.
        context: String,
    },
}

/// Why parts do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartsFault {
    /// A number is named twice.
    #[error("part {0} is named twice")]
    Repeated(u16),
    /// R2 wants all parts but the last to be equal, and the last not larger.
    #[error("part {part} has {bytes} bytes, the first has {first_bytes}")]
    Unequal {
        /// The first that differs.
        part: u16,
        /// Its size.
        bytes: u64,
        /// Size of the first part.
        first_bytes: u64,
    },
    /// The upload's checksum is of another type than the client believes.
    #[error("the upload was not begun with checksums of type {}", .0.name())]
    ChecksumType(ChecksumType),
    /// More stretches of other objects than one object can refer to.
    #[error("the parts are copied from too many pieces of other objects")]
    TooManySegments,
}

/// Whose limit on requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// That of the access key.
    AccessKey,
    /// That of the bucket.
    Bucket,
}

/// A setting that a bucket or an object may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A bucket's lifecycle policy.
    Lifecycle,
    /// A bucket's tags.
    BucketTags,
    /// A bucket's object lock.
    ObjectLock,
    /// An object's retention or legal hold.
    ObjectRetention,
    /// A bucket's public access block.
    PublicAccessBlock,
    /// A bucket's policy.
    BucketPolicy,
    /// A bucket's upload rules.
    UploadRules,
}

/// How a streamed body was malformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// Chunk framing: sizes, line ends, the final chunk.
    #[error("chunk framing: {0}")]
    Framing(String),
    /// A chunk's or the trailer's signature is wrong.
    #[error("chunk signature")]
    ChunkSignature,
    /// A chunk other than the last is under 8 KiB.
    #[error("chunk of {bytes} bytes")]
    ChunkTooSmall {
        /// Its size.
        bytes: u64,
    },
    /// Not a form, or not all of one.
    #[error("form: {0}")]
    Form(String),
    /// An announced trailer is missing, or another one came.
    #[error("trailer: {0}")]
    Trailer(String),
}

impl Error {
    /// An error of ours, with context for the log.
    pub fn internal(context: impl std::fmt::Display) -> Self {
        Self::Internal { context: context.to_string() }
    }
}

impl From<crate::configuration::ConfigurationError> for Error {
    fn from(error: crate::configuration::ConfigurationError) -> Self {
        Self::Configuration(error)
    }
}
