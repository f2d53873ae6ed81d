//! Table `k`: API tokens with their sealed secrets, which are bytes here. Table `j`: when they were last used, apart from what
//! decides.

use bytes::Bytes;
use domain::api_token::{Jurisdiction, PermissionGroup, TokenPolicy, TokenResource};
use domain::{ApiToken, BucketName, IpRange, Timestamp, TokenSettings};

use super::codec::{Damaged, Decoder, Encoder};

const TABLE: &str = "token";
const LAST_USE_TABLE: &str = "last use of a token";
const VERSION: u8 = 1;
const TAG_NAME: u8 = 1;
const TAG_DISABLED: u8 = 2;
const TAG_NOT_BEFORE: u8 = 3;
const TAG_EXPIRES: u8 = 4;
const TAG_POLICY: u8 = 5;
const TAG_IP_IN: u8 = 6;
const TAG_IP_NOT_IN: u8 = 7;
const TAG_WRAPPED_KEY: u8 = 8;
const TAG_SEALED_SECRET: u8 = 9;

const POLICY_GROUP: u8 = 1;
const POLICY_ACCOUNT: u8 = 2;
const POLICY_ALL_BUCKETS: u8 = 3;
const POLICY_BUCKET: u8 = 4;

/// A token's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// The token, but for its last use.
    pub token: ApiToken,
    /// The wrapped key that its secret is sealed under.
    pub wrapped_key: Bytes,
    /// The sealed secret.
    pub sealed_secret: Bytes,
}

/// The prefix of every row.
#[must_use]
pub fn table_prefix() -> Vec<u8> {
    b"k".to_vec()
}

/// The row's key.
#[must_use]
pub fn key(id: &str) -> Vec<u8> {
    [b"k", id.as_bytes()].concat()
}

/// The prefix of every row that says when a token was last used.
#[must_use]
pub fn last_use_prefix() -> Vec<u8> {
    b"j".to_vec()
}

/// The key of the row that says when a token was last used.
#[must_use]
pub fn last_use_key(id: &str) -> Vec<u8> {
    [b"j", id.as_bytes()].concat()
}

/// The value of that row.
#[must_use]
pub fn encode_last_use(at: Timestamp) -> Bytes {
    Encoder::new(VERSION).i64(at.as_millis()).finish()
}

/// Reads such a row: the token's id and when it was.
///
/// # Errors
/// [`Damaged`].
pub fn decode_last_use(key: &[u8], value: &[u8]) -> Result<(String, Timestamp), Damaged> {
    let mut decoder = Decoder::new(LAST_USE_TABLE, VERSION, value)?;
    let id = key.strip_prefix(b"j").ok_or(decoder.damaged("another table's key"))?;
    Ok((decoder.utf8(id)?, Timestamp::from_millis(decoder.i64()?)))
}

