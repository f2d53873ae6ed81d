//! How much a bucket holds, as GraphQL's one question. The store keeps no such figures, so the objects are counted: one
//! bucket at a time, and up to a bound.

use domain::limits::LIST_MAX_KEYS;
use domain::listing::{ListEntry, ListQuery};
use domain::{BucketName, Error};
use exchange::Incoming;
use http::StatusCode;

use crate::call::{Call, Reply};
use crate::document;
use crate::error::Failure;
use crate::wire::storage::{Answer, DATA_SET, Dimensions, Group, OPERATION, Question, Totals};

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
