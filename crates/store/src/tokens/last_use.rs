//! When tokens were last used. Requests note it in memory; a round now and then writes what is new, so that no request writes for
//! it and a token costs a row in some minutes at most. What a crash takes is what was noted since.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::{Error, Timestamp};
use meta::tables::token::{self, decode_last_use, encode_last_use};
use meta::{Entry, KeyRange, Scan};

use crate::failure::{damaged, engine_failed};
use crate::tokens::PAGE;
use crate::{Store, put_row};

/// A last use that is not known.
const NEVER: i64 = i64::MIN;

/// When one token was last used, and what of that is kept; milliseconds since 1970.
#[derive(Debug)]
pub(crate) struct LastUse {
    at: AtomicI64,
    kept: AtomicI64,
}

impl Default for LastUse {
    fn default() -> Self {
        Self { at: AtomicI64::new(NEVER), kept: AtomicI64::new(NEVER) }
    }
}

impl LastUse {
    /// Notes a use; of several at once, the latest stays.
    pub(crate) fn note(&self, now: Timestamp) {
        self.at.fetch_max(now.as_millis(), Ordering::Relaxed);
    }

    /// When it was.
    pub(crate) fn get(&self) -> Option<Timestamp> {
        Some(self.at.load(Ordering::Relaxed)).filter(|at| *at != NEVER).map(Timestamp::from_millis)
    }

    /// What is not kept yet.
    fn fresh(&self) -> Option<Timestamp> {
        self.get().filter(|at| at.as_millis() > self.kept.load(Ordering::Relaxed))
    }

    fn keep(&self, at: Timestamp) {
        self.note(at);
        self.kept.fetch_max(at.as_millis(), Ordering::Relaxed);
    }
}

impl Store {
    /// Reads what is kept, at start.
    pub(super) async fn read_last_uses(&self) -> Result<(), Error> {
        let mut range = KeyRange::prefix(&token::last_use_prefix());
        loop {
            let scan = Scan { range: range.clone(), limit: PAGE, fold: None };
            let page = self.engine.scan(scan).await.map_err(engine_failed)?;
            for entry in &page.entries {
                let Entry::Row { key, head, .. } = entry else { continue };
                range.start = [&key[..], &[0]].concat();
                let (id, at) = decode_last_use(key, head).map_err(damaged)?;
                if let Some(token) = self.credentials.read().get(&id) {
                    token.last_use.keep(at);
                }
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    /// Writes what was noted since the last time, in one commit; nothing when there is nothing new.
    pub(crate) async fn write_last_uses(&self) -> Result<(), Error> {
        // no token is deleted meanwhile, so no row is left of one that is gone
        let _turn = self.token_turn().await?;
        let fresh: Vec<_> = {
            let tokens = self.credentials.read();
            let fresh = tokens.values().filter_map(|token| Some((token.clone(), token.last_use.fresh()?)));
            fresh.collect()
        };
        if fresh.is_empty() {
            return Ok(());
        }
        let row = |id: &str, at| put_row(token::last_use_key(id), encode_last_use(at));
        let writes = fresh.iter().map(|(token, at)| row(&token.row.token.id, *at)).collect();
        self.commit(Vec::new(), writes).await.map_err(engine_failed)?;
        for (token, at) in fresh {
            token.last_use.keep(at);
        }
        Ok(())
    }
}
