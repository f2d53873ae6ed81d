//! The audit log: a page of it, as a document or as lines to be kept elsewhere.

use bytes::Bytes;
use domain::Timestamp;
use domain::audit::Verb;
use exchange::ReplyBody;
use http::{HeaderValue, StatusCode, header};
use s3_wire::Query;
use store::{AuditFilter, AuditQuery};

use crate::call::{Call, Reply};
use crate::envelope::ResultInfo;
use crate::error::{Failure, R2Error};
use crate::wire::audit::AuditLog;

/// Entries of a page without `limit`, and the most of one.
///
/// Spec: Cloudflare API, account audit logs, version 2.
const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1_000;

/// The parameters that are understood. Passing over another would answer another question.
const PARAMETERS: [&str; 13] = [
    "since",
    "before",
    "limit",
    "cursor",
    "direction",
    "format",
    "action_type",
    "action_result",
    "actor_id",
    "actor_token_id",
    "actor_ip_address",
    "resource_id",
    "raw_status_code",
];

pub(super) async fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    let (query, limit) = decode(call.query)?;
    let as_lines = match call.query.get("format") {
        None | Some("json") => false,
        Some("jsonl") => true,
        Some(_) => return Err(R2Error::invalid_argument("format is json or jsonl.").into()),
    };
    let page = call.store().list_audit(call.caller, &query).await?;
    let last = page.entries.last().map(|(number, _)| format!("{number:016x}"));
    let cursor = last.filter(|_| page.more);
    let logs: Vec<AuditLog> =
        page.entries.into_iter().map(|(number, entry)| AuditLog::new(number, entry)).collect();
    if as_lines {
        return Ok(lines(&logs, cursor.as_deref()));
    }
    let count = u32::try_from(logs.len()).ok();
    Reply::page(logs, ResultInfo { cursor, per_page: limit, count, ..ResultInfo::default() })
}

/// One entry to a line; where the next page begins is in `x-next-cursor`.
fn lines(logs: &[AuditLog], cursor: Option<&str>) -> Reply {
    let mut text = Vec::new();
    for log in logs {
        // what is written here has texts for keys and fails at nothing
        text.extend(serde_json::to_vec(log).unwrap_or_default());
        text.push(b'\n');
    }
    let mut reply = Reply::document(StatusCode::OK, &());
    reply.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    if let Some(cursor) = cursor.and_then(|cursor| HeaderValue::from_str(cursor).ok()) {
        reply.headers.insert("x-next-cursor", cursor);
    }
    reply.body = ReplyBody::full(Bytes::from(text));
    reply
}

/// Reads the question; the limit beside it.
///
/// # Errors
/// `InvalidArgument` that names the parameter.
fn decode(query: &Query) -> Result<(AuditQuery, u32), R2Error> {
    if let Some((name, _)) = query.iter().find(|(name, _)| !PARAMETERS.contains(name)) {
        let name: String = name.chars().take(64).collect();
        return Err(R2Error::invalid_argument(format!("The parameter {name} is not known here."))
            .with_hint(format!("Those that are: {}.", PARAMETERS.join(", "))));
    }
    let text = |name: &str| query.get(name).filter(|text| !text.is_empty());
    let moment = |name: &str| match text(name) {
        None => Ok(None),
        Some(text) => Timestamp::parse_iso(text).map(Some).ok_or_else(|| {
            R2Error::invalid_argument(format!(
                "{name} is a date or a moment: 2026-01-02, or 2026-01-02T03:04:05Z."
            ))
        }),
    };
    let limit = match text("limit").map(str::parse) {
        None => LIMIT,
        Some(Ok(limit @ 1..=LIMIT_MAX)) => limit,
        Some(_) => return Err(R2Error::invalid_argument("limit is a number from 1 to 1000.")),
    };
    let after = text("cursor").map(|text| u64::from_str_radix(text, 16).ok().filter(|_| text.len() == 16));
    let oldest_first = match text("direction") {
        None | Some("desc") => false,
        Some("asc") => true,
        Some(_) => return Err(R2Error::invalid_argument("direction is asc or desc.")),
    };
    let question = AuditQuery {
        since: moment("since")?,
        before: moment("before")?,
        after: match after {
            Some(None) => return Err(R2Error::invalid_argument("The cursor is none of this list.")),
            other => other.flatten(),
        },
        oldest_first,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        filter: filter(query)?,
    };
    Ok((question, limit))
}

/// An action can be named by its sort, as Cloudflare has it, or by its operation.
fn filter(query: &Query) -> Result<AuditFilter, R2Error> {
    let text = |name: &str| query.get(name).filter(|text| !text.is_empty());
    let action = text("action_type");
    let verb = action.and_then(|name| Verb::ALL.into_iter().find(|verb| verb.name() == name));
    let done = match text("action_result") {
        None => None,
        Some("success") => Some(true),
        Some("failure") => Some(false),
        Some(_) => return Err(R2Error::invalid_argument("action_result is success or failure.")),
    };
    let (id, token_id) = (text("actor_id"), text("actor_token_id"));
    if id.is_some() && token_id.is_some() && id != token_id {
        let error = R2Error::invalid_argument("actor_id and actor_token_id name two tokens.");
        return Err(error.with_hint("An actor's id is that of its token. Send one of them."));
    }
    let peer = text("actor_ip_address").map(str::parse).transpose();
    let status = text("raw_status_code").map(str::parse).transpose();
    Ok(AuditFilter {
        verb,
        action: action.filter(|_| verb.is_none()).map(str::to_owned),
        done,
        access_key_id: id.or(token_id).map(str::to_owned),
        resource_id: text("resource_id").map(str::to_owned),
        peer: peer.map_err(|_| R2Error::invalid_argument("actor_ip_address is one IP address."))?,
        status: status.map_err(|_| R2Error::invalid_argument("raw_status_code is a number."))?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_question_is_read_or_refused(raw in "[a-z_=&%+0-9:TZ.-]{0,120}") {
            if let Ok(query) = Query::parse(&raw) {
                let _ = decode(&query);
            }
        }

        #[test]
        fn each_parameter_takes_any_text(at in 0..PARAMETERS.len(), text in "[0-9a-fTZ:.-]{0,40}") {
            let query = Query::parse(&format!("{}={text}", PARAMETERS[at])).unwrap();
            if let Ok((question, limit)) = decode(&query) {
                prop_assert!((1..=LIMIT_MAX).contains(&limit) && question.limit == limit as usize);
            }
        }
    }
}
