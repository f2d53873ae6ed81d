//! Table `i`: jobs by bucket, and in one row which of them are under way.

use bytes::Bytes;
use domain::{BucketName, Job, JobId, JobKind, JobStatus, Timestamp};

use super::bucket::BucketId;
use super::codec::{Damaged, Decoder, Encoder};
use super::object::{decode_storage_class, storage_class_code};

const TABLE: &str = "job";
const VERSION: u8 = 1;
const TAG_PREFIX: u8 = 1;
const TAG_FROM: u8 = 2;
const TAG_TO: u8 = 3;
const TAG_FINISHED: u8 = 4;
const TAG_NEXT: u8 = 5;

const ACTIVE_TABLE: &str = "jobs under way";
const TAG_ACTIVE: u8 = 1;

/// A job's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// The job.
    pub job: Job,
    /// The commit that asked for it: what was written later is not its concern. 0 until it begins, when it is that of the row.
    pub asked: u64,
    /// The key of the first row that is not yet looked at; empty at the beginning.
    pub next: Vec<u8>,
}

/// A job that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveJob {
    /// Its bucket's id.
    pub bucket_id: BucketId,
    /// Its bucket's name.
    pub bucket: BucketName,
    /// Its id.
    pub id: JobId,
}

/// The key of the row that has the jobs under way.
#[must_use]
pub fn active_key() -> Vec<u8> {
    b"i".to_vec()
}

/// The prefix of a bucket's jobs.
#[must_use]
pub fn bucket_prefix(bucket: BucketId) -> Vec<u8> {
    [b"i".as_slice(), &bucket.0.to_be_bytes()].concat()
}

/// The key of a job's row.
#[must_use]
pub fn key(bucket: BucketId, id: JobId) -> Vec<u8> {
    [&bucket_prefix(bucket)[..], &id.0].concat()
}

/// The job's id in a row's key.
///
/// # Errors
/// [`Damaged`].
pub fn id_of(key: &[u8]) -> Result<JobId, Damaged> {
    let id = key.get(9..).and_then(|bytes| bytes.try_into().ok());
    id.map(JobId).ok_or(Damaged { table: TABLE, what: "key" })
}

impl JobRow {
    /// The row's value.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let job = &self.job;
        let status = match job.status {
            JobStatus::Enqueued => 1,
            JobStatus::Running => 2,
            JobStatus::Completed => 3,
            JobStatus::Failed => 4,
        };
        let mut out = Encoder::new(VERSION).u8(status).i64(job.created.as_millis());
        out = out.u64(self.asked).u64(job.done).u64(job.locked).u64(job.damaged);
        match &job.kind {
            JobKind::PrefixDelete { prefix } => out.text(TAG_PREFIX, Some(prefix)),
            JobKind::StorageClassMigration { from, to } => {
                out.field(TAG_FROM, &[storage_class_code(*from)]);
                out.field(TAG_TO, &[storage_class_code(*to)]);
            }
        }
        if let Some(finished) = job.finished {
            out.field(TAG_FINISHED, &finished.as_millis().to_le_bytes());
        }
        if !self.next.is_empty() {
            out.field(TAG_NEXT, &self.next);
        }
        out.finish()
    }

    /// Reads the value of the job's row.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn decode(id: JobId, value: &[u8]) -> Result<Self, Damaged> {
        let mut decoder = Decoder::new(TABLE, VERSION, value)?;
        let status = match decoder.u8()? {
            1 => JobStatus::Enqueued,
            2 => JobStatus::Running,
            3 => JobStatus::Completed,
            4 => JobStatus::Failed,
            _ => return Err(decoder.damaged("status")),
        };
        let created = Timestamp::from_millis(decoder.i64()?);
        let asked = decoder.u64()?;
        let (done, locked, damaged) = (decoder.u64()?, decoder.u64()?, decoder.u64()?);
        let (mut prefix, mut from, mut to, mut finished, mut next) = (None, None, None, None, Vec::new());
        while let Some((tag, bytes)) = decoder.field()? {
            match tag {
                TAG_PREFIX => prefix = Some(decoder.utf8(bytes)?),
                TAG_FROM => from = Some(decode_storage_class(&decoder, bytes)?),
                TAG_TO => to = Some(decode_storage_class(&decoder, bytes)?),
                TAG_FINISHED => {
                    let millis = bytes.try_into().map_err(|_| decoder.damaged("time"))?;
                    finished = Some(Timestamp::from_millis(i64::from_le_bytes(millis)));
                }
                TAG_NEXT => next = bytes.to_vec(),
                _ => {}
            }
        }
        let kind = match (prefix, from, to) {
            (Some(prefix), None, None) => JobKind::PrefixDelete { prefix },
            (None, Some(from), Some(to)) => JobKind::StorageClassMigration { from, to },
            _ => return Err(decoder.damaged("kind")),
        };
        let job = Job { id, kind, status, created, finished, done, locked, damaged };
        Ok(Self { job, asked, next })
    }
}

/// The value of the jobs under way.
#[must_use]
pub fn encode_active(jobs: &[ActiveJob]) -> Bytes {
    let mut out = Encoder::new(VERSION);
    for job in jobs {
        let name = job.bucket.as_str().as_bytes();
        out.field(TAG_ACTIVE, &[&job.bucket_id.0.to_be_bytes(), &job.id.0[..], name].concat());
    }
    out.finish()
}

/// Reads the jobs under way.
///
/// # Errors
/// [`Damaged`].
pub fn decode_active(value: &[u8]) -> Result<Vec<ActiveJob>, Damaged> {
    let mut decoder = Decoder::new(ACTIVE_TABLE, VERSION, value)?;
    let mut jobs = Vec::new();
    while let Some((_, bytes)) = decoder.field()? {
        let job = || {
            let (bucket_id, rest) = bytes.split_first_chunk::<8>()?;
            let (id, name) = rest.split_first_chunk::<16>()?;
            let bucket = BucketName::parse(std::str::from_utf8(name).ok()?).ok()?;
            Some(ActiveJob { bucket_id: BucketId(u64::from_be_bytes(*bucket_id)), bucket, id: JobId(*id) })
        };
        jobs.push(job().ok_or(decoder.damaged("job"))?);
    }
    Ok(jobs)
}
