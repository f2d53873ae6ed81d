//! How much a bucket holds, as GraphQL's one question, and how much the account does. The store keeps no such figures, so the objects are counted: one
//! bucket at a time, and up to a bound.

use domain::limits::{LIST_MAX_KEYS, PARTS_MAX};
use domain::listing::{ListEntry, ListQuery};
use domain::{BucketName, Error, ObjectKey, StorageClass};
use exchange::Incoming;
use http::StatusCode;
use store::{BucketQuery, UploadEntry, UploadPosition, UploadQuery};

use crate::call::{Call, Reply};
use crate::document;
use crate::error::{Failure, R2Error};
use crate::error_code::R2ErrorCode as Code;
use crate::wire::storage::{
    Amount, Answer, ClassMetrics, DATA_SET, Dimensions, Group, Metrics, OPERATION, Question, Totals,
};

/// Most bytes of a question.
const DOCUMENT_MAX_BYTES: usize = 64 * 1024;
/// Most objects that are counted.
const OBJECTS_MAX: u64 = 10_000_000;

pub(super) async fn query(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let question = document::read::<Question>(body, DOCUMENT_MAX_BYTES).await?;
    let answer = answer(call, &question).await?;
    let status = if answer.errors.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(Reply::document(status, &answer))
}

async fn answer(call: &Call<'_>, question: &Question) -> Result<Answer, Failure> {
    let asked = question.operation_name.as_deref() == Some(OPERATION) && question.query.contains(DATA_SET);
    let Some(variables) = question.variables.as_ref().filter(|_| asked) else {
        return Ok(Answer::fault(format!(
            "Of GraphQL, only the operation {OPERATION} is built, with its variables accountTag and filter.bucketName."
        )));
    };
    if variables.account_tag != call.store().account().as_str() {
        return Ok(Answer::fault("The token is of another account than the one in accountTag."));
    }
    // buckets of other jurisdictions are called eu_name, which is no name here
    let Ok(name) = BucketName::parse(&variables.filter.bucket_name) else {
        return Ok(Answer::of(Vec::new()));
    };
    match count(call, &name).await {
        Ok(Some(max)) => {
            let datetime = call.door.clock.now().to_string();
            Ok(Answer::of(vec![Group { max, dimensions: Dimensions { datetime } }]))
        }
        Ok(None) => Ok(Answer::fault(format!(
            "The bucket has more than {OBJECTS_MAX} objects, which are not counted."
        ))),
        Err(Error::NoSuchBucket { .. }) => Ok(Answer::of(Vec::new())),
        Err(error) => Err(error.into()),
    }
}

/// GET `/accounts/{account}/r2/metrics`: all buckets, by storage class.
pub(super) async fn metrics(call: &Call<'_>) -> Result<Reply, Failure> {
    let _turn = call.door.counts.acquire().await.map_err(Error::internal)?;
    let (mut metrics, mut objects_left) = (Metrics::default(), OBJECTS_MAX);
    let mut buckets = BucketQuery { limit: LIST_MAX_KEYS, ..BucketQuery::default() };
    loop {
        let page = call.store().list_buckets(call.caller, &buckets).await?;
        for bucket in &page.buckets {
            let counted = match count_published(call, &bucket.name, &mut metrics, &mut objects_left).await {
                Ok(true) => count_uploaded(call, &bucket.name, &mut metrics, &mut objects_left).await,
                other => other,
            };
            match counted {
                // deleted meanwhile
                Ok(true) | Err(Error::NoSuchBucket { .. }) => {}
                Ok(false) => {
                    let text = format!("More than {OBJECTS_MAX} objects are not counted.");
                    return Err(R2Error::new(Code::NotBuilt).with_hint(text).into());
                }
                Err(error) => return Err(error.into()),
            }
        }
        buckets.after = page.buckets.last().map(|bucket| bucket.name.to_string());
        if !page.more {
            return Reply::result(metrics);
        }
    }
}

impl Metrics {
    fn of(&mut self, class: StorageClass) -> &mut ClassMetrics {
        match class {
            StorageClass::Standard => &mut self.standard,
            StorageClass::StandardIa => &mut self.infrequent_access,
        }
    }
}

impl Amount {
    fn add(&mut self, key: &ObjectKey, payload: u64) {
        self.objects += 1;
        self.payload_size = self.payload_size.saturating_add(payload);
        self.metadata_size += key.as_str().len() as u64;
    }
}

/// `false` when there are too many.
async fn count_published(
    call: &Call<'_>,
    name: &BucketName,
    metrics: &mut Metrics,
    left: &mut u64,
) -> Result<bool, Error> {
    let mut query = ListQuery { limit: LIST_MAX_KEYS, ..ListQuery::default() };
    loop {
        let page = call.store().list_objects(call.caller, name, &query).await?;
        for entry in &page.entries {
            if let ListEntry::Object(info) = entry {
                metrics.of(info.metadata.storage_class).published.add(&info.key, info.size);
            }
        }
        match (page.next, left.checked_sub(page.entries.len() as u64)) {
            (None, _) => return Ok(true),
            (_, None) => return Ok(false),
            (next, Some(fewer)) => (query.after, *left) = (next, fewer),
        }
    }
}

/// The same of uploads under way, and their parts.
async fn count_uploaded(
    call: &Call<'_>,
    name: &BucketName,
    metrics: &mut Metrics,
    left: &mut u64,
) -> Result<bool, Error> {
    let mut query = UploadQuery { limit: LIST_MAX_KEYS, ..UploadQuery::default() };
    loop {
        let page = call.store().list_uploads(call.caller, name, &query).await?;
        for entry in &page.entries {
            let UploadEntry::Upload(upload) = entry else { continue };
            let key = &upload.row.key;
            query.after = Some(UploadPosition::Key(key.to_string(), Some(upload.id)));
            let parts =
                call.store().list_parts(call.caller, name, key, upload.id, (0, PARTS_MAX.into()), None);
            let bytes = match parts.await {
                Ok(page) => page.parts.iter().map(|part| part.info.size).sum(),
                // ended meanwhile
                Err(Error::NoSuchUpload) => continue,
                // only who has the customer's key sees its parts
                Err(Error::EncryptionKeyMissing) => 0,
                Err(error) => return Err(error),
            };
            metrics.of(upload.row.metadata.storage_class).uploaded.add(key, bytes);
            match left.checked_sub(1) {
                None => return Ok(false),
                Some(fewer) => *left = fewer,
            }
        }
        if !page.more {
            return Ok(true);
        }
    }
}

/// `None` when there are too many.
async fn count(call: &Call<'_>, name: &BucketName) -> Result<Option<Totals>, Error> {
    let _turn = call.door.counts.acquire().await.map_err(Error::internal)?;
    let mut totals = Totals::default();
    let mut query = ListQuery { limit: LIST_MAX_KEYS, ..ListQuery::default() };
    loop {
        let page = call.store().list_objects(call.caller, name, &query).await?;
        for entry in &page.entries {
            if let ListEntry::Object(info) = entry {
                totals.object_count += 1;
                totals.payload_size = totals.payload_size.saturating_add(info.size);
                totals.metadata_size += info.key.as_str().len() as u64;
            }
        }
        if page.next.is_none() {
            return Ok(Some(totals));
        }
        if totals.object_count >= OBJECTS_MAX {
            return Ok(None);
        }
        query.after = page.next;
    }
}
