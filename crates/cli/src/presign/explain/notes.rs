//! What is odd about a URL, or good to know, without being a refusal.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::Timestamp;
use sigv4::PayloadHash;

use super::super::url::seconds;
use super::facts::{Facts, Given, MethodFrom};
use super::refusal::Refusal;
use crate::quantity::shown_duration;
use crate::terminal::plain;

/// Adds them all.
pub(super) fn add(facts: &mut Facts<'_>, given: &Given) {
    let mut notes = Vec::new();
    of_host(facts, given, &mut notes);
    of_path(facts, &mut notes);
    of_claim(facts, &mut notes);
    of_token(facts, &mut notes);
    if facts.method_from == MethodFrom::Nothing && facts.claim.is_some() {
        notes.push(
            "nothing in a URL says which method it was signed for; it is read as a GET. Give --method"
                .to_owned(),
        );
    }
    facts.notes.append(&mut notes);
}

fn of_host(facts: &Facts<'_>, given: &Given, notes: &mut Vec<String>) {
    let host = &facts.subject.host;
    if let Some(endpoint) = &given.endpoint {
        let is_below = host
            .strip_suffix(&endpoint.host)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'));
        if !is_below {
            notes.push(format!(
                "its host is {host}, the endpoint at hand is {}; a signature holds for its own host only",
                endpoint.host
            ));
        } else if endpoint.is_tls != facts.subject.is_tls {
            notes.push(format!(
                "it begins with {}, the endpoint at hand with {}",
                scheme(facts.subject.is_tls),
                endpoint.scheme()
            ));
        }
    } else if !facts.address.is_known {
        notes.push(format!("{host} is no host of R2 or Amazon, so its bucket is read from the path; give --endpoint if it is another server of yours"));
    }
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    let is_local =
        name == "localhost" || name.ends_with(".localhost") || name.starts_with("127.") || name == "[::1]";
    if !facts.subject.is_tls && !is_local {
        notes.push("it goes over http: whoever is on the way can read it, and use it".to_owned());
    }
    let is_others = host.ends_with(".r2.cloudflarestorage.com") || host.ends_with(".amazonaws.com");
    if is_others && facts.rule != domain::UploadRule::default() {
        notes.push("its x-larder-* limits are Larder's own; this host does not keep them".to_owned());
    }
}

fn scheme(is_tls: bool) -> &'static str {
    if is_tls { "https" } else { "http" }
}

fn of_path(facts: &Facts<'_>, notes: &mut Vec<String>) {
    let raw = facts.address.raw_key;
    if let Some(key) = facts.key.as_deref() {
        let is_escape = |at: usize| {
            key.get(at + 1..at + 3).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        if key.match_indices('%').any(|(at, _)| is_escape(at)) {
            notes.push(format!(
                "its key was encoded twice, so that it is for an object that is called {}, percent signs and all; encode a key once",
                plain(key)
            ));
        }
        if key.contains("//")
            || key.starts_with('/')
            || key.split('/').any(|segment| matches!(segment, "." | ".."))
        {
            notes.push("its key has //, . or .. between its slashes; they count, but proxies and browsers take them away".to_owned());
        }
    }
    if raw.contains('+') {
        notes.push("a + in the path is a plus sign; a space is written %20 there".to_owned());
    }
    let others = facts.query.iter().filter(|(name, value)| {
        !name.to_ascii_lowercase().starts_with("x-amz-") && (name.contains(' ') || value.contains(' '))
    });
    if facts.subject.query.contains('+') && others.count() > 0 {
        notes.push("a + in the query is a space; a plus sign is written %2B there".to_owned());
    }
}

fn of_claim(facts: &Facts<'_>, notes: &mut Vec<String>) {
    let Some(claim) = &facts.claim else { return };
    if claim.date_s > facts.at_s {
        let ahead = shown_duration(facts.at_s.abs_diff(claim.date_s));
        notes.push(format!("it is dated {ahead} ahead: the clock of its signer, or this one, is wrong"));
    }
    match claim.payload {
        PayloadHash::Unsigned => {}
        PayloadHash::Sha256(_) => {
            notes.push("it is good for one body only, whose SHA-256 is in it".to_owned());
        }
        _ => notes.push("its body is to come in aws-chunked framing".to_owned()),
    }
    let region = claim.scope.region.as_str();
    if region.is_empty() {
        notes.push("its region is empty; R2 and Larder take any, Amazon does not".to_owned());
    }
}

/// A temporary credential: what its token says of its own end. Its claims are those of whoever made it, not verified here.
///
/// Spec: R2 docs, temporary credentials.
fn of_token(facts: &mut Facts<'_>, notes: &mut Vec<String>) {
    let Some(token) = facts.claim.as_ref().and_then(|claim| claim.session_token.clone()) else { return };
    let jwt = STANDARD.decode(&token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(jwt) = jwt.as_deref().and_then(|text| text.strip_prefix("jwt/")) else {
        notes
            .push("it was signed with a temporary credential, and ends with it if that is sooner".to_owned());
        return;
    };
    notes.push("it holds the session token of a temporary credential, whose secret is a hash of it: whoever has this URL has all of the credential".to_owned());
    let payload = jwt.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    let claims: Option<serde_json::Value> = payload.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(ends_s) = claims.as_ref().and_then(|claims| claims.get("exp")?.as_i64()) else { return };
    let ends = seconds(Timestamp::from_seconds(ends_s));
    if ends_s < facts.at_s {
        facts.refusals.push(Refusal::of_credential(&ends));
    } else if facts.expires_s().is_some_and(|expires_s| ends_s < expires_s) {
        notes.push(format!("the credential ends before the URL, at {ends}"));
    }
}
