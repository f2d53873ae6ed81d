//! Everything that a presigned URL says, and what a server would say to it.

use domain::{ObjectKey, Timestamp, UploadRule};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use s3_wire::{Operation, Query, upload_limits};
use sigv4::{Claim, Rejection, Request};

use super::address::{Address, address};
use super::notes;
use super::refusal::Refusal;
use super::signature::{self, Verdict};
use super::subject::Subject;
use crate::connection::{Credentials, Endpoint};

/// What is known beside the URL. Nothing of it is printed but the names.
pub(super) struct Given {
    /// In upper case.
    pub(super) method: Option<String>,
    /// Lower-case names.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body_length: Option<u64>,
    pub(super) at: Timestamp,
    pub(super) endpoint: Option<Endpoint>,
    pub(super) credentials: Option<Credentials>,
}

impl Given {
    /// Whether a whole request is described, and not the URL alone.
    fn is_request(&self) -> bool {
        self.method.is_some() || !self.headers.is_empty() || self.body_length.is_some()
    }
}

/// How the method became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MethodFrom {
    Given,
    Signature,
    Url,
    Nothing,
}

/// The answer.
pub(super) struct Facts<'a> {
    pub(super) subject: &'a Subject,
    pub(super) address: Address<'a>,
    pub(super) at_s: i64,
    pub(super) method: String,
    pub(super) method_from: MethodFrom,
    pub(super) operation: Option<Operation>,
    /// Decoded.
    pub(super) key: Option<String>,
    pub(super) claim: Option<Claim>,
    /// Signed headers beside `host` that must be sent, and are not given.
    pub(super) to_send: Vec<String>,
    pub(super) rule: UploadRule,
    /// Decoded parameters, those of the signature too.
    pub(super) query: Query,
    pub(super) verdict: Verdict,
    pub(super) notes: Vec<String>,
    pub(super) refusals: Vec<Refusal>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(subject: &'a Subject, given: &Given) -> Self {
        let headers = sent_headers(subject, given);
        let headers: Vec<(&str, &[u8])> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let query = Query::parse(&subject.query).unwrap_or_default();
        let (guessed, method_from) = guessed_method(given.method.as_deref(), &query);
        let address = address(&subject.host, &subject.path, given.endpoint.as_ref());
        let request =
            Request { method: &guessed, path: &subject.path, query: Some(&subject.query), headers: &headers };
        let mut facts = Self {
            subject,
            at_s: given.at.as_seconds(),
            method: guessed.clone(),
            method_from,
            operation: None,
            key: None,
            claim: None,
            to_send: Vec::new(),
            rule: UploadRule::default(),
            query,
            verdict: Verdict::Unchecked("it cannot be read".to_owned()),
            notes: subject.oddities.clone(),
            refusals: Vec::new(),
            address,
        };
        match sigv4::parse(&request, facts.at_s) {
            Ok(claim) => facts.judge_claim(&request, claim, given),
            Err(rejection) => facts.refuse(&rejection, &request),
        }
        facts.judge_route(given);
        notes::add(&mut facts, given);
        facts
    }

    fn refuse(&mut self, rejection: &Rejection, request: &Request<'_>) {
        self.refusals.push(Refusal::of_rejection(rejection, request));
    }

    fn judge_claim(&mut self, request: &Request<'_>, claim: Claim, given: &Given) {
        let secret = signature::secret(&claim, given);
        let mut request = *request;
        if self.method_from != MethodFrom::Given
            && let Ok(secret) = &secret
            && let Some(method) = signature::signed_method(&request, &claim, secret)
        {
            method.clone_into(&mut self.method);
            self.method_from = MethodFrom::Signature;
            request.method = method;
        }
        self.to_send = missing_headers(&request, &claim, &self.query);
        if let Err(rejection) = claim.check(&request, self.at_s) {
            self.refuse(&rejection, &request);
            // what the time hides
            if let Err(other) = claim.check(&request, claim.date_s)
                && other.kind() != rejection.kind()
            {
                self.refuse(&other, &request);
            }
        }
        let hosts: Vec<String> = given.endpoint.iter().map(|endpoint| endpoint.host.clone()).collect();
        self.verdict = match secret {
            Ok(secret) => signature::check(&request, &claim, &secret, &hosts),
            Err(why) => Verdict::Unchecked(why),
        };
        self.judge_signature(given);
        self.claim = Some(claim);
    }

    fn judge_signature(&mut self, given: &Given) {
        let names = self.to_send.join(", ");
        match &self.verdict {
            Verdict::Differs(why) if !self.to_send.is_empty() && !given.is_request() => {
                let why = format!("its signed headers are not given with --header: {names} ({why})");
                self.verdict = Verdict::Unchecked(why);
            }
            Verdict::Differs(why) => self.refusals.push(Refusal::of_signature(why)),
            Verdict::Unchecked(_) if !self.to_send.is_empty() && given.is_request() => {
                self.refusals
                    .push(Refusal::of_signature(&format!("signed headers that are not sent: {names}")));
            }
            _ => {}
        }
    }

    fn judge_route(&mut self, given: &Given) {
        let Some(raw_key) = s3_wire::percent::decode(self.address.raw_key, false) else { return };
        self.key = (!raw_key.is_empty()).then(|| String::from_utf8_lossy(&raw_key).into_owned());
        let address =
            s3_wire::Address { bucket: self.address.bucket, key: (!raw_key.is_empty()).then_some(raw_key) };
        let Ok(method) = Method::from_bytes(self.method.as_bytes()) else { return };
        match s3_wire::route(&method, address, &self.query, &header_map(given)) {
            Ok(route) => self.operation = Some(route.operation),
            Err(error) => return self.refusals.push(Refusal::of_s3(&error)),
        }
        let Some(operation) = self.operation else { return };
        match upload_limits::decode(operation, &self.query) {
            Ok(rule) => self.rule = rule,
            Err(error) => return self.refusals.push(Refusal::of_s3(&error)),
        }
        if given.is_request()
            && let Some(key) = self.key.as_deref().and_then(|key| ObjectKey::parse(key).ok())
        {
            let sent = given.headers.iter().find(|(name, _)| name == "content-type");
            let sent = sent.map(|(_, value)| value.as_str());
            if let Err(error) = self.rule.check(key.as_str(), sent, given.body_length) {
                self.refusals.push(Refusal::of_limit(&error));
            }
        }
    }

    /// When it ends, Unix seconds.
    pub(super) fn expires_s(&self) -> Option<i64> {
        let claim = self.claim.as_ref()?;
        let validity_s: u64 = claim.expires.as_deref()?.parse().ok()?;
        Some(claim.date_s.saturating_add_unsigned(validity_s))
    }
}

