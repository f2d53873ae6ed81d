//! What each operation does: input and body to a store call, its outcome to a reply.

mod account;
mod audit;
mod buckets;
mod cors;
mod domains;
mod jobs;
mod lifecycle;
mod limits;
mod local_uploads;
mod locks;
mod notifications;
mod object;
mod objects;
mod queues;
mod sippy;
mod storage;
mod temporary;
mod tokens;
mod zones;

use exchange::Incoming;

use crate::call::{Call, Reply};
use crate::envelope::ResultInfo;
use crate::error::{Failure, R2Error};
use crate::error_code::R2ErrorCode as Code;
use crate::route::Operation;
use crate::wire::RuleFault;

/// Runs the operation of a request.
///
/// # Errors
/// The operation's own.
#[rustfmt::skip] // a name to a line would hide the table
pub(crate) async fn run(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    use Operation::*;
    if call.route.bucket.is_some() && call.route.operation != PutBucket {
        call.expect_our_jurisdiction()?;
    }
    match call.route.operation {
        GetApiDocument => Ok(call.door.document()),
        GetUser => account::user(),
        VerifyToken => tokens::verify(call).await,
        ListTokens => tokens::list(call).await,
        CreateToken => tokens::create(call, body).await,
        GetToken => tokens::get(call).await,
        UpdateToken => tokens::update(call, body).await,
        DeleteToken => tokens::delete(call).await,
        RollToken => tokens::roll(call, body).await,
        ListPermissionGroups => tokens::groups(call),
        IssueTemporaryCredential => temporary::issue(call, body).await,
        ListAccounts => account::list(call),
        GetAccount => account::get(call),
        ListMemberships => account::memberships(call),
        ListAuditLogs => audit::list(call).await,
        QueryStorage => storage::query(call, body).await,
        ListZones => zones::list(call),
        GetMetrics => storage::metrics(call).await,
        ListBuckets => buckets::list(call).await,
        CreateBucket => buckets::create(call, body).await,
        PutBucket => buckets::put(call).await,
        GetBucket => buckets::get(call).await,
        PatchBucket => buckets::patch(call).await,
        DeleteBucket => buckets::delete(call).await,
        GetCors => cors::get(call).await,
        PutCors => cors::put(call, body).await,
        DeleteCors => cors::delete(call).await,
        GetLifecycle => lifecycle::get(call).await,
        PutLifecycle => lifecycle::put(call, body).await,
        GetLocks => locks::get(call).await,
        PutLocks => locks::put(call, body).await,
        GetLimits => limits::get(call).await,
        PutLimits => limits::put(call, body).await,
        DeleteLimits => limits::delete(call).await,
        ListCustomDomains => domains::list(call).await,
        AddCustomDomain => domains::add(call, body).await,
        GetCustomDomain => domains::get(call).await,
        PutCustomDomain => domains::put(call, body).await,
        DeleteCustomDomain => domains::delete(call).await,
        GetManagedDomain => domains::get_managed(call).await,
        PutManagedDomain => domains::put_managed(call, body).await,
        GetSippy => sippy::get(call).await,
        PutSippy => sippy::put(call, body).await,
        DeleteSippy => sippy::delete(call).await,
        GetLocalUploads => local_uploads::get(call).await,
        PutLocalUploads => local_uploads::put(call, body).await,
        GetNotifications => notifications::list(call).await,
        GetQueueNotifications => notifications::get(call).await,
        PutQueueNotifications => notifications::put(call, body).await,
        DeleteQueueNotifications => notifications::delete(call, body).await,
        ListQueues => queues::list(call).await,
        CreateQueue => queues::create(call, body).await,
        GetQueue => queues::get(call).await,
        DeleteQueue => queues::delete(call).await,
        CreateJob => jobs::create(call, body).await,
        ListJobs => jobs::list(call).await,
        GetJob => jobs::get(call).await,
        ListObjects => objects::list(call).await,
        DeleteObjects => objects::delete(call, body).await,
        GetObject => object::get(call).await,
        PutObject => object::put(call, body).await,
        DeleteObject => object::delete(call).await,
    }
}

/// Most items of a page, and as many as there are without `per_page`: wrangler asks for one page and takes it for all.
const PER_PAGE_MAX: u32 = domain::limits::LIST_MAX_KEYS;

/// `per_page`.
///
/// # Errors
/// `InvalidMaxKeys`.
fn per_page(call: &Call<'_>) -> Result<u32, R2Error> {
    let Some(text) = call.query.get("per_page") else { return Ok(PER_PAGE_MAX) };
    match text.parse() {
        Ok(count @ 1..=PER_PAGE_MAX) => Ok(count),
        _ => Err(R2Error::new(Code::InvalidMaxKeys).with_hint("per_page is a number from 1 to 1000.")),
    }
}

/// `page`, counted from 1.
///
/// # Errors
/// `InvalidArgument`.
fn page(call: &Call<'_>) -> Result<u32, R2Error> {
    match call.query.get("page").map(str::parse) {
        None => Ok(1),
        Some(Ok(page @ 1..)) => Ok(page),
        Some(_) => Err(R2Error::invalid_argument("page is a number from 1 on.")),
    }
}

/// The page that is asked for of a list that is there as a whole.
///
/// # Errors
/// `InvalidArgument`, `InvalidMaxKeys`.
fn numbered_page<T: serde::Serialize>(call: &Call<'_>, items: Vec<T>) -> Result<Reply, Failure> {
    let (page, per_page) = (page(call)?, per_page(call)?);
    let count_of = |items: &[T]| u32::try_from(items.len()).unwrap_or(u32::MAX);
    let total_count = Some(count_of(&items));
    let skipped = usize::try_from(u64::from(page - 1) * u64::from(per_page)).unwrap_or(usize::MAX);
    let most = usize::try_from(per_page).unwrap_or(usize::MAX);
    let items: Vec<T> = items.into_iter().skip(skipped).take(most).collect();
    let count = Some(count_of(&items));
    Reply::page(items, ResultInfo { per_page, page: Some(page), count, total_count, ..ResultInfo::default() })
}

/// A rule that cannot be kept.
fn refused_rule(fault: RuleFault) -> R2Error {
    let error = R2Error::invalid_argument(fault.text);
    error.at(fault.at.map_or_else(|| "/rules".to_owned(), |at| format!("/rules/{at}")))
}

/// A member of a document that will not do: its place, and how to mend it.
fn refused_member((pointer, text): (&'static str, String)) -> R2Error {
    let error = R2Error::invalid_argument(text);
    if pointer.is_empty() { error } else { error.at(pointer) }
}
