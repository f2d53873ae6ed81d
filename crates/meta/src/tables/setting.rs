//! Table `s`: settings of a bucket that no write must know, by bucket id and kind.

use bytes::Bytes;
use domain::lifecycle::{LifecyclePolicy, LifecycleRule, LifecycleTime};
use domain::public_access::PublicAccessBlock;
use domain::tag::{Tag, TagSet};
use domain::upload_rule::UploadRule;
use domain::{Timestamp, UploadRules};

use super::bucket::BucketId;
use super::codec::{Damaged, Decoder, Encoder};

const LIFECYCLE_TABLE: &str = "lifecycle";
const TAGS_TABLE: &str = "bucket tags";
const VERSION: u8 = 1;
const UPLOAD_TABLE: &str = "upload rules";
const TAG_ENTRY: u8 = 1;

const UPLOAD_PREFIX: u8 = 1;
const UPLOAD_MAX: u8 = 2;
const UPLOAD_MIN: u8 = 3;
const UPLOAD_TYPE: u8 = 4;
const UPLOAD_KEY: u8 = 5;

const RULE_ID: u8 = 1;
const RULE_DISABLED: u8 = 2;
const RULE_PREFIX: u8 = 3;
const RULE_EXPIRE_AGE: u8 = 4;
const RULE_EXPIRE_DATE: u8 = 5;
const RULE_MOVE_AGE: u8 = 6;
const RULE_MOVE_DATE: u8 = 7;
const RULE_ABORT_AGE: u8 = 8;

/// Which setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The lifecycle policy.
    Lifecycle,
    /// The bucket's tags.
    Tags,
    /// The public access block.
    PublicAccessBlock,
    /// The upload rules.
    UploadRules,
    /// The incremental migration.
    Sippy,
    /// Whether uploads may be taken near to who sends them.
    LocalUploads,
    /// The event notifications.
    Notifications,
    /// The custom domains.
    CustomDomains,
}

impl Kind {
    /// Every setting.
    pub const ALL: [Self; 8] = [
        Self::Lifecycle,
        Self::Tags,
        Self::PublicAccessBlock,
        Self::UploadRules,
        Self::Sippy,
        Self::LocalUploads,
        Self::Notifications,
        Self::CustomDomains,
    ];
}

/// The key of a bucket's setting.
#[must_use]
pub fn key(bucket: BucketId, kind: Kind) -> Vec<u8> {
    let kind = match kind {
        Kind::Lifecycle => 1,
        Kind::Tags => 2,
        Kind::PublicAccessBlock => 3,
        Kind::UploadRules => 4,
        Kind::Sippy => 5,
        Kind::LocalUploads => 6,
        Kind::Notifications => 7,
        Kind::CustomDomains => 8,
    };
    [b"s".as_slice(), &bucket.0.to_be_bytes(), &[kind]].concat()
}

/// The value of a lifecycle policy.
#[must_use]
pub fn encode_lifecycle(policy: &LifecyclePolicy) -> Bytes {
    let mut out = Encoder::new(VERSION);
    for rule in policy.rules() {
        let mut inner = Encoder::default();
        inner.text(RULE_ID, Some(&rule.id));
        if !rule.enabled {
            inner.field(RULE_DISABLED, &[]);
        }
        if !rule.prefix.is_empty() {
            inner.text(RULE_PREFIX, Some(&rule.prefix));
        }
        encode_time(&mut inner, rule.expiration, RULE_EXPIRE_AGE, RULE_EXPIRE_DATE);
        encode_time(&mut inner, rule.transition, RULE_MOVE_AGE, RULE_MOVE_DATE);
        if let Some(seconds) = rule.abort_uploads_seconds {
            inner.field(RULE_ABORT_AGE, &seconds.to_le_bytes());
        }
        out.field(TAG_ENTRY, &inner.finish());
    }
    out.finish()
}

fn encode_time(out: &mut Encoder, time: Option<LifecycleTime>, age: u8, date: u8) {
    match time {
        Some(LifecycleTime::Age { seconds }) => out.field(age, &seconds.to_le_bytes()),
        Some(LifecycleTime::Date(at)) => out.field(date, &at.as_millis().to_le_bytes()),
        None => {}
    }
}

/// Reads a lifecycle policy.
///
/// # Errors
/// [`Damaged`].
pub fn decode_lifecycle(value: &[u8]) -> Result<LifecyclePolicy, Damaged> {
    let mut decoder = Decoder::new(LIFECYCLE_TABLE, VERSION, value)?;
    let mut rules = Vec::new();
    while let Some((tag, bytes)) = decoder.field()? {
        if tag == TAG_ENTRY {
            rules.push(decode_rule(bytes)?);
        }
    }
    LifecyclePolicy::new(rules).map_err(|_| decoder.damaged("rules"))
}

