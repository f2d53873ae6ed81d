//! Rows of table `s` for what other programs are to do with a bucket, and table `h`: whose a public name is.

use bytes::Bytes;
use domain::{
    BucketName, CustomDomain, DomainName, MinTls, NotificationAction, NotificationRule, Sippy, SippyProvider,
    Timestamp,
};

use super::bucket::BucketId;
use super::codec::{Damaged, Decoder, Encoder};

const VERSION: u8 = 1;
const TAG_ENTRY: u8 = 1;

const DOMAINS_TABLE: &str = "custom domains";
const DOMAIN_NAME: u8 = 1;
const DOMAIN_DISABLED: u8 = 2;
const DOMAIN_ZONE: u8 = 3;
const DOMAIN_MIN_TLS: u8 = 4;
const DOMAIN_CIPHER: u8 = 5;

const SIPPY_TABLE: &str = "sippy";
const SIPPY_REGION: u8 = 1;
const SIPPY_BUCKET: u8 = 2;
const SIPPY_URL: u8 = 3;
const SIPPY_CONTAINER: u8 = 4;
const SIPPY_IDENTITY: u8 = 5;
const SIPPY_ACCESS_KEY_ID: u8 = 6;
const SIPPY_WRAPPED_KEY: u8 = 7;
const SIPPY_SEALED: u8 = 8;

const NOTIFICATIONS_TABLE: &str = "notifications";
const RULE_ID: u8 = 1;
const RULE_QUEUE: u8 = 2;
const RULE_CREATED: u8 = 3;
const RULE_PREFIX: u8 = 4;
const RULE_SUFFIX: u8 = 5;
const RULE_ACTIONS: u8 = 6;
const RULE_DESCRIPTION: u8 = 7;

const PUBLIC_NAME_TABLE: &str = "public name";
const TAG_BUCKET: u8 = 1;

/// The key of the row that says whose a public name is.
#[must_use]
pub fn public_name_key(name: &str) -> Vec<u8> {
    [b"h", name.as_bytes()].concat()
}

/// The value of a public name.
#[must_use]
pub fn encode_public_name(id: BucketId, bucket: &BucketName) -> Bytes {
    let mut out = Encoder::new(VERSION).u64(id.0);
    out.text(TAG_BUCKET, Some(bucket.as_str()));
    out.finish()
}

/// Reads whose a public name is.
///
/// # Errors
/// [`Damaged`].
pub fn decode_public_name(value: &[u8]) -> Result<(BucketId, BucketName), Damaged> {
    let mut decoder = Decoder::new(PUBLIC_NAME_TABLE, VERSION, value)?;
    let id = BucketId(decoder.u64()?);
    let mut bucket = None;
    while let Some((tag, bytes)) = decoder.field()? {
        if tag == TAG_BUCKET {
            bucket = BucketName::parse(&decoder.utf8(bytes)?).ok();
        }
    }
    Ok((id, bucket.ok_or(decoder.damaged("bucket"))?))
}

/// The value of a bucket's custom domains.
#[must_use]
pub fn encode_domains(domains: &[CustomDomain]) -> Bytes {
    let mut out = Encoder::new(VERSION);
    for domain in domains {
        let mut inner = Encoder::default();
        inner.text(DOMAIN_NAME, Some(domain.name.as_str()));
        if !domain.enabled {
            inner.field(DOMAIN_DISABLED, &[]);
        }
        inner.text(DOMAIN_ZONE, Some(&domain.zone_id));
        let min_tls = match domain.min_tls {
            MinTls::V1_0 => 0,
            MinTls::V1_1 => 1,
            MinTls::V1_2 => 2,
            MinTls::V1_3 => 3,
        };
        inner.field(DOMAIN_MIN_TLS, &[min_tls]);
        domain.ciphers.iter().for_each(|cipher| inner.text(DOMAIN_CIPHER, Some(cipher)));
        out.field(TAG_ENTRY, &inner.finish());
    }
    out.finish()
}

/// Reads a bucket's custom domains.
///
/// # Errors
/// [`Damaged`].
pub fn decode_domains(value: &[u8]) -> Result<Vec<CustomDomain>, Damaged> {
    let mut decoder = Decoder::new(DOMAINS_TABLE, VERSION, value)?;
    let mut domains = Vec::new();
    while let Some((tag, bytes)) = decoder.field()? {
        if tag == TAG_ENTRY {
            domains.push(decode_domain(bytes)?);
        }
    }
    Ok(domains)
}

