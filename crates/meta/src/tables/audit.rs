//! Table `l`: the audit log, the newest entry first. Changes and refusals are apart, so that no flood of the one can wash away
//! the other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use bytes::Bytes;
use domain::audit::{Actor, Interface, Origin, Outcome, Resource, Verb};
use domain::{AuditEntry, BucketName, Timestamp};

use super::codec::{Damaged, Decoder, Encoder};
use crate::KeyRange;

const TABLE: &str = "audit";
const VERSION: u8 = 1;
/// Bytes of a row's key: the table, the class and the number.
const KEY_BYTES: usize = 10;
/// Bounds of the texts that a filter must find in the head of a value.
const ACTION_BYTES_MAX: usize = 48;
const CODE_BYTES_MAX: usize = 48;
const ACTOR_BYTES_MAX: usize = 40;
const ID_BYTES_MAX: usize = 63;

const TAG_KEY: u8 = 1;
const TAG_REQUEST_ID: u8 = 2;
const TAG_USER_AGENT: u8 = 3;
const TAG_BEFORE: u8 = 4;
const TAG_AFTER: u8 = 5;
const TAG_REPEATED: u8 = 6;

/// Which half of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Changes: each in the commit that makes it.
    Changes,
    /// Refused requests, in batches.
    Refusals,
}

impl Class {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Changes, Self::Refusals];

    const fn code(self) -> u8 {
        match self {
            Self::Changes => 1,
            Self::Refusals => 2,
        }
    }
}

/// The row's key. A number has the time in milliseconds above its lowest 20 bits.
#[must_use]
pub fn key(class: Class, number: u64) -> Vec<u8> {
    [[b'l', class.code()].as_slice(), &(!number).to_be_bytes()].concat()
}

/// The number in a row's key.
#[must_use]
pub fn number_of(key: &[u8]) -> Option<u64> {
    let key: &[u8; KEY_BYTES] = key.try_into().ok()?;
    key.last_chunk().map(|bytes| !u64::from_be_bytes(*bytes))
}

/// The rows of a class with numbers from `first` to `last`, both included.
#[must_use]
pub fn range(class: Class, first: u64, last: u64) -> KeyRange {
    let mut end = key(class, first);
    end.push(0);
    KeyRange { start: key(class, last), end: Some(end) }
}

/// The lowest number of a moment.
#[must_use]
pub fn number_at(at: Timestamp) -> u64 {
    const MILLIS_MAX: u64 = (1 << 44) - 1;
    u64::try_from(at.as_millis()).unwrap_or(0).min(MILLIS_MAX) << 20
}

/// The row's value.
#[must_use]
pub fn encode(entry: &AuditEntry) -> Bytes {
    let origin = entry.origin.as_deref();
    let (outcome, status, code) = match &entry.outcome {
        Outcome::Done => (0, 0, ""),
        Outcome::Refused { status, code } => (1, *status, code.as_str()),
        Outcome::Dropped => (2, 0, ""),
    };
    let actor = match &entry.actor {
        Actor::Server => 0,
        Actor::Unknown { .. } => 1,
        Actor::Known { temporary: false, .. } => 2,
        Actor::Known { temporary: true, .. } => 3,
    };
    let door = match origin.map(|origin| origin.interface) {
        None => 0,
        Some(Interface::S3) => 1,
        Some(Interface::Api) => 2,
    };
    let resource = match &entry.resource {
        Resource::Account => 0,
        Resource::Bucket(_) => 1,
        Resource::Token(_) => 2,
    };
    let verb = match entry.verb {
        Verb::Create => 0,
        Verb::Update => 1,
        Verb::Delete => 2,
        Verb::View => 3,
    };
    let peer = match origin.and_then(|origin| origin.peer) {
        None => Vec::new(),
        Some(IpAddr::V4(ip)) => ip.octets().to_vec(),
        Some(IpAddr::V6(ip)) => ip.octets().to_vec(),
    };
    let [status_low, status_high] = status.to_le_bytes();
    let mut tail = Encoder::default()
        .i64(entry.at.as_millis())
        .u8(verb)
        .u8(outcome)
        .u8(status_low)
        .u8(status_high)
        .u8(actor)
        .u8(door)
        .short(&peer)
        .short(cut(&entry.action, ACTION_BYTES_MAX))
        .short(cut(code, CODE_BYTES_MAX))
        .short(cut(entry.actor.access_key_id().unwrap_or_default(), ACTOR_BYTES_MAX))
        .u8(resource)
        .short(cut(entry.resource.id().unwrap_or_default(), ID_BYTES_MAX));
    for (tag, text) in [
        (TAG_KEY, entry.key.as_deref()),
        (TAG_REQUEST_ID, origin.map(|origin| origin.request_id.as_str())),
        (TAG_USER_AGENT, origin.and_then(|origin| origin.user_agent.as_deref())),
        (TAG_BEFORE, entry.before.as_deref()),
        (TAG_AFTER, entry.after.as_deref()),
    ] {
        tail.text(tag, text);
    }
    if entry.repeated > 0 {
        tail.field(TAG_REPEATED, &entry.repeated.to_le_bytes());
    }
    let tail = tail.finish();
    let bytes = Encoder::new(VERSION).u64(tail.len() as u64).finish();
    [bytes, tail].concat().into()
}

