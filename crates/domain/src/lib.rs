//! The nouns, their limits and pure rules; the one `Error`; the `Clock` and `Random` ports. No I/O, no async.

pub mod checksum;
pub mod clock;
pub mod condition;
pub mod cors;
pub mod error;
pub mod etag;
pub mod limits;
pub mod listing;
pub mod name;
pub mod object;
pub mod random;
pub mod range;
pub mod storage_class;
pub mod upload_rule;

pub use checksum::{Checksum, ChecksumAlgorithm};
pub use clock::{Clock, Timestamp};
pub use condition::{Conditions, IfRange};
pub use cors::{CorsPolicy, CorsRule};
pub use error::Error;
pub use etag::ETag;
pub use name::{AccountId, BucketName, ObjectKey};
pub use object::{HttpMetadata, ObjectInfo, ObjectMetadata};
pub use random::Random;
pub use range::{ByteRange, RangeRequest};
pub use storage_class::StorageClass;
pub use upload_rule::UploadRule;
