//! A token's row and what is held of it change together, one token operation at a time, also when whoever asked has left: then
//! the token cannot be used until the outcome is known.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use auth::SecretAccessKey;
use domain::Error;
use meta::tables::token::TokenRow;
use meta::{Check, EngineError, Write};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Store;
use crate::tokens::LastUse;

type Change = Pin<Box<dyn Future<Output = Result<(), EngineError>> + Send>>;

/// Turns of token operations, and changes whose requests were given up.
pub(crate) struct TokenWrites {
    turn: Semaphore,
    given_up: Mutex<VecDeque<Change>>,
}

impl Default for TokenWrites {
    fn default() -> Self {
        Self { turn: Semaphore::new(1), given_up: Mutex::default() }
    }
}

/// A change under way.
struct Going<'s> {
    store: &'s Store,
    id: String,
    change: Option<Change>,
}

impl Drop for Going<'_> {
    fn drop(&mut self) {
        let Some(change) = self.change.take() else { return };
        self.store.credentials.write().remove(&self.id);
        let given_up = &self.store.token_writes.given_up;
        given_up.lock().unwrap_or_else(PoisonError::into_inner).push_back(change);
        self.store.reclaim_wanted.notify_one();
    }
}

impl Store {
    /// The turn of one token operation, after all that was given up has come to its end.
    pub(super) async fn token_turn(&self) -> Result<SemaphorePermit<'_>, Error> {
        let turn = self.token_writes.turn.acquire().await.map_err(Error::internal)?;
        loop {
            let next = self.token_writes.given_up.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(change) = next else { return Ok(turn) };
            // given up again, it would be last in the queue: nothing else is in it, since this is the only turn
            let mut going = Going { store: self, id: String::new(), change: Some(change) };
            going.finish().await.ok();
        }
    }

    /// Brings changes to their end whose requests were given up.
    pub(crate) async fn settle_tokens(&self) -> Result<(), Error> {
        self.token_turn().await.map(drop)
    }

    pub(super) async fn write_token(
        &self,
        check: Check,
        writes: Vec<Write>,
        (row, secret): (TokenRow, Option<SecretAccessKey>),
        last_use: Arc<LastUse>,
    ) -> Result<(), EngineError> {
        let id = row.token.id.clone();
        self.change_token(check, writes, id, Some((row, secret, last_use))).await
    }

    pub(super) async fn remove_token(
        &self,
        check: Check,
        writes: Vec<Write>,
        id: &str,
    ) -> Result<(), EngineError> {
        self.change_token(check, writes, id.to_owned(), None).await
    }

    /// Commits the token's row and that of the audit log, and holds what was committed.
    async fn change_token(
        &self,
        check: Check,
        writes: Vec<Write>,
        id: String,
        after: Option<(TokenRow, Option<SecretAccessKey>, Arc<LastUse>)>,
    ) -> Result<(), EngineError> {
        let (engine, credentials) = (Arc::clone(&self.engine), self.credentials.clone());
        let batch = self.batch(vec![check], writes);
        let before = self.credentials.read().get(&id).cloned();
        let name = id.clone();
        let change = async move {
            let outcome = engine.commit(batch).await;
            let now = match &outcome {
                Ok(version) => {
                    after.map(|(row, secret, use_)| Arc::new(super::stored(row, secret, *version, use_)))
                }
                // nobody knows which it is: the next start will
                Err(EngineError::Io(_)) => None,
                Err(_) => before,
            };
            match now {
                Some(token) => credentials.write().insert(name, token),
                None => credentials.write().remove(&name),
            }
            outcome.map(drop)
        };
        Going { store: self, id, change: Some(Box::pin(change)) }.finish().await
    }
}

impl Going<'_> {
    async fn finish(&mut self) -> Result<(), EngineError> {
        let Some(change) = &mut self.change else { return Ok(()) };
        let outcome = change.await;
        self.change = None;
        outcome
    }
}