fn cut(text: &str, bytes_max: usize) -> &[u8] {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or_default().as_bytes()
}

/// How many bytes key and value have, from the head of the value.
///
/// # Errors
/// [`Damaged`].
pub fn row_bytes(head: &[u8]) -> Result<u64, Damaged> {
    let tail = Decoder::new(TABLE, VERSION, head)?.u64()?;
    Ok(tail.saturating_add((1 + size_of::<u64>() + KEY_BYTES) as u64))
}

/// Reads what an entry can be chosen by from the head of a value: all but texts of any length.
///
/// # Errors
/// [`Damaged`].
pub fn decode_listed(head: &[u8]) -> Result<AuditEntry, Damaged> {
    begin(head).map(|(entry, _)| entry)
}

/// Reads a row.
///
/// # Errors
/// [`Damaged`].
pub fn decode(value: &[u8]) -> Result<AuditEntry, Damaged> {
    let (mut entry, mut decoder) = begin(value)?;
    let mut origin = entry.origin.take().map(Arc::unwrap_or_clone);
    while let Some((tag, bytes)) = decoder.field()? {
        let text = || decoder.utf8(bytes);
        match (tag, &mut origin) {
            (TAG_KEY, _) => entry.key = Some(text()?),
            (TAG_REQUEST_ID, Some(origin)) => origin.request_id = text()?,
            (TAG_USER_AGENT, Some(origin)) => origin.user_agent = Some(text()?),
            (TAG_BEFORE, _) => entry.before = Some(text()?),
            (TAG_AFTER, _) => entry.after = Some(text()?),
            (TAG_REPEATED, _) => {
                let bytes = bytes.try_into().map_err(|_| decoder.damaged("count"))?;
                entry.repeated = u64::from_le_bytes(bytes);
            }
            _ => {}
        }
    }
    entry.origin = origin.map(Arc::new);
    Ok(entry)
}

/// The fixed fields.
fn begin(value: &[u8]) -> Result<(AuditEntry, Decoder<'_>), Damaged> {
    let mut decoder = Decoder::new(TABLE, VERSION, value)?;
    decoder.u64()?;
    let at = Timestamp::from_millis(decoder.i64()?);
    let (verb, outcome) = (decoder.u8()?, decoder.u8()?);
    let status = u16::from_le_bytes([decoder.u8()?, decoder.u8()?]);
    let (actor, door) = (decoder.u8()?, decoder.u8()?);
    let peer = peer(decoder.short()?, &decoder)?;
    let mut text = || {
        let bytes = decoder.short()?;
        decoder.utf8(bytes)
    };
    let (action, code, id) = (text()?, text()?, text()?);
    let (kind, name) = (decoder.u8()?, decoder.short()?);
    let name = decoder.utf8(name)?;
    let resource = match kind {
        0 => Resource::Account,
        1 => Resource::Bucket(BucketName::parse(&name).map_err(|_| decoder.damaged("bucket"))?),
        2 => Resource::Token(name),
        _ => return Err(decoder.damaged("resource")),
    };
    let interface = match door {
        0 => None,
        1 => Some(Interface::S3),
        2 => Some(Interface::Api),
        _ => return Err(decoder.damaged("door")),
    };
    let of_interface =
        |interface| Arc::new(Origin { interface, peer, request_id: String::new(), user_agent: None });
    let entry = AuditEntry {
        at,
        action,
        verb: *[Verb::Create, Verb::Update, Verb::Delete, Verb::View]
            .get(usize::from(verb))
            .ok_or(decoder.damaged("verb"))?,
        outcome: match outcome {
            0 => Outcome::Done,
            1 => Outcome::Refused { status, code },
            2 => Outcome::Dropped,
            _ => return Err(decoder.damaged("outcome")),
        },
        actor: match actor {
            0 => Actor::Server,
            1 => Actor::Unknown { claimed: (!id.is_empty()).then_some(id) },
            2 | 3 => Actor::Known { access_key_id: id, temporary: actor == 3 },
            _ => return Err(decoder.damaged("actor")),
        },
        resource,
        key: None,
        origin: interface.map(of_interface),
        before: None,
        after: None,
        repeated: 0,
    };
    Ok((entry, decoder))
}

fn peer(bytes: &[u8], decoder: &Decoder<'_>) -> Result<Option<IpAddr>, Damaged> {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Ok(Some(Ipv4Addr::from(octets).into()));
    }
    if let Ok(octets) = <[u8; 16]>::try_from(bytes) {
        return Ok(Some(Ipv6Addr::from(octets).into()));
    }
    if bytes.is_empty() { Ok(None) } else { Err(decoder.damaged("peer")) }
}

#[cfg(test)]
mod tests;