impl TokenRow {
    /// The row's value.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let ApiToken { issued, modified, settings, .. } = &self.token;
        let mut out = Encoder::new(VERSION).i64(issued.as_millis()).i64(modified.as_millis());
        out.field(TAG_NAME, settings.name.as_bytes());
        if settings.disabled {
            out.field(TAG_DISABLED, &[]);
        }
        for (tag, moment) in [(TAG_NOT_BEFORE, settings.not_before), (TAG_EXPIRES, settings.expires)] {
            if let Some(moment) = moment {
                out.field(tag, &moment.as_millis().to_le_bytes());
            }
        }
        for policy in &settings.policies {
            out.field(TAG_POLICY, &encode_policy(policy));
        }
        for (tag, ranges) in [(TAG_IP_IN, &settings.ip_in), (TAG_IP_NOT_IN, &settings.ip_not_in)] {
            ranges.iter().for_each(|range| out.field(tag, range.to_string().as_bytes()));
        }
        out.field(TAG_WRAPPED_KEY, &self.wrapped_key);
        out.field(TAG_SEALED_SECRET, &self.sealed_secret);
        out.finish()
    }

    /// Reads a row.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn decode(key: &[u8], value: &[u8]) -> Result<Self, Damaged> {
        let mut decoder = Decoder::new(TABLE, VERSION, value)?;
        let id = key.strip_prefix(b"k").ok_or(decoder.damaged("another table's key"))?;
        let (issued, modified) = (decoder.i64()?, decoder.i64()?);
        let mut settings = TokenSettings::default();
        let (mut wrapped_key, mut sealed_secret) = (Bytes::new(), Bytes::new());
        let moment = |decoder: &Decoder<'_>, bytes: &[u8]| {
            let bytes = bytes.try_into().map_err(|_| decoder.damaged("moment"))?;
            Ok(Some(Timestamp::from_millis(i64::from_le_bytes(bytes))))
        };
        let range = |decoder: &Decoder<'_>, bytes: &[u8]| {
            IpRange::parse(&decoder.utf8(bytes)?).ok_or(decoder.damaged("address range"))
        };
        while let Some((tag, bytes)) = decoder.field()? {
            match tag {
                TAG_NAME => settings.name = decoder.utf8(bytes)?,
                TAG_DISABLED => settings.disabled = true,
                TAG_NOT_BEFORE => settings.not_before = moment(&decoder, bytes)?,
                TAG_EXPIRES => settings.expires = moment(&decoder, bytes)?,
                TAG_POLICY => settings.policies.push(decode_policy(bytes)?),
                TAG_IP_IN => settings.ip_in.push(range(&decoder, bytes)?),
                TAG_IP_NOT_IN => settings.ip_not_in.push(range(&decoder, bytes)?),
                TAG_WRAPPED_KEY => wrapped_key = Bytes::copy_from_slice(bytes),
                TAG_SEALED_SECRET => sealed_secret = Bytes::copy_from_slice(bytes),
                // a rule that is not known might forbid
                _ => return Err(decoder.damaged("a field of a later version")),
            }
        }
        let id = decoder.utf8(id)?;
        let [issued, modified] = [issued, modified].map(Timestamp::from_millis);
        let token = ApiToken { id, issued, modified, last_used: None, settings };
        Ok(Self { token, wrapped_key, sealed_secret })
    }
}

fn encode_policy(policy: &TokenPolicy) -> Bytes {
    let mut out = Encoder::default();
    for group in &policy.groups {
        out.field(POLICY_GROUP, &[group_code(*group)]);
    }
    for resource in &policy.resources {
        match resource {
            TokenResource::Account => out.field(POLICY_ACCOUNT, &[]),
            TokenResource::AllBuckets => out.field(POLICY_ALL_BUCKETS, &[]),
            TokenResource::Bucket(jurisdiction, name) => {
                let code = match jurisdiction {
                    Jurisdiction::Default => 0,
                    Jurisdiction::Eu => 1,
                    Jurisdiction::Fedramp => 2,
                };
                out.field(POLICY_BUCKET, &[&[code], name.as_str().as_bytes()].concat());
            }
        }
    }
    out.finish()
}

const fn group_code(group: PermissionGroup) -> u8 {
    match group {
        PermissionGroup::StorageWrite => 1,
        PermissionGroup::StorageRead => 2,
        PermissionGroup::BucketItemWrite => 3,
        PermissionGroup::BucketItemRead => 4,
    }
}