fn decode_rule(bytes: &[u8]) -> Result<LifecycleRule, Damaged> {
    let mut decoder = Decoder::nested(LIFECYCLE_TABLE, bytes);
    let mut rule = LifecycleRule { enabled: true, ..LifecycleRule::default() };
    while let Some((tag, bytes)) = decoder.field()? {
        let number = || bytes.try_into().map(u64::from_le_bytes).map_err(|_| decoder.damaged("time"));
        let age = || Ok(Some(LifecycleTime::Age { seconds: number()? }));
        let date = || Ok(Some(LifecycleTime::Date(Timestamp::from_millis(number()?.cast_signed()))));
        match tag {
            RULE_ID => rule.id = decoder.utf8(bytes)?,
            RULE_DISABLED => rule.enabled = false,
            RULE_PREFIX => rule.prefix = decoder.utf8(bytes)?,
            RULE_EXPIRE_AGE => rule.expiration = age()?,
            RULE_EXPIRE_DATE => rule.expiration = date()?,
            RULE_MOVE_AGE => rule.transition = age()?,
            RULE_MOVE_DATE => rule.transition = date()?,
            RULE_ABORT_AGE => rule.abort_uploads_seconds = Some(number()?),
            _ => {}
        }
    }
    Ok(rule)
}

/// The value of a bucket's tags.
#[must_use]
pub fn encode_tags(tags: &TagSet) -> Bytes {
    let mut out = Encoder::new(VERSION);
    for tag in tags.tags() {
        out.field(TAG_ENTRY, &[tag.key.as_bytes(), b"\0", tag.value.as_bytes()].concat());
    }
    out.finish()
}

/// Reads a bucket's tags.
///
/// # Errors
/// [`Damaged`].
pub fn decode_tags(value: &[u8]) -> Result<TagSet, Damaged> {
    let mut decoder = Decoder::new(TAGS_TABLE, VERSION, value)?;
    let mut tags = Vec::new();
    while let Some((_, bytes)) = decoder.field()? {
        let text = decoder.utf8(bytes)?;
        let (key, value) = text.split_once('\0').ok_or(decoder.damaged("tag"))?;
        tags.push(Tag { key: key.to_owned(), value: value.to_owned() });
    }
    TagSet::of_bucket(tags).map_err(|_| decoder.damaged("tags"))
}

/// The value of upload rules.
#[must_use]
pub fn encode_upload_rules(rules: &UploadRules) -> Bytes {
    let mut out = Encoder::new(VERSION);
    for rule in rules.rules() {
        let mut inner = Encoder::default();
        if !rule.prefix.is_empty() {
            inner.text(UPLOAD_PREFIX, Some(&rule.prefix));
        }
        for (tag, bytes) in [(UPLOAD_MAX, rule.max_bytes), (UPLOAD_MIN, rule.min_bytes)] {
            if let Some(bytes) = bytes {
                inner.field(tag, &bytes.to_le_bytes());
            }
        }
        rule.content_types.iter().for_each(|pattern| inner.text(UPLOAD_TYPE, Some(pattern)));
        inner.text(UPLOAD_KEY, rule.key_pattern.as_deref());
        out.field(TAG_ENTRY, &inner.finish());
    }
    out.finish()
}

/// Reads upload rules.
///
/// # Errors
/// [`Damaged`].
pub fn decode_upload_rules(value: &[u8]) -> Result<UploadRules, Damaged> {
    let mut decoder = Decoder::new(UPLOAD_TABLE, VERSION, value)?;
    let mut rules = Vec::new();
    while let Some((tag, bytes)) = decoder.field()? {
        if tag == TAG_ENTRY {
            rules.push(decode_upload_rule(bytes)?);
        }
    }
    UploadRules::new(rules).map_err(|_| decoder.damaged("rules"))
}

fn decode_upload_rule(bytes: &[u8]) -> Result<UploadRule, Damaged> {
    let mut decoder = Decoder::nested(UPLOAD_TABLE, bytes);
    let mut rule = UploadRule::default();
    while let Some((tag, bytes)) = decoder.field()? {
        let number = || bytes.try_into().map(u64::from_le_bytes).map_err(|_| decoder.damaged("size"));
        match tag {
            UPLOAD_PREFIX => rule.prefix = decoder.utf8(bytes)?,
            UPLOAD_MAX => rule.max_bytes = Some(number()?),
            UPLOAD_MIN => rule.min_bytes = Some(number()?),
            UPLOAD_TYPE => rule.content_types.push(decoder.utf8(bytes)?),
            UPLOAD_KEY => rule.key_pattern = Some(decoder.utf8(bytes)?),
            _ => {}
        }
    }
    Ok(rule)
}

/// The value of a public access block.
#[must_use]
pub fn encode_public_access(block: &PublicAccessBlock) -> Bytes {
    let flags = [
        block.block_public_acls,
        block.ignore_public_acls,
        block.block_public_policy,
        block.restrict_public_buckets,
    ];
    flags.into_iter().fold(Encoder::new(VERSION), |out, flag| out.u8(u8::from(flag))).finish()
}

/// Reads a public access block.
///
/// # Errors
/// [`Damaged`].
pub fn decode_public_access(value: &[u8]) -> Result<PublicAccessBlock, Damaged> {
    let mut decoder = Decoder::new("public access block", VERSION, value)?;
    Ok(PublicAccessBlock {
        block_public_acls: decoder.u8()? != 0,
        ignore_public_acls: decoder.u8()? != 0,
        block_public_policy: decoder.u8()? != 0,
        restrict_public_buckets: decoder.u8()? != 0,
    })
}
