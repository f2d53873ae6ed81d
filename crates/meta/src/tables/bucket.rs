//! Tables `b` (buckets by name), `n` (how many there are) and `c` (their CORS policies, by bucket id).
//!
//! A bucket's id is random and never used again, so that a new bucket of an old name sees nothing of the old one.

use bytes::Bytes;
use domain::object_lock::ObjectLockConfig;
use domain::versioning::Versioning;
use domain::{BucketLocks, BucketName, CorsPolicy, CorsRule, Quota, StorageClass, Timestamp};

use super::codec::{Damaged, Decoder, Encoder};
use super::settings::{self, SettingsReader};

const TABLE: &str = "bucket";
const VERSION: u8 = 1;
const TAG_LOCATION: u8 = 1;

const COUNT_TABLE: &str = "bucket count";
const COUNT_VERSION: u8 = 1;

const CORS_TABLE: &str = "CORS";
const CORS_VERSION: u8 = 1;
const TAG_RULE: u8 = 1;
const TAG_ID: u8 = 1;
const TAG_ORIGIN: u8 = 2;
const TAG_METHOD: u8 = 3;
const TAG_HEADER: u8 = 4;
const TAG_EXPOSE: u8 = 5;
const TAG_MAX_AGE: u8 = 6;

/// Names a bucket's rows in the other tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BucketId(pub u64);

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketRow {
    /// Its id.
    pub id: BucketId,
    /// When it was created.
    pub created: Timestamp,
    /// The location hint it was created with, lower case.
    pub location: Option<String>,
    /// What writes must know of it.
    pub settings: BucketSettings,
}

/// The settings of a bucket that a write must know: they are in the bucket's own row, which each write checks, so that a
/// change of them is in force at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketSettings {
    /// Whether it keeps versions.
    pub versioning: Versioning,
    /// Its locks.
    pub locks: BucketLocks,
    /// Its object lock.
    pub object_lock: Option<ObjectLockConfig>,
    /// Whether its lifecycle policy deletes objects.
    pub expires: bool,
    /// Whether it has upload rules.
    pub upload_rules: bool,
    /// Whether any object may have a note (table `t`).
    pub has_notes: bool,
    /// The storage class of objects that come without one.
    pub storage_class: StorageClass,
    /// How much it may hold.
    pub quota: Quota,
}

/// The prefix of every bucket row.
#[must_use]
pub fn table_prefix() -> Vec<u8> {
    b"b".to_vec()
}

/// The row's key.
#[must_use]
pub fn key(name: &BucketName) -> Vec<u8> {
    [b"b", name.as_str().as_bytes()].concat()
}

/// The name in a row's key; `None` when it is not one.
#[must_use]
pub fn name_of(key: &[u8]) -> Option<BucketName> {
    let text = std::str::from_utf8(key.strip_prefix(b"b")?).ok()?;
    BucketName::parse(text).ok()
}

impl BucketRow {
    /// The row's value.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut encoder = Encoder::new(VERSION).u64(self.id.0).i64(self.created.as_millis());
        encoder.text(TAG_LOCATION, self.location.as_deref());
        settings::encode(&mut encoder, &self.settings);
        encoder.finish()
    }

    /// Reads what a listing shows from the head of a value: when it was created, and its location.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn decode_listed(head: &[u8]) -> Result<Self, Damaged> {
        let (mut row, mut decoder) = Self::begin(head)?;
        if decoder.peek() == Some(TAG_LOCATION)
            && let Ok(Some((_, bytes))) = decoder.field()
        {
            row.location = Some(decoder.utf8(bytes)?);
        }
        Ok(row)
    }

    fn begin(value: &[u8]) -> Result<(Self, Decoder<'_>), Damaged> {
        let mut decoder = Decoder::new(TABLE, VERSION, value)?;
        let id = BucketId(decoder.u64()?);
        let created = Timestamp::from_millis(decoder.i64()?);
        Ok((Self { id, created, location: None, settings: BucketSettings::default() }, decoder))
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn decode(value: &[u8]) -> Result<Self, Damaged> {
        let (mut row, mut decoder) = Self::begin(value)?;
        let mut settings = SettingsReader::default();
        while let Some((tag, bytes)) = decoder.field()? {
            match tag {
                TAG_LOCATION => row.location = Some(decoder.utf8(bytes)?),
                tag => settings.take(&decoder, tag, bytes)?,
            }
        }
        row.settings = settings.finish(&decoder)?;
        Ok(row)
    }
}

/// The key of the one row that says how many buckets there are.
#[must_use]
pub fn count_key() -> Vec<u8> {
    b"n".to_vec()
}

/// The value of the bucket count.
#[must_use]
pub fn encode_count(buckets: u64) -> Bytes {
    Encoder::new(COUNT_VERSION).u64(buckets).finish()
}

/// Reads the bucket count.
///
/// # Errors
/// [`Damaged`].
pub fn decode_count(value: &[u8]) -> Result<u64, Damaged> {
    Decoder::new(COUNT_TABLE, COUNT_VERSION, value)?.u64()
}

/// The key of a bucket's CORS policy.
#[must_use]
pub fn cors_key(id: BucketId) -> Vec<u8> {
    [b"c".as_slice(), &id.0.to_be_bytes()].concat()
}

/// The value of a CORS policy.
#[must_use]
pub fn encode_cors(policy: &CorsPolicy) -> Bytes {
    let mut encoder = Encoder::new(CORS_VERSION);
    for rule in &policy.rules {
        let mut inner = Encoder::default();
        inner.text(TAG_ID, rule.id.as_deref());
        for (tag, list) in [
            (TAG_ORIGIN, &rule.allowed_origins),
            (TAG_METHOD, &rule.allowed_methods),
            (TAG_HEADER, &rule.allowed_headers),
            (TAG_EXPOSE, &rule.expose_headers),
        ] {
            list.iter().for_each(|text| inner.text(tag, Some(text)));
        }
        if let Some(age) = rule.max_age_seconds {
            inner.field(TAG_MAX_AGE, &age.to_le_bytes());
        }
        encoder.field(TAG_RULE, &inner.finish());
    }
    encoder.finish()
}

/// Reads a CORS policy.
///
/// # Errors
/// [`Damaged`].
pub fn decode_cors(value: &[u8]) -> Result<CorsPolicy, Damaged> {
    let mut decoder = Decoder::new(CORS_TABLE, CORS_VERSION, value)?;
    let mut policy = CorsPolicy::default();
    while let Some((tag, bytes)) = decoder.field()? {
        if tag == TAG_RULE {
            policy.rules.push(decode_rule(bytes)?);
        }
    }
    Ok(policy)
}

fn decode_rule(bytes: &[u8]) -> Result<CorsRule, Damaged> {
    let mut decoder = Decoder::nested(CORS_TABLE, bytes);
    let mut rule = CorsRule::default();
    while let Some((tag, bytes)) = decoder.field()? {
        match tag {
            TAG_ID => rule.id = Some(decoder.utf8(bytes)?),
            TAG_ORIGIN => rule.allowed_origins.push(decoder.utf8(bytes)?),
            TAG_METHOD => rule.allowed_methods.push(decoder.utf8(bytes)?),
            TAG_HEADER => rule.allowed_headers.push(decoder.utf8(bytes)?),
            TAG_EXPOSE => rule.expose_headers.push(decoder.utf8(bytes)?),
            TAG_MAX_AGE => {
                let bytes = bytes.try_into().map_err(|_| decoder.damaged("max age"))?;
                rule.max_age_seconds = Some(u32::from_le_bytes(bytes));
            }
            _ => {}
        }
    }
    Ok(rule)
}
