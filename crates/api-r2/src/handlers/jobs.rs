//! Jobs on a bucket's objects: asked for and looked up. The store does them behind the requests.

use domain::{ConfigurationError, Error, JobId};
use exchange::Incoming;
use http::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use store::JobQuery;

use super::refused_member;
use crate::call::{Call, Reply};
use crate::document;
use crate::error::{Failure, R2Error};
use crate::error_code::R2ErrorCode as Code;
use crate::wire::job::{Descriptor, JobType, Jobs, NewJob, Status, prefix_delete};

/// Most bytes of a job's document.
const DOCUMENT_MAX_BYTES: usize = 16 * 1024;
/// Most jobs of a page, and as many as there are without `maxKeys`.
const PAGE_MAX: usize = 1_000;

pub(super) async fn create(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let document = document::read::<NewJob>(body, DOCUMENT_MAX_BYTES).await?;
    let kind = document.check().map_err(refused_member)?;
    let job = call.store().start_job(call.caller, call.bucket()?, &kind).await?;
    Reply::result(Descriptor::from(&job))
}

/// What R2 had before there were jobs: deleting objects by a prefix.
pub(super) async fn delete_prefix(call: &Call<'_>, prefix: &str) -> Result<Reply, Failure> {
    let kind = prefix_delete(prefix.to_owned()).map_err(R2Error::invalid_argument)?;
    let job = call.store().start_job(call.caller, call.bucket()?, &kind).await?;
    let mut reply = Reply::result(Descriptor::from(&job))?;
    reply.headers.insert(HeaderName::from_static("deprecation"), HeaderValue::from_static("true"));
    Ok(reply)
}

pub(super) async fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    let kind = named::<JobType>(call, "jobType", "prefixDelete or storageClassMigration")?;
    let statuses = "ENQUEUED, RUNNING, COMPLETED, FAILED or CANCELLED";
    let status = named::<Status>(call, "status", statuses)?;
    if status.is_some() && kind.is_none() {
        return Err(R2Error::invalid_argument("status needs jobType beside it.").into());
    }
    let limit = match call.query.get("maxKeys").map(str::parse) {
        None => PAGE_MAX,
        Some(Ok(count @ 1..=PAGE_MAX)) => count,
        Some(_) => return Err(R2Error::new(Code::InvalidMaxKeys).into()),
    };
    let before = match call.query.get("continuationToken").filter(|token| !token.is_empty()) {
        None => None,
        Some(token) => Some(JobId::parse(token).ok_or_else(|| {
            R2Error::invalid_argument("continuationToken is none that this list gave out.")
        })?),
    };
    let deletes = kind.map(|kind| kind == JobType::PrefixDelete);
    // none is ever given up
    let nothing = status == Some(Status::Cancelled);
    let query = JobQuery { deletes, status: status.and_then(Into::into), before, limit };
    let (mut jobs, mut more) = call.store().list_jobs(call.caller, call.bucket()?, &query).await?;
    if nothing {
        (jobs, more) = (Vec::new(), false);
    }
    let next_continuation_token = jobs.last().filter(|_| more).map(|job| job.id.to_string());
    Reply::result(Jobs { jobs: jobs.iter().map(Descriptor::from).collect(), next_continuation_token })
}

pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let id = JobId::parse(call.item()).ok_or(Error::from(ConfigurationError::NoSuchJob))?;
    Reply::result(Descriptor::from(&call.store().job(call.caller, call.bucket()?, id).await?))
}

/// A parameter that is one of a few names.
fn named<T: DeserializeOwned>(call: &Call<'_>, name: &str, names: &str) -> Result<Option<T>, R2Error> {
    let Some(text) = call.query.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let found = serde_json::from_value(serde_json::Value::from(text));
    found.map(Some).map_err(|_| R2Error::invalid_argument(format!("{name} is {names}.")))
}