/// `host` first, as a client would send it, and what is given.
fn sent_headers(subject: &Subject, given: &Given) -> Vec<(String, String)> {
    let mut headers = given.headers.clone();
    if !headers.iter().any(|(name, _)| name == "host") {
        headers.insert(0, ("host".to_owned(), subject.host.clone()));
    }
    if let Some(length) = given.body_length {
        headers.push(("content-length".to_owned(), length.to_string()));
    }
    headers
}

fn header_map(given: &Given) -> HeaderMap {
    let pair = |(name, value): &(String, String)| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
    };
    given.headers.iter().filter_map(pair).collect()
}

/// The method is no part of a URL, but parameters give it away.
fn guessed_method(given: Option<&str>, query: &Query) -> (String, MethodFrom) {
    if let Some(method) = given {
        return (method.to_owned(), MethodFrom::Given);
    }
    let has =
        |beginning: &str| query.iter().any(|(name, _)| name.to_ascii_lowercase().starts_with(beginning));
    let signs_type = query
        .get("X-Amz-SignedHeaders")
        .is_some_and(|names| names.split(';').any(|name| name.eq_ignore_ascii_case("content-type")));
    let method = match query.get("x-id") {
        Some(id) if id.starts_with("Get") || id.starts_with("List") => "GET",
        Some(id) if id.starts_with("Head") => "HEAD",
        Some(id) if id.starts_with("Delete") || id.starts_with("Abort") => "DELETE",
        Some("CreateMultipartUpload" | "CompleteMultipartUpload") => "POST",
        Some(_) => "PUT",
        None if has("x-larder-") || signs_type || has("content-type") => "PUT",
        None if has("uploadid") && has("partnumber") => "PUT",
        None if has("response-") => "GET",
        None => return ("GET".to_owned(), MethodFrom::Nothing),
    };
    (method.to_owned(), MethodFrom::Url)
}

/// Signed headers that neither the request nor, for `x-amz-*`, the query has.
fn missing_headers(request: &Request<'_>, claim: &Claim, query: &Query) -> Vec<String> {
    let is_sent = |name: &str| {
        request.headers.iter().any(|(sent, _)| *sent == name)
            || name.starts_with("x-amz-") && query.iter().any(|(moved, _)| moved.eq_ignore_ascii_case(name))
    };
    claim.signed_headers.iter().filter(|name| !name.is_empty() && !is_sent(name)).cloned().collect()
}