fn decode_domain(bytes: &[u8]) -> Result<CustomDomain, Damaged> {
    let mut decoder = Decoder::nested(DOMAINS_TABLE, bytes);
    let (mut name, mut zone_id, mut ciphers) = (None, String::new(), Vec::new());
    let (mut enabled, mut min_tls) = (true, MinTls::default());
    while let Some((tag, bytes)) = decoder.field()? {
        match (tag, bytes) {
            (DOMAIN_NAME, _) => name = DomainName::parse(&decoder.utf8(bytes)?),
            (DOMAIN_DISABLED, _) => enabled = false,
            (DOMAIN_ZONE, _) => zone_id = decoder.utf8(bytes)?,
            (DOMAIN_MIN_TLS, [0]) => min_tls = MinTls::V1_0,
            (DOMAIN_MIN_TLS, [1]) => min_tls = MinTls::V1_1,
            (DOMAIN_MIN_TLS, [2]) => min_tls = MinTls::V1_2,
            (DOMAIN_MIN_TLS, [3]) => min_tls = MinTls::V1_3,
            (DOMAIN_MIN_TLS, _) => return Err(decoder.damaged("version of TLS")),
            (DOMAIN_CIPHER, _) => ciphers.push(decoder.utf8(bytes)?),
            _ => {}
        }
    }
    let name = name.ok_or(decoder.damaged("name"))?;
    Ok(CustomDomain { name, enabled, zone_id, min_tls, ciphers })
}

/// The value of the flag for local uploads, which is set as long as there is the row.
#[must_use]
pub fn encode_local_uploads() -> Bytes {
    Encoder::new(VERSION).finish()
}

/// A migration with its sealed secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SippyRow {
    /// The migration.
    pub sippy: Sippy,
    /// The wrapped key that its secrets are sealed under.
    pub wrapped_key: Bytes,
    /// The sealed secrets.
    pub sealed_secrets: Bytes,
}

impl SippyRow {
    /// The row's value.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let provider = match self.sippy.provider {
            SippyProvider::Aws => 1,
            SippyProvider::Gcs => 2,
            SippyProvider::S3 => 3,
            SippyProvider::Azure => 4,
        };
        let mut out = Encoder::new(VERSION).u8(provider);
        out.text(SIPPY_REGION, self.sippy.region.as_deref());
        out.text(SIPPY_BUCKET, self.sippy.bucket.as_deref());
        out.text(SIPPY_URL, self.sippy.bucket_url.as_deref());
        out.text(SIPPY_CONTAINER, self.sippy.container.as_deref());
        out.text(SIPPY_IDENTITY, Some(&self.sippy.identity));
        out.text(SIPPY_ACCESS_KEY_ID, Some(&self.sippy.access_key_id));
        out.field(SIPPY_WRAPPED_KEY, &self.wrapped_key);
        out.field(SIPPY_SEALED, &self.sealed_secrets);
        out.finish()
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn decode(value: &[u8]) -> Result<Self, Damaged> {
        let mut decoder = Decoder::new(SIPPY_TABLE, VERSION, value)?;
        let provider = match decoder.u8()? {
            1 => SippyProvider::Aws,
            2 => SippyProvider::Gcs,
            3 => SippyProvider::S3,
            4 => SippyProvider::Azure,
            _ => return Err(decoder.damaged("provider")),
        };
        let (identity, access_key_id) = (String::new(), String::new());
        let (region, bucket, bucket_url, container) = (None, None, None, None);
        let mut sippy = Sippy { provider, region, bucket, bucket_url, container, identity, access_key_id };
        let (mut wrapped_key, mut sealed_secrets) = (Bytes::new(), Bytes::new());
        while let Some((tag, bytes)) = decoder.field()? {
            match tag {
                SIPPY_REGION => sippy.region = Some(decoder.utf8(bytes)?),
                SIPPY_BUCKET => sippy.bucket = Some(decoder.utf8(bytes)?),
                SIPPY_URL => sippy.bucket_url = Some(decoder.utf8(bytes)?),
                SIPPY_CONTAINER => sippy.container = Some(decoder.utf8(bytes)?),
                SIPPY_IDENTITY => sippy.identity = decoder.utf8(bytes)?,
                SIPPY_ACCESS_KEY_ID => sippy.access_key_id = decoder.utf8(bytes)?,
                SIPPY_WRAPPED_KEY => wrapped_key = Bytes::copy_from_slice(bytes),
                SIPPY_SEALED => sealed_secrets = Bytes::copy_from_slice(bytes),
                _ => {}
            }
        }
        Ok(Self { sippy, wrapped_key, sealed_secrets })
    }
}

