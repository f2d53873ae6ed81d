//! The object store itself: buckets, objects, credentials, reclaim. The only caller of meta and blob.
//!
//! Every method takes the [`Caller`] first and asks it on its first line. Bytes are verified before they can be seen;
//! one commit is a request's only moment of effect.

mod audit;
mod buckets;
mod configuration;
mod credentials;
mod failure;
mod hashing;
mod integrity;
mod jobs;
mod lifecycle;
mod notes;
mod notifications;
mod objects;
mod pieces;
mod pins;
mod plan;
mod quotas;
mod rate_limits;
mod reclaim;
mod sealing;
mod settings;
mod tokens;
mod unsettled;
mod upload;
mod uploads;

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use auth::{Action, Caller};
use blob::{BlobId, BlobStore};
use buffers::Pool;
use bytes::Bytes;
use domain::limits::{BUCKETS_MAX, PART_MIN_BYTES};
use domain::{AccountId, Clock, Encryption, Error, Random};
use meta::engine::BODY_MAX_BYTES;
use meta::{Batch, Check, Engine, EngineError, Write, WriteId};
use seal::Keyring;
use tokio::sync::{Notify, Semaphore};

pub use audit::{AuditFilter, AuditPage, AuditQuery, AuditSettings, Refusal, Refusals};
pub use buckets::{Bucket, BucketPage, BucketQuery};
pub use configuration::DomainChange;
pub use credentials::{Credentials, Found};
pub use integrity::Integrity;
pub use jobs::{JobQuery, JobRound, JobStep};
pub use lifecycle::{LifecycleReport, LifecycleRound, LifecycleStep};
pub use meta::tables::bucket::BucketSettings;
pub use meta::tables::totals::{BucketTotals, ClassTotals};
pub use meta::tables::version::Note;
pub use notes::VersionRef;
pub use notifications::{BucketNotifications, NewNotification, QueueNotifications};
pub use objects::{
    Copied, CopyObject, CopySource, DeleteObject, DeleteOutcome, GetObject, NotServed, Object, ObjectBody,
    PutObject,
};
pub use plan::Deleted;
pub use rate_limits::KeyRates;
pub use sealing::CustomerKey;
pub use tokens::{TOKENS_MAX, TokenChange, TokenValue};
pub use upload::{BodySource, BoxFuture};
pub use uploads::{
    CompleteUpload, Completed, CopyPart, CreateUpload, Part, PartPage, PutPart, Upload, UploadEntry,
    UploadPage, UploadPosition, UploadQuery,
};

use failure::{damaged, engine_failed};
use pins::Pins;
use unsettled::Leftover;

/// How the store behaves; data, not parts.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Bodies up to this many bytes ride in the commit, larger ones become blobs; at most [`BODY_MAX_BYTES`].
    pub inline_max_bytes: u64,
    /// Bytes of bodies that may wait in memory for their commit; beyond it, bodies become blobs whatever their size.
    pub upload_memory_bytes: u64,
    /// Blobs that may be written at the same time: each costs its writer's buffers. Further uploads wait for their turn.
    pub blob_writers_max: usize,
    /// Fewest bytes of a part that is not the last of its upload.
    pub part_min_bytes: u64,
    /// Most buckets of the account.
    pub buckets_max: u64,
    /// Whether blobs that no row names are kept instead of swept: for when rows may have been lost, since such a blob may
    /// then be the only rest of an object.
    pub keep_orphans: bool,
    /// What of the audit log is kept.
    pub audit: AuditSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            inline_max_bytes: 1024 * 1024,
            upload_memory_bytes: 48 * 1024 * 1024,
            blob_writers_max: 256,
            part_min_bytes: PART_MIN_BYTES,
            buckets_max: BUCKETS_MAX,
            keep_orphans: false,
            audit: AuditSettings::default(),
        }
    }
}

/// The parts a store is made of.
pub struct Parts {
    /// Rows and small bodies.
    pub engine: Arc<dyn Engine>,
    /// Large bodies.
    pub blobs: Arc<dyn BlobStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
}

/// The object store of one account.
pub struct Store {
    engine: Arc<dyn Engine>,
    blobs: Arc<dyn BlobStore>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    settings: Settings,
    account: AccountId,
    credentials: Credentials,
    upload_memory: Arc<Semaphore>,
    upload_buffers: Arc<Pool>,
    /// For what is opened on its way out.
    opened_buffers: Arc<Pool>,
    keyring: Option<Arc<Keyring>>,
    /// What seals the secrets of tokens.
    token_keys: Option<Keyring>,
    token_writes: tokens::TokenWrites,
    audit: audit::AuditLog,
    rate_limits: rate_limits::RateLimits,
    blob_writers: Arc<Semaphore>,
    /// Who reads contents of several blobs.
    pins: Arc<Pins>,
    /// Blobs that are being written, or whose commit is under way: the sweep leaves them alone.
    unsettled: Mutex<HashSet<BlobId>>,
    /// Blobs of uploads that came to nothing, or whose client left during the commit: reclaim settles them.
    leftovers: Mutex<VecDeque<Leftover>>,
    reclaim_wanted: Notify,
    jobs_wanted: Notify,
}