fn decode_policy(bytes: &[u8]) -> Result<TokenPolicy, Damaged> {
    let mut decoder = Decoder::nested(TABLE, bytes);
    let mut policy = TokenPolicy { groups: Vec::new(), resources: Vec::new() };
    while let Some((tag, bytes)) = decoder.field()? {
        match (tag, bytes) {
            (POLICY_GROUP, [code]) => {
                let known = PermissionGroup::ALL.iter().find(|(group, ..)| group_code(*group) == *code);
                policy.groups.push(known.ok_or(decoder.damaged("permission group"))?.0);
            }
            (POLICY_ACCOUNT, []) => policy.resources.push(TokenResource::Account),
            (POLICY_ALL_BUCKETS, []) => policy.resources.push(TokenResource::AllBuckets),
            (POLICY_BUCKET, [code, name @ ..]) => {
                let jurisdiction = match code {
                    0 => Jurisdiction::Default,
                    1 => Jurisdiction::Eu,
                    2 => Jurisdiction::Fedramp,
                    _ => return Err(decoder.damaged("jurisdiction")),
                };
                let name =
                    BucketName::parse(&decoder.utf8(name)?).map_err(|_| decoder.damaged("bucket name"))?;
                policy.resources.push(TokenResource::Bucket(jurisdiction, name));
            }
            _ => return Err(decoder.damaged("policy")),
        }
    }
    Ok(policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> TokenRow {
        let bucket =
            |jurisdiction| TokenResource::Bucket(jurisdiction, BucketName::parse("user-uploads").unwrap());
        let settings = TokenSettings {
            name: "app ü".into(),
            policies: vec![
                TokenPolicy {
                    groups: vec![PermissionGroup::StorageRead, PermissionGroup::StorageWrite],
                    resources: vec![TokenResource::Account],
                },
                TokenPolicy {
                    groups: vec![PermissionGroup::BucketItemRead, PermissionGroup::BucketItemWrite],
                    resources: vec![
                        TokenResource::AllBuckets,
                        bucket(Jurisdiction::Default),
                        bucket(Jurisdiction::Eu),
                        bucket(Jurisdiction::Fedramp),
                    ],
                },
            ],
            disabled: true,
            not_before: Some(Timestamp::from_millis(-5)),
            expires: Some(Timestamp::from_millis(7)),
            ip_in: vec![IpRange::parse("10.0.0.0/8").unwrap(), IpRange::parse("::1").unwrap()],
            ip_not_in: vec![IpRange::parse("10.0.0.1").unwrap()],
        };
        let [issued, modified] = [1, 2].map(Timestamp::from_millis);
        let id = "0123456789abcdef0123456789abcdef".into();
        let token = ApiToken { id, issued, modified, last_used: None, settings };
        TokenRow { token, wrapped_key: Bytes::from_static(b"w"), sealed_secret: Bytes::from_static(b"s") }
    }

    #[test]
    fn rows_round_trip_and_cut_ones_are_damaged() {
        let row = row();
        let (key, value) = (key(&row.token.id), row.encode());
        assert!(key.starts_with(&table_prefix()));
        assert_eq!(TokenRow::decode(&key, &value), Ok(row));
        assert_eq!(value[..17], [1, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        // a row that ends between two fields cannot be told, but that is no half field
        let cut = (0..value.len()).filter(|at| TokenRow::decode(&key, &value[..*at]).is_ok()).count();
        assert_eq!(cut, 11, "one for each field, and none");
        let mut later = value.to_vec();
        later.extend_from_slice(&[200, 0, 0, 0, 0]);
        assert!(TokenRow::decode(&key, &later).is_err(), "a later version's field might forbid");
    }
    #[test]
    fn last_uses_round_trip_and_cut_ones_are_damaged() {
        let (key, at) = (last_use_key("0123"), Timestamp::from_millis(2));
        let value = encode_last_use(at);
        assert_eq!((key.as_slice(), &value[..]), (&b"j0123"[..], &[1, 2, 0, 0, 0, 0, 0, 0, 0][..]));
        assert!(key.starts_with(&last_use_prefix()));
        assert_eq!(decode_last_use(&key, &value), Ok(("0123".to_owned(), at)));
        assert!((0..value.len()).all(|cut| decode_last_use(&key, &value[..cut]).is_err()));
        assert!(decode_last_use(b"k0123", &value).is_err());
    }
}
