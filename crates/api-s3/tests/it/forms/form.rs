//! A form as a browser sends it, its policy signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::Timestamp;
use http::Request;
use http_body::Body;
use http_body_util::Full;
use sigv4::sign::PolicySigner;

use crate::fixture::*;

pub(super) const BOUNDARY: &str = "----WebKitFormBoundaryx1";

/// A form to be, whose policy has a condition for each field.
#[derive(Clone)]
pub(crate) struct Form {
    pub(super) path: &'static str,
    pub(super) host: &'static str,
    pub(crate) key: Key,
    /// Conditions in place of those for the bucket, the key and the fields.
    pub(super) conditions: Option<String>,
    pub(super) more_conditions: String,
    pub(super) expires_in_s: i64,
    pub(super) fields: Vec<(String, String)>,
    /// Fields that no condition is about.
    pub(super) extra: Vec<(String, String)>,
    pub(super) without: Option<&'static str>,
    pub(super) file: Option<Bytes>,
    pub(super) after: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

pub(crate) fn form(key: &str, content: &str) -> Form {
    Form {
        path: "/inside",
        host: HOST,
        key: BOUND,
        conditions: None,
        more_conditions: String::new(),
        expires_in_s: 60,
        fields: vec![("key".to_owned(), key.to_owned())],
        extra: Vec::new(),
        without: None,
        file: Some(Bytes::from(content.to_owned())),
        after: String::new(),
        headers: vec![("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))],
    }
}

impl Form {
    pub(crate) fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn extra(mut self, name: &str, value: &str) -> Self {
        self.extra.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn conditions(mut self, conditions: &str) -> Self {
        self.conditions = Some(conditions.to_owned());
        self
    }

    pub(crate) fn and(mut self, condition: &str) -> Self {
        self.more_conditions.push_str(&format!(",{condition}"));
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// All fields, in their order.
    pub(super) fn signed(&self, now_s: i64) -> Vec<(String, String)> {
        let Key { id, secret } = self.key;
        let signer = PolicySigner { region: "auto", access_key_id: id, secret, date_s: now_s };
        let mut fields = self.fields.clone();
        fields.extend(signer.fields().map(|(name, value)| (name.to_owned(), value)));
        let expiration = Timestamp::from_seconds(now_s + self.expires_in_s);
        let of_fields = fields.iter().map(|(name, value)| format!("{{\"{name}\":\"{value}\"}}"));
        let each = of_fields.collect::<Vec<_>>().join(",");
        let conditions = self.conditions.clone().unwrap_or(format!("{{\"bucket\":\"inside\"}},{each}"));
        let more = &self.more_conditions;
        let policy = STANDARD
            .encode(format!("{{\"expiration\":\"{expiration}\",\"conditions\":[{conditions}{more}]}}"));
        fields.push(("x-amz-signature".to_owned(), signer.signature(&policy)));
        fields.push(("policy".to_owned(), policy));
        fields.extend(self.extra.clone());
        fields.retain(|(name, _)| Some(name.as_str()) != self.without);
        fields
    }

    pub(super) fn body(&self, now_s: i64) -> Bytes {
        let part = |name: &str, more: &str| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n")
        };
        let mut body = Vec::new();
        for (name, value) in self.signed(now_s) {
            body.extend_from_slice(format!("{}{value}\r\n", part(&name, "")).as_bytes());
        }
        if let Some(file) = &self.file {
            body.extend_from_slice(part("file", "; filename=\"C:\\dir\\f.txt\"").as_bytes());
            body.extend_from_slice(file);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(self.after.as_bytes());
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        body.into()
    }

    /// All that comes before the bytes of the file.
    pub(crate) fn until_file(&self, now_s: i64) -> Bytes {
        let whole = self.body(now_s);
        let tail = format!("\r\n{}--{BOUNDARY}--\r\n", self.after);
        let file = self.file.as_ref().map_or(0, Bytes::len);
        whole.slice(..whole.len() - tail.len() - file)
    }

    pub(super) fn request(&self, now_s: i64) -> Request<Full<Bytes>> {
        self.with_body(Full::new(self.body(now_s)))
    }

    pub(super) fn with_body<B>(&self, body: B) -> Request<B> {
        let mut request = Request::post(self.path).header("host", self.host);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request.body(body).expect("a request")
    }
}

impl World {
    pub(crate) async fn post(&self, form: &Form) -> Answer {
        self.send_raw(form.request(self.now_s())).await
    }

    /// With another body than the form's own.
    pub(crate) async fn post_body<B>(&self, form: &Form, body: B) -> Answer
    where
        B: Body<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display,
    {
        Answer::of(self.door.handle(form.with_body(body)).await).await
    }
}
