//! An engine whose commits have the fate that a test plans for them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use meta::{Batch, BoxFuture, Engine, EngineError, Group, Page, Row, Scan, Totals, Version};
use tokio::sync::watch;

/// What becomes of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitFate {
    /// The engine below decides.
    Passed,
    /// It is answered with this error and has no effect.
    Refused(EngineError),
    /// The engine below decides, and whatever it says, the answer is this error.
    AnswerLost(EngineError),
    /// It waits for [`FaultyEngine::release`], then the engine below decides.
    Held,
    /// The engine below decides at once; the answer waits for [`FaultyEngine::release`].
    AnswerHeld,
}

type Plan = Box<dyn FnMut(&Batch) -> CommitFate + Send>;

/// An [`Engine`] over another, with planned faults. Without a plan it does nothing of its own, except that each commit gives
/// way to other tasks once, as that of a real engine would: races are then run in tests, too.
pub struct FaultyEngine {
    inner: Arc<dyn Engine>,
    plan: Mutex<Option<Plan>>,
    reads: Mutex<Option<EngineError>>,
    held_read: Mutex<Option<Vec<u8>>>,
    gate: watch::Sender<Gate>,
    scanned: AtomicU64,
}

#[derive(Clone, Copy, Default)]
struct Gate {
    /// Commits and reads that have come to the gate so far.
    arrived: u64,
    /// Of these, how many may pass.
    released: u64,
}

impl FaultyEngine {
    /// Wraps an engine.
    #[must_use]
    pub fn new(inner: Arc<dyn Engine>) -> Self {
        let gate = watch::Sender::new(Gate::default());
        let (plan, reads, held_read) = (Mutex::new(None), Mutex::new(None), Mutex::new(None));
        Self { inner, plan, reads, held_read, gate, scanned: AtomicU64::new(0) }
    }

    /// Decides the fate of each commit from now on.
    pub fn plan(&self, plan: impl FnMut(&Batch) -> CommitFate + Send + 'static) {
        *self.plan.lock().expect("no plan panics") = Some(Box::new(plan));
    }

    /// Lets every commit pass from now on; those that are held stay so.
    pub fn clear_plan(&self) {
        *self.plan.lock().expect("no plan panics") = None;
    }

    /// Fails every read from now on, or none.
    pub fn fail_reads(&self, error: Option<EngineError>) {
        *self.reads.lock().expect("nothing panics under this lock") = error;
    }

    /// Holds the answer of the next read of one row whose key begins with `prefix`, as commits are held.
    pub fn hold_read(&self, prefix: &[u8]) {
        *self.held_read.lock().expect("nothing panics under this lock") = Some(prefix.to_vec());
    }

    /// Entries that scans have returned since the beginning.
    pub fn scanned(&self) -> u64 {
        self.scanned.load(Ordering::SeqCst)
    }

    /// Lets those go on that are held now.
    pub fn release(&self) {
        self.gate.send_modify(|gate| gate.released = gate.arrived);
    }

    /// Waits until `n` commits and reads have been held since the beginning.
    ///
    /// # Panics
    /// Never: the gate lives as long as `self`.
    pub async fn wait_for_held(&self, n: u64) {
        let mut gate = self.gate.subscribe();
        gate.wait_for(|gate| gate.arrived >= n).await.expect("the sender is borrowed");
    }

    fn fate(&self, batch: &Batch) -> CommitFate {
        let mut plan = self.plan.lock().expect("no plan panics");
        plan.as_mut().map_or(CommitFate::Passed, |plan| plan(batch))
    }

    async fn held(&self) {
        let mut gate = self.gate.subscribe();
        let mut number = 0;
        self.gate.send_modify(|gate| {
            gate.arrived += 1;
            number = gate.arrived;
        });
        gate.wait_for(|gate| gate.released >= number).await.expect("the sender is borrowed");
    }

    fn check_reads(&self) -> Result<(), EngineError> {
        self.reads.lock().expect("nothing panics under this lock").clone().map_or(Ok(()), Err)
    }
}

impl Engine for FaultyEngine {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Row>, EngineError>> {
        Box::pin(async move {
            self.check_reads()?;
            let row = self.inner.get(key).await;
            let held = |prefix: &mut Vec<u8>| key.starts_with(prefix);
            let held = self.held_read.lock().expect("nothing panics under this lock").take_if(held);
            if held.is_some() {
                self.held().await;
            }
            row
        })
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, EngineError>> {
        Box::pin(async move {
            self.check_reads()?;
            let page = self.inner.scan(scan).await?;
            self.scanned.fetch_add(page.entries.len() as u64, Ordering::SeqCst);
            Ok(page)
        })
    }

    fn totals(&self, group: Group) -> BoxFuture<'_, Result<Totals, EngineError>> {
        Box::pin(async move {
            self.check_reads()?;
            self.inner.totals(group).await
        })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Version, EngineError>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            match self.fate(&batch) {
                CommitFate::Passed => self.inner.commit(batch).await,
                CommitFate::Refused(error) => Err(error),
                CommitFate::AnswerLost(error) => self.inner.commit(batch).await.and(Err(error)),
                CommitFate::Held => {
                    self.held().await;
                    self.inner.commit(batch).await
                }
                CommitFate::AnswerHeld => {
                    let answer = self.inner.commit(batch).await;
                    self.held().await;
                    answer
                }
            }
        })
    }
}
