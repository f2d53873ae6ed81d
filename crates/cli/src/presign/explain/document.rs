//! The answer as text for people and as JSON for programs.

use std::fmt::Write as _;

use domain::{Timestamp, UploadRule};
use s3_wire::Operation;
use serde_json::{Value, json};

use super::super::url::seconds;
use super::facts::{Facts, MethodFrom};
use super::signature::Verdict;
use crate::quantity::{shown_duration, shown_size};
use crate::terminal::plain;

/// Width of the names at the lines' beginnings.
const NAME_CHARS: usize = 12;

/// Lines for people.
pub(super) fn text(facts: &Facts<'_>) -> String {
    let mut lines = Lines(String::new());
    let operation = facts.operation.map_or("an operation that cannot be told", Operation::name);
    let object = facts.key.as_deref().map_or_else(String::new, |key| format!(" {} in", plain(key)));
    let bucket = facts
        .address
        .bucket
        .map_or_else(|| "no bucket".to_owned(), |name| format!("the bucket {}", plain(name)));
    let _ = writeln!(lines.0, "{operation} of{object} {bucket}");
    lines.add("at", &format!("{}, {} style", place(facts), style(facts)));
    lines.add("method", &format!("{}{}", facts.method, method_source(facts.method_from)));
    if let Some(claim) = &facts.claim {
        let region = if claim.scope.region.is_empty() { "(empty)" } else { &claim.scope.region };
        lines.add("signed by", &format!("{}, region {}", plain(&claim.access_key_id), plain(region)));
        lines.add("signed at", &seconds(Timestamp::from_seconds(claim.date_s)));
    }
    if let Some(expires_s) = facts.expires_s() {
        let away = shown_duration(expires_s.abs_diff(facts.at_s));
        let away = if expires_s < facts.at_s { format!("{away} ago") } else { format!("in {away}") };
        lines.add("valid until", &format!("{} ({away})", seconds(Timestamp::from_seconds(expires_s))));
    }
    if let Some(claim) = &facts.claim {
        lines.add("signs", &plain(&claim.signed_headers.join(", ")));
        if !facts.to_send.is_empty() {
            lines.add(
                "must send",
                &format!("{}, with the value that was signed", plain(&facts.to_send.join(", "))),
            );
        }
    }
    let moved = parameters(facts, "x-amz-");
    if !moved.is_empty() {
        let names: Vec<String> = moved.iter().map(|(name, _)| plain(name)).collect();
        lines.add("headers", &format!("{} (in the query, as if they were sent)", names.join(", ")));
    }
    for (name, value) in parameters(facts, "response-") {
        lines.add("reply", &format!("{}: {}", plain(name.trim_start_matches("response-")), plain(&value)));
    }
    if facts.operation == Some(Operation::PutObject) || facts.rule != UploadRule::default() {
        lines.add("limits", &limits(&facts.rule));
    }
    lines.add(
        "signature",
        &match &facts.verdict {
            Verdict::Matches => "matches".to_owned(),
            Verdict::Differs(why) => format!("does not match: {}", plain(why)),
            Verdict::Unchecked(why) => format!("not checked: {}", plain(why)),
        },
    );
    lines.list("Note", facts.notes.iter().map(|note| plain(note)));
    let refusals = facts.refusals.iter().map(|refusal| {
        let fix = refusal.fix.as_ref().map_or_else(String::new, |fix| format!("\n      {}", plain(fix)));
        format!("{} {}: {}{fix}", refusal.status, refusal.code, plain(&refusal.why))
    });
    match facts.refusals.is_empty() {
        true => lines.0.push_str("Nothing here speaks against it.\n"),
        false => lines.list("It would be refused", refusals),
    }
    lines.0
}

