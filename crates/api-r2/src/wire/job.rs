//! Jobs on a bucket's objects.
//!
//! Spec: Cloudflare API, R2, jobs; the members of a descriptor beside `id` and `status` are not known.

use domain::limits::KEY_MAX_BYTES;
use domain::{Job, JobKind, JobStatus, StorageClass};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StorageClassName;

/// A job to be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "jobType", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum NewJob {
    /// Deletes objects.
    PrefixDelete {
        /// Those whose keys begin with this: it ends in `/`, or is empty for all.
        #[schemars(regex(pattern = r"^$|/$"))]
        prefix: String,
    },
    /// Moves objects to another storage class.
    StorageClassMigration {
        /// Those of this class; `InfrequentAccess` when both are absent.
        #[serde(default)]
        source_storage_class: Option<StorageClassName>,
        /// Where to; `Standard` when both are absent.
        #[serde(default)]
        destination_storage_class: Option<StorageClassName>,
    },
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum JobType {
    /// Deletes objects.
    PrefixDelete,
    /// Moves objects to another storage class.
    StorageClassMigration,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(rename = "JobStatus")]
pub enum Status {
    /// It has not begun.
    Enqueued,
    /// It is under way.
    Running,
    /// Everything is done.
    Completed,
    /// It came to its end, and some of it could not be done.
    Failed,
    /// It was given up, which no job is here.
    Cancelled,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Job")]
pub struct Descriptor {
    /// 32 hexadecimal characters.
    pub id: String,
    /// What it does.
    pub job_type: JobType,
    /// Where it stands.
    pub status: Status,
    /// Whose objects it deletes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The class that it moves objects from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_storage_class: Option<StorageClassName>,
    /// Where to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_storage_class: Option<StorageClassName>,
    /// ISO 8601 with milliseconds.
    pub created_at: String,
    /// The same of its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Objects that were deleted or moved.
    pub processed_objects: u64,
    /// Objects that a lock kept, or that are damaged.
    pub skipped_objects: u64,
    /// Why some were skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A page of jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Jobs {
    /// The newest first.
    pub jobs: Vec<Descriptor>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_continuation_token: Option<String>,
}

impl NewJob {
    /// Checks it.
    ///
    /// # Errors
    /// Where in the document a fault is, and how to mend it.
    pub fn check(self) -> Result<JobKind, (&'static str, String)> {
        match self {
            Self::PrefixDelete { prefix } => prefix_delete(prefix).map_err(|text| ("/prefix", text)),
            Self::StorageClassMigration { source_storage_class, destination_storage_class } => {
                let (from, to) = match (source_storage_class, destination_storage_class) {
                    (None, None) => (StorageClass::StandardIa, StorageClass::Standard),
                    (Some(from), Some(to)) => (from.into(), to.into()),
                    _ => {
                        let text = "Send both sourceStorageClass and destinationStorageClass, or neither.";
                        return Err(("", text.to_owned()));
                    }
                };
                if from == to {
                    let text = "The two storage classes are the same.";
                    return Err(("/destinationStorageClass", text.to_owned()));
                }
                Ok(JobKind::StorageClassMigration { from, to })
            }
        }
    }
}

/// A job that deletes what begins with a prefix.
///
/// # Errors
/// How to mend the prefix.
pub fn prefix_delete(prefix: String) -> Result<JobKind, String> {
    if !prefix.is_empty() && !prefix.ends_with('/') {
        return Err("A prefix ends in /. An empty one stands for all objects.".to_owned());
    }
    if prefix.len() > KEY_MAX_BYTES {
        return Err(format!("A prefix has at most {KEY_MAX_BYTES} bytes."));
    }
    Ok(JobKind::PrefixDelete { prefix })
}

impl From<Status> for Option<JobStatus> {
    fn from(status: Status) -> Self {
        match status {
            Status::Enqueued => Some(JobStatus::Enqueued),
            Status::Running => Some(JobStatus::Running),
            Status::Completed => Some(JobStatus::Completed),
            Status::Failed => Some(JobStatus::Failed),
            Status::Cancelled => None,
        }
    }
}

impl From<&Job> for Descriptor {
    fn from(job: &Job) -> Self {
        let status = match job.status {
            JobStatus::Enqueued => Status::Enqueued,
            JobStatus::Running => Status::Running,
            JobStatus::Completed => Status::Completed,
            JobStatus::Failed => Status::Failed,
        };
        let (job_type, prefix, classes) = match &job.kind {
            JobKind::PrefixDelete { prefix } => (JobType::PrefixDelete, Some(prefix.clone()), None),
            JobKind::StorageClassMigration { from, to } => {
                (JobType::StorageClassMigration, None, Some((*from, *to)))
            }
        };
        let error = (job.locked + job.damaged > 0).then(|| {
            let Job { locked, damaged, .. } = job;
            format!("Locks keep {locked} of the objects, and {damaged} are damaged.")
        });
        Self {
            id: job.id.to_string(),
            job_type,
            status,
            prefix,
            source_storage_class: classes.map(|(from, _)| from.into()),
            destination_storage_class: classes.map(|(_, to)| to.into()),
            created_at: job.created.to_string(),
            finished_at: job.finished.map(|at| at.to_string()),
            processed_objects: job.done,
            skipped_objects: job.locked + job.damaged,
            error,
        }
    }
}
