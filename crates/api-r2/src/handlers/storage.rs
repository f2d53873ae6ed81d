//! How much a bucket holds, as GraphQL's one question, and how much the account does: what the store keeps count of, exactly
//! and at once.

use domain::limits::LIST_MAX_KEYS;
use domain::{BucketName, Error};
use exchange::Incoming;
use http::StatusCode;
use store::{BucketQuery, BucketTotals, ClassTotals};

use crate::call::{Call, Reply};
use crate::document;
use crate::error::Failure;
use crate::wire::storage::{
    Amount, Answer, ClassMetrics, DATA_SET, Dimensions, Group, Metrics, OPERATION, Question, Totals,
};

/// Most bytes of a question.
const DOCUMENT_MAX_BYTES: usize = 64 * 1024;

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
    match call.store().bucket_totals(call.caller, &name).await {
        Ok(totals) => {
            let datetime = call.door.clock.now().to_string();
            Ok(Answer::of(vec![Group { max: Totals::from(&totals), dimensions: Dimensions { datetime } }]))
        }
        Err(Error::NoSuchBucket { .. }) => Ok(Answer::of(Vec::new())),
        Err(error) => Err(error.into()),
    }
}

/// GET `/accounts/{account}/r2/metrics`: all buckets, by storage class.
pub(super) async fn metrics(call: &Call<'_>) -> Result<Reply, Failure> {
    let mut metrics = Metrics::default();
    let mut buckets = BucketQuery { limit: LIST_MAX_KEYS, ..BucketQuery::default() };
    loop {
        let page = call.store().list_buckets(call.caller, &buckets).await?;
        for bucket in &page.buckets {
            match call.store().bucket_totals(call.caller, &bucket.name).await {
                Ok(totals) => metrics.add(&totals),
                // deleted meanwhile
                Err(Error::NoSuchBucket { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        buckets.after = page.buckets.last().map(|bucket| bucket.name.to_string());
        if !page.more {
            return Reply::result(metrics);
        }
    }
}

impl From<&BucketTotals> for Totals {
    fn from(totals: &BucketTotals) -> Self {
        let (standard, infrequent) = (&totals.standard, &totals.infrequent_access);
        Self {
            object_count: totals.objects(),
            payload_size: totals.bytes(),
            metadata_size: standard.metadata_bytes.saturating_add(infrequent.metadata_bytes),
        }
    }
}

impl Metrics {
    fn add(&mut self, totals: &BucketTotals) {
        self.standard.add(&totals.standard);
        self.infrequent_access.add(&totals.infrequent_access);
        // of parts, the store has no sums by class
        self.standard.uploaded.add(0, totals.part_bytes, totals.upload_metadata_bytes);
    }
}

impl ClassMetrics {
    fn add(&mut self, totals: &ClassTotals) {
        self.published.add(totals.objects, totals.bytes, totals.metadata_bytes);
        self.uploaded.add(totals.uploads, 0, 0);
    }
}

impl Amount {
    fn add(&mut self, objects: u64, payload: u64, metadata: u64) {
        self.objects = self.objects.saturating_add(objects);
        self.payload_size = self.payload_size.saturating_add(payload);
        self.metadata_size = self.metadata_size.saturating_add(metadata);
    }
}
