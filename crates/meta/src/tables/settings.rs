//! A bucket's settings inside its row: one tagged field each, one for each rule.

use domain::bucket_lock::{BucketLockRule, LockCondition};
use domain::object_lock::{DefaultRetention, ObjectLockConfig, PeriodUnit, RetentionMode, RetentionPeriod};
use domain::versioning::Versioning;
use domain::{BucketLocks, StorageClass, Timestamp};

use super::bucket::BucketSettings;
use super::codec::{Damaged, Decoder, Encoder};
use super::object::{decode_storage_class, storage_class_code};

const TABLE: &str = "bucket settings";
const TAG_VERSIONING: u8 = 2;
const TAG_OBJECT_LOCK: u8 = 3;
const TAG_HAS_NOTES: u8 = 4;
const TAG_STORAGE_CLASS: u8 = 5;
const TAG_LOCK_RULE: u8 = 6;
const TAG_EXPIRES: u8 = 7;
const TAG_UPLOAD_RULES: u8 = 8;
const TAG_MAX_BYTES: u8 = 9;
const TAG_MAX_OBJECTS: u8 = 10;

const LOCK_ID: u8 = 1;
const LOCK_DISABLED: u8 = 2;
const LOCK_PREFIX: u8 = 3;
const LOCK_AGE: u8 = 4;
const LOCK_DATE: u8 = 5;

/// Appends the settings that are not what a new bucket has.
pub(super) fn encode(out: &mut Encoder, settings: &BucketSettings) {
    match settings.versioning {
        Versioning::Off => {}
        Versioning::Enabled => out.field(TAG_VERSIONING, &[1]),
        Versioning::Suspended => out.field(TAG_VERSIONING, &[2]),
    }
    if let Some(config) = settings.object_lock {
        out.field(TAG_OBJECT_LOCK, &config.default_retention.map_or(Vec::new(), encode_retention));
    }
    if settings.expires {
        out.field(TAG_EXPIRES, &[]);
    }
    if settings.upload_rules {
        out.field(TAG_UPLOAD_RULES, &[]);
    }
    if settings.has_notes {
        out.field(TAG_HAS_NOTES, &[]);
    }
    if settings.storage_class != StorageClass::default() {
        out.field(TAG_STORAGE_CLASS, &[storage_class_code(settings.storage_class)]);
    }
    for (tag, most) in
        [(TAG_MAX_BYTES, settings.quota.max_bytes), (TAG_MAX_OBJECTS, settings.quota.max_objects)]
    {
        if let Some(most) = most {
            out.field(tag, &most.to_le_bytes());
        }
    }
    for rule in settings.locks.rules() {
        out.field(TAG_LOCK_RULE, &encode_lock(rule));
    }
}

fn encode_retention(retention: DefaultRetention) -> Vec<u8> {
    let mode = u8::from(retention.mode == RetentionMode::Compliance);
    let unit = u8::from(retention.period.unit() == PeriodUnit::Years);
    [&[mode, unit], retention.period.count().to_le_bytes().as_slice()].concat()
}

fn encode_lock(rule: &BucketLockRule) -> bytes::Bytes {
    let mut out = Encoder::default();
    out.text(LOCK_ID, Some(&rule.id));
    if !rule.enabled {
        out.field(LOCK_DISABLED, &[]);
    }
    if !rule.prefix.is_empty() {
        out.text(LOCK_PREFIX, Some(&rule.prefix));
    }
    match rule.condition {
        LockCondition::Age { seconds } => out.field(LOCK_AGE, &seconds.to_le_bytes()),
        LockCondition::Date(date) => out.field(LOCK_DATE, &date.as_millis().to_le_bytes()),
        LockCondition::Indefinite => {}
    }
    out.finish()
}

/// Collects the settings from the fields of a row.
#[derive(Default)]
pub(super) struct SettingsReader {
    settings: BucketSettings,
    locks: Vec<BucketLockRule>,
}

impl SettingsReader {
    /// Takes one field; others than settings are passed over.
    pub(super) fn take(&mut self, decoder: &Decoder<'_>, tag: u8, bytes: &[u8]) -> Result<(), Damaged> {
        match tag {
            TAG_VERSIONING => {
                self.settings.versioning = match bytes {
                    [1] => Versioning::Enabled,
                    [2] => Versioning::Suspended,
                    _ => return Err(decoder.damaged("versioning")),
                };
            }
            TAG_OBJECT_LOCK => {
                let default_retention =
                    (!bytes.is_empty()).then(|| decode_retention(decoder, bytes)).transpose()?;
                self.settings.object_lock = Some(ObjectLockConfig { default_retention });
            }
            TAG_EXPIRES => self.settings.expires = true,
            TAG_UPLOAD_RULES => self.settings.upload_rules = true,
            TAG_HAS_NOTES => self.settings.has_notes = true,
            TAG_STORAGE_CLASS => self.settings.storage_class = decode_storage_class(decoder, bytes)?,
            TAG_MAX_BYTES => self.settings.quota.max_bytes = Some(decode_bound(decoder, bytes)?),
            TAG_MAX_OBJECTS => self.settings.quota.max_objects = Some(decode_bound(decoder, bytes)?),
            TAG_LOCK_RULE => self.locks.push(decode_lock(bytes)?),
            _ => {}
        }
        Ok(())
    }

    /// The settings.
    pub(super) fn finish(self, decoder: &Decoder<'_>) -> Result<BucketSettings, Damaged> {
        let locks = BucketLocks::new(self.locks).map_err(|_| decoder.damaged("locks"))?;
        Ok(BucketSettings { locks, ..self.settings })
    }
}

fn decode_retention(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<DefaultRetention, Damaged> {
    let damaged = decoder.damaged("default retention");
    let [mode, unit, count @ ..] = bytes else { return Err(damaged) };
    let mode = if *mode == 0 { RetentionMode::Governance } else { RetentionMode::Compliance };
    let unit = if *unit == 0 { PeriodUnit::Days } else { PeriodUnit::Years };
    let count = u32::from_le_bytes(count.try_into().map_err(|_| damaged)?);
    let period = RetentionPeriod::new(unit, count).map_err(|_| damaged)?;
    Ok(DefaultRetention { mode, period })
}

fn decode_bound(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<u64, Damaged> {
    bytes.try_into().map(u64::from_le_bytes).map_err(|_| decoder.damaged("quota"))
}

fn decode_lock(bytes: &[u8]) -> Result<BucketLockRule, Damaged> {
    let mut decoder = Decoder::nested(TABLE, bytes);
    let mut rule = BucketLockRule {
        id: String::new(),
        enabled: true,
        prefix: String::new(),
        condition: LockCondition::Indefinite,
    };
    while let Some((tag, bytes)) = decoder.field()? {
        let number = || bytes.try_into().map_err(|_| decoder.damaged("lock"));
        match tag {
            LOCK_ID => rule.id = decoder.utf8(bytes)?,
            LOCK_DISABLED => rule.enabled = false,
            LOCK_PREFIX => rule.prefix = decoder.utf8(bytes)?,
            LOCK_AGE => rule.condition = LockCondition::Age { seconds: u64::from_le_bytes(number()?) },
            LOCK_DATE => {
                rule.condition = LockCondition::Date(Timestamp::from_millis(i64::from_le_bytes(number()?)));
            }
            _ => {}
        }
    }
    Ok(rule)
}
