//! Refused requests on their way to the log: a bounded number in memory, those alike counted on one entry beyond a few, and
//! written in one commit now and then. A crash loses those since the last one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth::{Action, Caller};
use domain::audit::{Actor, Origin, Outcome, Resource, Verb};
use domain::{AuditEntry, Error, Timestamp};
use meta::tables::audit::Class;

use crate::Store;
use crate::failure::engine_failed;

/// Most entries between two commits.
const ENTRIES_MAX: usize = 1_000;
/// Of these, how many may be of callers who have not shown who they are.
const STRANGERS_MAX: usize = ENTRIES_MAX / 2;
/// Refusals of one kind that have an entry each; further ones are counted on the last.
const ALIKE_MAX: u32 = 4;

/// A request that a door refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// When.
    pub at: Timestamp,
    /// The operation's name, or the method.
    pub action: String,
    /// What sort of action that is.
    pub verb: Verb,
    /// The reply's status.
    pub status: u16,
    /// The reply's code.
    pub code: String,
    /// Who asked.
    pub actor: Actor,
    /// What it is about.
    pub resource: Resource,
    /// The key, cut.
    pub key: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// Refusals that are not written yet.
pub struct Refusals {
    kept: bool,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    entries: Vec<AuditEntry>,
    strangers: usize,
    kinds: HashMap<Kind, Alike>,
    dropped: u64,
}

/// Refusals that are alike. What a stranger can make up at will is no part of it.
#[derive(PartialEq, Eq, Hash)]
enum Kind {
    Stranger { network: Option<IpAddr>, code: String },
    Known { access_key_id: String, action: String, resource: Option<String>, code: String },
}

struct Alike {
    entries: u32,
    /// The place of the last.
    last: usize,
}

/// Entries under way to the log: they count as dropped unless they come to be written.
struct Going<'r> {
    refusals: &'r Refusals,
    count: u64,
}

impl Refusals {
    pub(super) fn new(kept: bool) -> Self {
        Self { kept, noted: Mutex::default() }
    }

    /// Whether they are kept at all.
    #[must_use]
    pub const fn are_kept(&self) -> bool {
        self.kept
    }

    /// Notes a refused request.
    pub fn note(&self, refusal: Refusal) {
        if !self.kept {
            return;
        }
        let kind = Kind::of(&refusal);
        let is_stranger = matches!(kind, Kind::Stranger { .. });
        let mut noted = self.lock();
        let Noted { entries, strangers, kinds, dropped } = &mut *noted;
        if let Some(alike) = kinds.get(&kind).filter(|alike| alike.entries >= ALIKE_MAX) {
            if let Some(entry) = entries.get_mut(alike.last) {
                entry.repeated += 1;
            }
            return;
        }
        if entries.len() >= ENTRIES_MAX || (is_stranger && *strangers >= STRANGERS_MAX) {
            *dropped += 1;
            return;
        }
        let alike = kinds.entry(kind).or_insert(Alike { entries: 0, last: 0 });
        *alike = Alike { entries: alike.entries + 1, last: entries.len() };
        *strangers += usize::from(is_stranger);
        entries.push(refusal.into_entry());
    }

    /// All that are noted, the number of dropped ones as an entry of its own.
    fn take(&self, now: Timestamp) -> Vec<AuditEntry> {
        let Noted { mut entries, dropped, .. } = std::mem::take(&mut *self.lock());
        if dropped > 0 {
            entries.push(dropped_entry(dropped, now));
        }
        entries
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Going<'_> {
    fn drop(&mut self) {
        self.refusals.lock().dropped += self.count;
    }
}

impl Kind {
    fn of(refusal: &Refusal) -> Self {
        let code = refusal.code.clone();
        match &refusal.actor {
            Actor::Known { access_key_id, .. } => Self::Known {
                access_key_id: access_key_id.clone(),
                action: refusal.action.clone(),
                resource: refusal.resource.id().map(str::to_owned),
                code,
            },
            Actor::Server | Actor::Unknown { .. } => {
                Self::Stranger { network: refusal.origin.peer.map(network), code }
            }
        }
    }
}

/// Whoever has one address of version 6 has the 64 bits below it, too.
fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
    }
}

impl Refusal {
    fn into_entry(self) -> AuditEntry {
        AuditEntry {
            at: self.at,
            action: self.action,
            verb: self.verb,
            outcome: Outcome::Refused { status: self.status, code: self.code },
            actor: self.actor,
            resource: self.resource,
            key: self.key,
            origin: Some(Arc::new(self.origin)),
            before: None,
            after: None,
            repeated: 0,
        }
    }
}

fn dropped_entry(count: u64, now: Timestamp) -> AuditEntry {
    AuditEntry {
        at: now,
        action: "DropRefusals".to_owned(),
        verb: Verb::Delete,
        outcome: Outcome::Dropped,
        actor: Actor::Server,
        resource: Resource::Account,
        key: None,
        origin: None,
        before: None,
        after: None,
        repeated: count,
    }
}

impl Store {
    /// Writes the refusals that were noted. Those that cannot be written are counted, and told of by the next that are.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; any error of the engine.
    ///
    /// Cancel safety: they are written, or counted as dropped.
    pub async fn flush_refusals(&self, caller: &Caller) -> Result<(), Error> {
        caller.allow(Action::Reclaim, None)?;
        let now = self.clock.now();
        let entries = self.audit.refusals.take(now);
        if entries.is_empty() {
            return Ok(());
        }
        let weight = |entry: &AuditEntry| match entry.outcome {
            Outcome::Dropped => entry.repeated,
            _ => entry.repeated + 1,
        };
        let count = entries.iter().map(weight).sum();
        let mut going = Going { refusals: &self.audit.refusals, count };
        let writes = entries.iter().map(|entry| self.audit.row(Class::Refusals, entry, now)).collect();
        self.commit(Vec::new(), writes).await.map_err(engine_failed)?;
        going.count = 0;
        Ok(())
    }
}