/// The value of a bucket's notification rules.
#[must_use]
pub fn encode_notifications(rules: &[NotificationRule]) -> Bytes {
    let mut out = Encoder::new(VERSION);
    for rule in rules {
        let mut inner = Encoder::default();
        inner.text(RULE_ID, Some(&rule.id));
        inner.text(RULE_QUEUE, Some(&rule.queue_id));
        inner.field(RULE_CREATED, &rule.created.as_millis().to_le_bytes());
        let texts = [(RULE_PREFIX, &rule.prefix), (RULE_SUFFIX, &rule.suffix)];
        for (tag, text) in texts.into_iter().chain([(RULE_DESCRIPTION, &rule.description)]) {
            inner.text(tag, Some(text).filter(|text| !text.is_empty()).map(String::as_str));
        }
        let actions: Vec<u8> = rule.actions.iter().map(|action| action_number(*action)).collect();
        inner.field(RULE_ACTIONS, &actions);
        out.field(TAG_ENTRY, &inner.finish());
    }
    out.finish()
}

const fn action_number(action: NotificationAction) -> u8 {
    match action {
        NotificationAction::PutObject => 1,
        NotificationAction::CopyObject => 2,
        NotificationAction::CompleteMultipartUpload => 3,
        NotificationAction::DeleteObject => 4,
        NotificationAction::LifecycleDeletion => 5,
    }
}

const fn action_of(number: u8) -> Option<NotificationAction> {
    match number {
        1 => Some(NotificationAction::PutObject),
        2 => Some(NotificationAction::CopyObject),
        3 => Some(NotificationAction::CompleteMultipartUpload),
        4 => Some(NotificationAction::DeleteObject),
        5 => Some(NotificationAction::LifecycleDeletion),
        _ => None,
    }
}

/// Reads a bucket's notification rules.
///
/// # Errors
/// [`Damaged`].
pub fn decode_notifications(value: &[u8]) -> Result<Vec<NotificationRule>, Damaged> {
    let mut decoder = Decoder::new(NOTIFICATIONS_TABLE, VERSION, value)?;
    let mut rules = Vec::new();
    while let Some((tag, bytes)) = decoder.field()? {
        if tag == TAG_ENTRY {
            rules.push(decode_rule(bytes)?);
        }
    }
    Ok(rules)
}

fn decode_rule(bytes: &[u8]) -> Result<NotificationRule, Damaged> {
    let mut decoder = Decoder::nested(NOTIFICATIONS_TABLE, bytes);
    let mut rule = NotificationRule {
        id: String::new(),
        queue_id: String::new(),
        created: Timestamp::default(),
        prefix: String::new(),
        suffix: String::new(),
        actions: Vec::new(),
        description: String::new(),
    };
    while let Some((tag, bytes)) = decoder.field()? {
        match tag {
            RULE_ID => rule.id = decoder.utf8(bytes)?,
            RULE_QUEUE => rule.queue_id = decoder.utf8(bytes)?,
            RULE_CREATED => {
                let millis = bytes.try_into().map_err(|_| decoder.damaged("time"))?;
                rule.created = Timestamp::from_millis(i64::from_le_bytes(millis));
            }
            RULE_PREFIX => rule.prefix = decoder.utf8(bytes)?,
            RULE_SUFFIX => rule.suffix = decoder.utf8(bytes)?,
            RULE_DESCRIPTION => rule.description = decoder.utf8(bytes)?,
            RULE_ACTIONS => {
                let actions = bytes.iter().map(|number| action_of(*number)).collect::<Option<_>>();
                rule.actions = actions.ok_or(decoder.damaged("action"))?;
            }
            _ => {}
        }
    }
    Ok(rule)
}
