//! A request in hand that can be changed, and a server that knows one credential.

use sigv4::sign::{HeaderRequest, PresignRequest, presign, sign_header};
use sigv4::{Rejection, RejectionKind, Request, Verified, parse, signing_key};

pub(crate) const ACCESS_KEY_ID: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const SECRET: &str = "2d38400385ce4bd5280b72ae6c99e3d821c1fe3a53ab9887c59e4d58bbee60d9";
/// 2026-01-02T03:04:05Z
pub(crate) const NOW_S: i64 = 1_767_323_045;
pub(crate) const HOST: &str = "localhost:9000";

/// A request as it would arrive.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

impl Sent {
    pub(crate) fn new(method: &str, target: &str, headers: &[(&str, &str)]) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec())).collect();
        Self { method: method.to_owned(), path: path.to_owned(), query, headers }
    }

    pub(crate) fn with<T>(&self, use_it: impl FnOnce(&Request<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
        use_it(&Request {
            method: &self.method,
            path: &self.path,
            query: self.query.as_deref(),
            headers: &headers,
        })
    }

    /// The verdict of a server that knows one access key id and no other host.
    pub(crate) fn judge(&self, now_s: i64) -> Result<Verified, Rejection> {
        self.judge_with(now_s, &[])
    }

    pub(crate) fn judge_with(&self, now_s: i64, other_hosts: &[String]) -> Result<Verified, Rejection> {
        self.judge_as(ACCESS_KEY_ID, SECRET, now_s, other_hosts)
    }

    pub(crate) fn judge_as(
        &self,
        access_key_id: &str,
        secret: &str,
        now_s: i64,
        other_hosts: &[String],
    ) -> Result<Verified, Rejection> {
        self.with(|request| {
            let claim = parse(request, now_s)?;
            if claim.access_key_id != access_key_id {
                return Err(Rejection::UnknownAccessKey { access_key_id: claim.access_key_id });
            }
            let key = signing_key(secret, &claim.scope.date, &claim.scope.region);
            claim.verify(request, &key, now_s, other_hosts)
        })
    }

    /// The hint that goes with the refusal, which must be one.
    pub(crate) fn hint(&self, now_s: i64, candidate_hosts: &[String]) -> String {
        self.with(|request| {
            let claim = match parse(request, now_s) {
                Ok(claim) => claim,
                Err(rejection) => return rejection.hint(request).unwrap(),
            };
            let key = signing_key(SECRET, &claim.scope.date, &claim.scope.region);
            let rejection = claim.verify(request, &key, now_s, &[]).unwrap_err();
            sigv4::explain(request, &claim, &key, &rejection, candidate_hosts).unwrap()
        })
    }

    pub(crate) fn refusal(&self) -> (RejectionKind, String) {
        let rejection = self.judge(NOW_S).expect_err("the request must be refused");
        (rejection.kind(), rejection.message())
    }

    pub(crate) fn set_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(header, _)| header != name);
        self.add_header(name, value)
    }

    pub(crate) fn add_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    pub(crate) fn drop_header(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| header != name);
        self
    }

    pub(crate) fn header(&self, name: &str) -> String {
        let (_, value) = self.headers.iter().find(|(header, _)| header == name).unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    /// Replaces a parameter's raw value in place.
    pub(crate) fn set_parameter(mut self, name: &str, raw_value: &str) -> Self {
        let pieces = self.query.take().unwrap();
        let pieces: Vec<String> = pieces
            .split('&')
            .map(|piece| match piece.split_once('=') {
                Some((n, _)) if n == name => format!("{name}={raw_value}"),
                _ => piece.to_owned(),
            })
            .collect();
        self.query = Some(pieces.join("&"));
        self
    }

    pub(crate) fn drop_parameter(mut self, name: &str) -> Self {
        let query = self.query.take().unwrap();
        let kept: Vec<_> = query.split('&').filter(|p| p.split('=').next() != Some(name)).collect();
        self.query = Some(kept.join("&"));
        self
    }

    pub(crate) fn append(mut self, raw: &str) -> Self {
        self.query = Some(self.query.map_or_else(|| raw.to_owned(), |query| format!("{query}&{raw}")));
        self
    }

    /// The raw value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> String {
        let query = self.query.as_deref().unwrap();
        let value = query.split('&').filter_map(|piece| piece.split_once('=')).find(|(n, _)| *n == name);
        value.unwrap().1.to_owned()
    }
}

/// A presigned GET of `/user-uploads/cat.png`, valid for 300 s from [`NOW_S`], to change at will.
pub(crate) fn get_url() -> PresignRequest<'static> {
    PresignRequest {
        method: "GET",
        host: HOST,
        path: "/user-uploads/cat.png",
        query: &[],
        headers: &[],
        region: "auto",
        access_key_id: ACCESS_KEY_ID,
        secret: SECRET,
        date_s: NOW_S,
        expires_s: 300,
        session_token: None,
    }
}

/// Presigns and sends it as signed.
pub(crate) fn send_presigned(request: &PresignRequest<'_>) -> Sent {
    let mut headers = vec![("host", request.host)];
    headers.extend_from_slice(request.headers);
    Sent::new(request.method, &format!("{}?{}", request.path, presign(request)), &headers)
}

/// A GET of `/user-uploads?list-type=2` signed in its headers, to change at will.
pub(crate) fn list() -> HeaderRequest<'static> {
    HeaderRequest {
        method: "GET",
        host: HOST,
        path: "/user-uploads",
        query: &[("list-type", "2")],
        headers: &[],
        region: "auto",
        access_key_id: ACCESS_KEY_ID,
        secret: SECRET,
        date_s: NOW_S,
        payload: "UNSIGNED-PAYLOAD",
        session_token: None,
    }
}

/// Signs in the headers and sends it as signed.
pub(crate) fn send_signed(request: &HeaderRequest<'_>) -> Sent {
    let query: Vec<String> = request
        .query
        .iter()
        .map(|(n, v)| {
            format!("{}={}", sigv4::uri_encode(n.as_bytes(), false), sigv4::uri_encode(v.as_bytes(), false))
        })
        .collect();
    let mut sent = Sent::new(request.method, request.path, &[("host", request.host)]);
    sent.query = (!query.is_empty()).then(|| query.join("&"));
    for (name, value) in request.headers {
        sent = sent.add_header(name, value);
    }
    for (name, value) in sign_header(request) {
        sent = sent.add_header(&name, &value);
    }
    sent
}
