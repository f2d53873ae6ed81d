//! Reading the audit log: a page of it, both halves together, in either order.

use std::collections::VecDeque;
use std::net::IpAddr;

use auth::{Action, Caller};
use bytes::Bytes;
use domain::audit::{Outcome, Verb};
use domain::{AuditEntry, Error, Timestamp};
use meta::tables::audit::{self, Class};
use meta::{Entry, Scan};

use super::number_of;
use crate::Store;
use crate::failure::{damaged, engine_failed};

/// Rows of one read.
const PAGE: u32 = 1_000;

/// A question for one page.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Only entries of this moment or later.
    pub since: Option<Timestamp>,
    /// Only entries before this moment.
    pub before: Option<Timestamp>,
    /// Only entries beyond the one of this number, in the order that is asked for.
    pub after: Option<u64>,
    /// Whether the oldest comes first; the newest otherwise, which is quicker.
    pub oldest_first: bool,
    /// Most entries on the page.
    pub limit: usize,
    /// Which entries.
    pub filter: AuditFilter,
}

/// What entries must be; what is absent, they may be anyhow.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// The sort of action.
    pub verb: Option<Verb>,
    /// The operation's name.
    pub action: Option<String>,
    /// Whether it was done; if not, it was refused.
    pub done: Option<bool>,
    /// Of whom, by access key id.
    pub access_key_id: Option<String>,
    /// The bucket's name or the token's id.
    pub resource_id: Option<String>,
    /// From where.
    pub peer: Option<IpAddr>,
    /// The status of the reply to a refused request.
    pub status: Option<u16>,
}

/// One page of the log.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// Entries with their numbers.
    pub entries: Vec<(u64, AuditEntry)>,
    /// Whether there are more in the order that was asked for.
    pub more: bool,
}

impl AuditFilter {
    /// Asks an entry whose texts of any length need not be there.
    fn takes(&self, entry: &AuditEntry) -> bool {
        let status = match &entry.outcome {
            Outcome::Refused { status, .. } => Some(*status),
            Outcome::Done | Outcome::Dropped => None,
        };
        let peer = entry.origin.as_ref().and_then(|origin| origin.peer);
        self.verb.is_none_or(|verb| verb == entry.verb)
            && self.action.as_ref().is_none_or(|action| *action == entry.action)
            && self.done.is_none_or(|done| done == (entry.outcome == Outcome::Done))
            && self.access_key_id.as_ref().is_none_or(|id| entry.actor.access_key_id() == Some(id))
            && self.resource_id.as_ref().is_none_or(|id| entry.resource.id() == Some(id))
            && self.peer.is_none_or(|wanted| peer == Some(wanted))
            && self.status.is_none_or(|wanted| status == Some(wanted))
    }
}

/// A chosen row: its number and its key.
type Chosen = (u64, Bytes);

impl Store {
    /// One page of the audit log, what was noted a moment ago included.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; any error of the engine.
    pub async fn list_audit(&self, caller: &Caller, query: &AuditQuery) -> Result<AuditPage, Error> {
        caller.allow(Action::ReadAuditLog, None)?;
        if let Err(error) = self.flush_refusals(&Caller::System).await {
            tracing::warn!(%error, "refused requests could not be written to the audit log");
        }
        let mut chosen = Vec::new();
        for class in Class::ALL {
            chosen.extend(self.choose(class, query).await?);
        }
        chosen.sort_unstable_by_key(|(number, _)| if query.oldest_first { *number } else { !*number });
        let more = chosen.len() > query.limit;
        chosen.truncate(query.limit);
        let mut entries = Vec::with_capacity(chosen.len());
        for (number, key) in chosen {
            // none is there if it was rotated away meanwhile
            if let Some(row) = self.engine.get(&key).await.map_err(engine_failed)? {
                entries.push((number, audit::decode(&row.value).map_err(damaged)?));
            }
        }
        Ok(AuditPage { entries, more })
    }

    /// The first rows of a class that a query is for, and one more, if there is one.
    async fn choose(&self, class: Class, query: &AuditQuery) -> Result<VecDeque<Chosen>, Error> {
        let mut chosen = VecDeque::new();
        let Some((first, last)) = numbers(query) else { return Ok(chosen) };
        let mut range = audit::range(class, first, last);
        loop {
            let scan = Scan { range: range.clone(), limit: PAGE, fold: None };
            let page = self.engine.scan(scan).await.map_err(engine_failed)?;
            for entry in &page.entries {
                let (Entry::Row { key, head, .. }, Some(number)) = (entry, number_of(entry)) else {
                    continue;
                };
                range.start = [&key[..], &[0]].concat();
                if !query.filter.takes(&audit::decode_listed(head).map_err(damaged)?) {
                    continue;
                }
                chosen.push_back((number, key.clone()));
                if chosen.len() > query.limit + 1 {
                    // the oldest come last
                    chosen.pop_front();
                }
                if !query.oldest_first && chosen.len() > query.limit {
                    return Ok(chosen);
                }
            }
            if !page.more {
                return Ok(chosen);
            }
        }
    }
}

/// The numbers that a query is for, both ends included; `None` when there is none.
fn numbers(query: &AuditQuery) -> Option<(u64, u64)> {
    let mut first = query.since.map_or(0, audit::number_at);
    let mut last = match query.before {
        None => u64::MAX,
        Some(before) => audit::number_at(before).checked_sub(1)?,
    };
    match query.after {
        Some(number) if query.oldest_first => first = first.max(number.checked_add(1)?),
        Some(number) => last = last.min(number.checked_sub(1)?),
        None => {}
    }
    (first <= last).then_some((first, last))
}