/// The document for programs.
pub(super) fn json(facts: &Facts<'_>) -> Value {
    let claim = facts.claim.as_ref();
    let moment = |s: i64| seconds(Timestamp::from_seconds(s));
    let pairs = |beginning: &str| -> serde_json::Map<String, Value> {
        parameters(facts, beginning).into_iter().map(|(name, value)| (name, value.into())).collect()
    };
    let (signature, note) = match &facts.verdict {
        Verdict::Matches => ("matches", None),
        Verdict::Differs(why) => ("differs", Some(why)),
        Verdict::Unchecked(why) => ("unchecked", Some(why)),
    };
    let refusals = facts.refusals.iter().map(|refusal| {
        json!({ "status": refusal.status, "code": refusal.code, "why": refusal.why, "fix": refusal.fix })
    });
    json!({
        "url": place(facts),
        "style": style(facts),
        "method": facts.method,
        "method_from": match facts.method_from {
            MethodFrom::Given => "given",
            MethodFrom::Signature => "signature",
            MethodFrom::Url => "url",
            MethodFrom::Nothing => "assumed",
        },
        "operation": facts.operation.map(Operation::name),
        "bucket": facts.address.bucket,
        "key": facts.key,
        "access_key_id": claim.map(|claim| &claim.access_key_id),
        "region": claim.map(|claim| &claim.scope.region),
        "has_session_token": claim.is_some_and(|claim| claim.session_token.is_some()),
        "signed_at": claim.map(|claim| moment(claim.date_s)),
        "expires_at": facts.expires_s().map(moment),
        "remaining_s": facts.expires_s().map(|expires_s| expires_s.saturating_sub(facts.at_s)),
        "signed_headers": claim.map(|claim| &claim.signed_headers),
        "headers_to_send": facts.to_send,
        "headers_in_query": pairs("x-amz-").keys().collect::<Vec<_>>(),
        "reply": pairs("response-"),
        "limits": {
            "max_bytes": facts.rule.max_bytes,
            "min_bytes": facts.rule.min_bytes,
            "content_types": facts.rule.content_types,
        },
        "signature": signature,
        "signature_note": note,
        "notes": facts.notes,
        "refusals": refusals.collect::<Vec<_>>(),
        "accepted": facts.refusals.is_empty(),
    })
}

struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.0, "  {name:NAME_CHARS$} {value}");
    }

    fn list(&mut self, title: &str, items: impl Iterator<Item = String>) {
        for (i, item) in items.enumerate() {
            if i == 0 {
                let _ = writeln!(self.0, "{title}");
            }
            let _ = writeln!(self.0, "  - {item}");
        }
    }
}

/// Without the query, which is the credential.
fn place(facts: &Facts<'_>) -> String {
    let scheme = if facts.subject.is_tls { "https" } else { "http" };
    format!("{scheme}://{}{}", facts.subject.host, plain(&facts.subject.path))
}

fn style(facts: &Facts<'_>) -> &'static str {
    if facts.address.is_virtual_host { "virtual-host" } else { "path" }
}

fn method_source(from: MethodFrom) -> &'static str {
    match from {
        MethodFrom::Given => "",
        MethodFrom::Signature => " (the signature says so)",
        MethodFrom::Url => " (by its parameters)",
        MethodFrom::Nothing => " (assumed)",
    }
}

/// Parameters that begin so, by lower-case name, without those of the signature.
fn parameters(facts: &Facts<'_>, beginning: &str) -> Vec<(String, String)> {
    const OF_THE_SIGNATURE: [&str; 8] = [
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-signedheaders",
        "x-amz-signature",
        "x-amz-security-token",
        "x-amz-content-sha256",
    ];
    let lower = facts.query.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    lower
        .filter(|(name, _)| name.starts_with(beginning) && !OF_THE_SIGNATURE.contains(&name.as_str()))
        .collect()
}

fn limits(rule: &UploadRule) -> String {
    let sizes = [("at most", rule.max_bytes), ("at least", rule.min_bytes)];
    let mut limits: Vec<String> = sizes
        .into_iter()
        .filter_map(|(word, bytes)| Some(format!("{word} {}", shown_size(bytes?))))
        .collect();
    if !rule.content_types.is_empty() {
        limits.push(format!("Content-Type {}", plain(&rule.content_types.join(" or "))));
    }
    if limits.is_empty() { "none in the URL".to_owned() } else { limits.join("; ") }
}
