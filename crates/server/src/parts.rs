//! Makes the store out of its parts: the folder, the commit log with its index, the large bodies.

use std::sync::Arc;

use blob::file::FileBlobs;
use disk::{Disk, LocalDisk};
use domain::Random as _;
use meta_embedded::{EmbeddedEngine, FjallIndex};
use store::{Credentials, Parts, Store};

use crate::encryption_keys::token_keys;
use crate::{Config, StartError, SystemClock, SystemRandom};

/// The folder of the index: disposable, made again from the log.
const INDEX: &str = "index";
/// Most bytes of one batch of the log; the writer keeps a buffer of that size. Larger ones are no faster with bodies up to
/// 1 MiB, where hashing decides.
const LOG_BATCH_BYTES: u64 = 4 * 1024 * 1024;
/// Bytes of one write of a large body; each upload keeps two such buffers.
const BLOB_CHUNK_BYTES: usize = 256 * 1024;

/// The store and the engine under it, which needs upkeep.
pub(crate) struct Opened {
    pub(crate) store: Arc<Store>,
    pub(crate) engine: Arc<EmbeddedEngine>,
}

/// Opens everything on a data folder, recovery included.
///
/// # Errors
/// [`StartError::Data`].
pub(crate) async fn open(
    config: &Config,
    disk: Arc<LocalDisk>,
    credentials: Credentials,
) -> Result<Opened, StartError> {
    let refuse = |what: String| StartError::data(&config.data, what);
    let opening = config.clone();
    let (port, own): (Arc<dyn Disk>, _) = (disk.clone(), disk.clone());
    let opened = tokio::task::spawn_blocking(move || open_disks(&opening, &disk, port)).await;
    let (engine, blobs) = opened.map_err(|error| refuse(error.to_string()))?.map_err(refuse)?;
    log_recovery(&engine);
    let parts =
        Parts { engine: engine.clone(), blobs, clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) };
    let settings = store::Settings {
        inline_max_bytes: config.inline_max_bytes,
        upload_memory_bytes: config.upload_memory_bytes,
        audit: config.audit,
        keep_orphans: engine.stats().damaged_segments > 0,
        ..Default::default()
    };
    let store = Store::open(parts, credentials, settings, config.account_id.clone()).await;
    let store = store.map_err(|error| refuse(error.to_string()))?;
    let mut store = store.with_key_rates(config.key_rates.clone());
    if let Some(keys) = &config.encryption_keys {
        store = store.with_keyring(keys.read()?);
    }
    let token_keys = token_keys(config.encryption_keys.as_ref(), &*own, &config.data)?;
    let store = store.with_tokens(token_keys).await.map_err(|error| refuse(error.to_string()))?;
    Ok(Opened { store: Arc::new(store), engine })
}

fn open_disks(
    config: &Config,
    disk: &LocalDisk,
    port: Arc<dyn Disk>,
) -> Result<(Arc<EmbeddedEngine>, Arc<FileBlobs>), String> {
    let index = FjallIndex::new(disk.root().join(INDEX), config.index_cache_bytes);
    let mut nonce = [0; 16];
    SystemRandom.fill(&mut nonce);
    let settings = meta_embedded::Settings {
        segment_bytes: config.segment_bytes,
        reserve_bytes: config.reserve_free_bytes / 2,
        nonce,
        batch_max_bytes: LOG_BATCH_BYTES,
        ..Default::default()
    };
    let engine =
        EmbeddedEngine::open(Arc::clone(&port), Box::new(index), settings).map_err(|e| e.to_string())?;
    let settings =
        blob::file::Settings { reserve_free_bytes: config.reserve_free_bytes, chunk_bytes: BLOB_CHUNK_BYTES };
    let blobs = FileBlobs::open(port, Arc::new(SystemRandom), settings).map_err(|e| e.to_string())?;
    Ok((engine, Arc::new(blobs)))
}

fn log_recovery(engine: &EmbeddedEngine) {
    let report = engine.report();
    tracing::debug!(?report, "the log is read");
}
