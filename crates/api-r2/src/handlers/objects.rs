//! A bucket's objects together: a page of them, and many deleted at once.

use domain::ObjectKey;
use domain::limits::{DELETE_MAX_KEYS, XML_BODY_MAX_BYTES};
use domain::listing::{ListEntry, ListPosition, ListQuery};
use exchange::Incoming;
use http::StatusCode;
use store::DeleteObject;

use super::{jobs, per_page};
use crate::call::{Call, Reply};
use crate::cursor;
use crate::document;
use crate::envelope::{Envelope, ResultInfo};
use crate::error::{Failure, R2Error, r2_error};
use crate::wire::object::{Deleted, Object};

pub(super) async fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    let query = call.query;
    let text = |name: &str| query.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let per_page = per_page(call)?;
    let after = match query.get("cursor").filter(|text| !text.is_empty()) {
        Some(place) => Some(cursor::decode(place)?),
        None => query
            .get("start_after")
            .filter(|text| !text.is_empty())
            .map(|key| ListPosition::Key(key.to_owned())),
    };
    let question = ListQuery {
        prefix: text("prefix").unwrap_or_default(),
        delimiter: text("delimiter"),
        after,
        limit: per_page,
    };
    let page = call.store().list_described(call.caller, call.bucket()?, &question).await?;
    let cursor = page.next.as_ref().map(cursor::encode);
    let (mut objects, mut delimited) = (Vec::new(), Vec::new());
    for entry in &page.entries {
        match entry {
            ListEntry::Object(info) => objects.push(Object::from(info)),
            ListEntry::Prefix(prefix) => delimited.push(prefix.clone()),
        }
    }
    let info = ResultInfo {
        is_truncated: Some(cursor.is_some()),
        cursor,
        per_page,
        delimited: Some(delimited),
        ..ResultInfo::default()
    };
    Reply::page(objects, info)
}

/// Deletes the keys of a list, or begins a job for those with a prefix. What cannot be deleted is told as errors of a reply that is 200 all the same.
///
/// Spec: Cloudflare API, R2, bulk delete.
pub(super) async fn delete(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    if let Some(prefix) = call.query.get("prefix") {
        if !document::is_empty(body).await? {
            let error = R2Error::invalid_argument("The request has a prefix and a list of keys.");
            return Err(error.with_hint("Send one of them.").into());
        }
        return jobs::delete_prefix(call, prefix).await;
    }
    let texts = document::read_list::<String>(body, XML_BODY_MAX_BYTES).await?;
    if texts.is_empty() || texts.len() > DELETE_MAX_KEYS {
        let error = R2Error::invalid_argument(format!("The list has {} keys.", texts.len()));
        return Err(error.with_hint(format!("It holds 1 to {DELETE_MAX_KEYS}.")).into());
    }
    let mut objects = Vec::with_capacity(texts.len());
    for (at, text) in texts.iter().enumerate() {
        let key = ObjectKey::parse(text.as_str());
        objects.push(DeleteObject::from(key.map_err(|error| r2_error(&error).at(format!("/{at}")))?));
    }
    let outcomes = call.store().delete_objects(call.caller, call.bucket()?, objects, false).await?;
    let refused: Vec<_> = outcomes
        .iter()
        .enumerate()
        .filter_map(|(at, outcome)| Some(r2_error(outcome.as_ref().err()?).at(format!("/{at}"))))
        .map(R2Error::into_api_error)
        .collect();
    if refused.is_empty() {
        return Reply::result(texts.into_iter().map(|key| Deleted { key }).collect::<Vec<_>>());
    }
    Ok(Reply::document(StatusCode::OK, &Envelope::<()>::refusal(refused)))
}