/// Bytes that the longest body in a row may grow by when it is encrypted.
const SEAL_OVERHEAD_BYTES: u64 = 4 * 1024;
/// Buffers for opened bytes that are kept for later reads: 10 MiB.
const OPENED_KEPT_MAX: usize = 32;
/// A permit of `upload_memory` stands for this many bytes.
const MEMORY_UNIT_BYTES: u64 = 16 * 1024;

impl Store {
    /// Opens the store; makes the account at first start, with `wanted_account` as its id if given.
    ///
    /// # Errors
    /// [`Error::Internal`] when another account is there already; any error of the engine.
    pub async fn open(
        parts: Parts,
        credentials: Credentials,
        mut settings: Settings,
        wanted_account: Option<AccountId>,
    ) -> Result<Self, Error> {
        let account = open_account(&parts, wanted_account).await?;
        let audit = audit::AuditLog::open(&*parts.engine, settings.audit).await?;
        let rate_limits = rate_limits::RateLimits::open(&*parts.engine).await?;
        settings.inline_max_bytes = settings.inline_max_bytes.min(BODY_MAX_BYTES - SEAL_OVERHEAD_BYTES);
        let units = usize::try_from(settings.upload_memory_bytes / MEMORY_UNIT_BYTES).unwrap_or(usize::MAX);
        let permits = |n: usize| Arc::new(Semaphore::new(n.min(Semaphore::MAX_PERMITS)));
        Ok(Self {
            engine: parts.engine,
            blobs: parts.blobs,
            clock: parts.clock,
            random: parts.random,
            settings,
            account,
            credentials,
            upload_memory: permits(units),
            upload_buffers: pieces::pool(),
            opened_buffers: Pool::new(sealing::OPENED_MAX_BYTES, OPENED_KEPT_MAX),
            keyring: None,
            token_keys: None,
            token_writes: tokens::TokenWrites::default(),
            audit,
            rate_limits,
            blob_writers: permits(settings.blob_writers_max),
            pins: Arc::default(),
            unsettled: Mutex::new(HashSet::new()),
            leftovers: Mutex::new(VecDeque::new()),
            reclaim_wanted: Notify::new(),
            jobs_wanted: Notify::new(),
        })
    }

    /// Encrypts new bodies with the server's own keys, and opens what was encrypted with them before.
    #[must_use]
    pub fn with_keyring(self, keyring: Keyring) -> Self {
        Self { keyring: Some(Arc::new(keyring)), ..self }
    }

    /// Limits the requests of access keys.
    #[must_use]
    pub fn with_key_rates(mut self, rates: KeyRates) -> Self {
        self.rate_limits.of_keys = rates;
        self
    }

    /// How bodies are encrypted that come without a key of the customer's.
    #[must_use]
    pub fn encryption(&self) -> Option<Encryption> {
        self.keyring.as_ref().map(|_| Encryption::Server)
    }

    /// The account that owns everything here.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Who may call.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    fn new_write_id(&self) -> WriteId {
        let mut id = [0; 16];
        self.random.fill(&mut id);
        WriteId(id)
    }

    fn batch(&self, checks: Vec<Check>, writes: Vec<Write>) -> Batch {
        Batch { write_id: self.new_write_id(), checks, writes }
    }

    async fn commit(&self, checks: Vec<Check>, writes: Vec<Write>) -> Result<u64, EngineError> {
        self.engine.commit(self.batch(checks, writes)).await
    }

    /// Whether the store answers: reads one row.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; any error of the engine.
    pub async fn probe(&self, caller: &Caller) -> Result<(), Error> {
        caller.allow(Action::Reclaim, None)?;
        self.engine.get(&meta::tables::account::key()).await.map(|_| ()).map_err(engine_failed)
    }
}

async fn open_account(parts: &Parts, wanted: Option<AccountId>) -> Result<AccountId, Error> {
    use meta::tables::account;
    let key = account::key();
    if let Some(row) = parts.engine.get(&key).await.map_err(engine_failed)? {
        let found = account::decode(&row.value).map_err(damaged)?;
        return match wanted {
            Some(wanted) if wanted != found => Err(Error::internal(format!(
                "the data belongs to account {found}, the configuration names {wanted}"
            ))),
            _ => Ok(found),
        };
    }
    let id = match wanted {
        Some(id) => id,
        None => AccountId::parse(&domain::random::hex::<16>(&*parts.random)).map_err(Error::internal)?,
    };
    let mut write_id = WriteId([0; 16]);
    parts.random.fill(&mut write_id.0);
    let put = put_row(key.clone(), account::encode(&id));
    let batch = Batch { write_id, checks: vec![Check::Absent(key)], writes: vec![put] };
    parts.engine.commit(batch).await.map_err(engine_failed)?;
    Ok(id)
}

/// Creates or replaces a row that has no body and names nothing outside the engine.
fn put_row(key: Vec<u8>, value: Bytes) -> Write {
    Write::Put { key, value, body: None, external: false, displaced_to: None }
}

/// Removes such a row.
fn delete_row(key: Vec<u8>) -> Write {
    Write::Delete { key, displaced_to: None }
}
