//! A door over a store in memory, and a client that signs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use api_s3::{Door, DoorSettings, ReplyBody, StrictR2};
use auth::{AccessKey, BucketScope, Permission, Scope, SecretAccessKey, TemporaryCredential};
use blob::memory::MemoryBlobs;
use bytes::Bytes;
use domain::{AccountId, BucketName, Clock};
use http::{HeaderMap, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use meta::MemoryEngine;
use seal::Keyring;
use sigv4::ChunkSeed;
use sigv4::sign::{HeaderRequest, PresignRequest};
use store::{Credentials, Parts, Settings, Store};
use testkit::{SeededRandom, SimClock};

pub(crate) const ACCOUNT: &str = "123456789abcdef0123456789abcdef0";
pub(crate) const HOST: &str = "localhost:9000";
const TOKEN_KEY: &str = "test AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
pub(crate) const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// A credential of the fixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) id: &'static str,
    pub(crate) secret: &'static str,
}

/// May do everything.
pub(crate) const ADMIN: Key =
    Key { id: "0123456789abcdef0123456789abcdef", secret: "the-admins-secret-0001" };
/// May read objects everywhere.
pub(crate) const READER: Key =
    Key { id: "11111111111111111111111111111111", secret: "the-readers-secret-0002" };
/// May read and write objects in the buckets `inside` and `nowhere`, of which only the first exists.
pub(crate) const BOUND: Key =
    Key { id: "22222222222222222222222222222222", secret: "the-bounds-secret-0003" };
pub(crate) const KEYS: [Key; 3] = [ADMIN, READER, BOUND];

pub(crate) struct World {
    pub(crate) door: Door,
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<SimClock>,
}

impl World {
    /// With the buckets `inside` and `outside`.
    pub(crate) async fn new() -> Self {
        Self::with_settings(StrictR2::Nowhere, &[HOST, "files.example.com"]).await
    }

    /// With R2's behaviour to the letter.
    pub(crate) async fn strict() -> Self {
        Self::with_settings(StrictR2::Everywhere, &[HOST, "files.example.com"]).await
    }

    /// With R2's behaviour to the letter in one bucket.
    pub(crate) async fn strict_in(bucket: &str) -> Self {
        let bucket = BucketName::parse(bucket).expect("valid");
        Self::with_settings(StrictR2::In(vec![bucket]), &[HOST, "files.example.com"]).await
    }

    /// With other names than the usual ones, beside [`HOST`].
    pub(crate) async fn with_hosts(hosts: &[&str]) -> Self {
        Self::with_settings(StrictR2::Nowhere, &[&[HOST], hosts].concat()).await
    }

    async fn with_settings(strict_r2: StrictR2, hosts: &[&str]) -> Self {
        let clock = Arc::new(SimClock::default());
        let random = Arc::new(SeededRandom::new(7));
        let parts = Parts {
            engine: Arc::new(MemoryEngine::new()),
            blobs: Arc::new(MemoryBlobs::new(random.clone())),
            clock: clock.clone(),
            random: random.clone(),
        };
        let account = AccountId::parse(ACCOUNT).expect("valid");
        let store =
            Store::open(parts, credentials(), Settings::default(), Some(account)).await.expect("opens");
        let keyring = Keyring::parse(TOKEN_KEY).expect("a key");
        let store = Arc::new(store.with_tokens(keyring).await.expect("opens"));
        let settings = DoorSettings {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            strict_r2,
            body_idle: Duration::from_secs(30),
        };
        let door = Door::new(Arc::clone(&store), clock.clone(), &*random, settings);
        let world = Self { door, store, clock };
        for bucket in ["/inside", "/outside"] {
            assert_eq!(world.send(&put(bucket, "")).await.status, 200);
        }
        world
    }

    pub(crate) async fn send(&self, ask: &Ask) -> Answer {
        self.send_body(ask, Full::new(ask.body.clone())).await
    }

    /// With another body than the one that was signed.
    pub(crate) async fn send_body<B>(&self, ask: &Ask, body: B) -> Answer
    where
        B: Body<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display,
    {
        Answer::of(self.door.handle(ask.request(self.now_s()).map(|()| body)).await).await
    }

    pub(crate) async fn send_raw(&self, request: Request<Full<Bytes>>) -> Answer {
        Answer::of(self.door.handle(request).await).await
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.clock.now().as_seconds()
    }

    /// The object's bytes, if it is there.
    pub(crate) async fn stored(&self, path: &str) -> Option<Bytes> {
        let answer = self.send(&get(path)).await;
        match answer.status {
            200 => Some(answer.body),
            404 => None,
            other => panic!("{path}: {other}: {}", answer.text()),
        }
    }

    /// Gives a bucket a CORS policy, as XML rules.
    pub(crate) async fn cors(&self, bucket: &str, rules: &str) {
        let document = format!("<CORSConfiguration>{rules}</CORSConfiguration>");
        let answer = self.send(&put(bucket, document).query("cors", "")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

fn credentials() -> Credentials {
    let buckets = ["inside", "nowhere"].map(|name| BucketName::parse(name).expect("valid"));
    let scopes = [
        Scope::admin(),
        Scope::new(Permission::ObjectReadOnly, BucketScope::All),
        Scope::new(Permission::ObjectReadWrite, BucketScope::Only(BTreeSet::from(buckets))),
    ];
    Credentials::new(KEYS.into_iter().zip(scopes).map(|(key, scope)| AccessKey {
        id: key.id.to_owned(),
        secret: SecretAccessKey::new(key.secret),
        scope,
    }))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signing {
    Header,
    Presigned { expires_s: u32 },
    None,
}

/// A request to be.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    unsigned: Vec<(String, String)>,
    pub(crate) body: Bytes,
    content_length: Option<u64>,
    key: Key,
    signing: Signing,
    host: String,
    signed_host: Option<String>,
    payload: String,
    signed_ago_s: i64,
    region: &'static str,
    temporary: Option<TemporaryCredential>,
}

pub(crate) fn ask(method: &'static str, path: &str) -> Ask {
    Ask {
        method,
        path: path.to_owned(),
        query: Vec::new(),
        headers: Vec::new(),
        unsigned: Vec::new(),
        body: Bytes::new(),
        content_length: None,
        key: ADMIN,
        signing: Signing::Header,
        host: HOST.to_owned(),
        signed_host: None,
        payload: UNSIGNED.to_owned(),
        signed_ago_s: 0,
        region: "auto",
        temporary: None,
    }
}

pub(crate) fn get(path: &str) -> Ask {
    ask("GET", path)
}

pub(crate) fn head(path: &str) -> Ask {
    ask("HEAD", path)
}

pub(crate) fn delete(path: &str) -> Ask {
    ask("DELETE", path)
}

pub(crate) fn put(path: &str, body: impl Into<Bytes>) -> Ask {
    ask("PUT", path).body(body)
}

pub(crate) fn post(path: &str, body: impl Into<Bytes>) -> Ask {
    ask("POST", path).body(body)
}

impl Ask {
    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.content_length = Some(self.body.len() as u64);
        self
    }

    /// Announces a length other than the body's, or none.
    pub(crate) fn length(mut self, length: Option<u64>) -> Self {
        self.content_length = length;
        self
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A signed header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A header that the signature does not cover.
    pub(crate) fn unsigned(mut self, name: &str, value: &str) -> Self {
        self.unsigned.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn origin(self, origin: &str) -> Self {
        self.unsigned("origin", origin)
    }

    pub(crate) fn by(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    /// By a temporary credential, with its session token.
    pub(crate) fn with(mut self, credential: &TemporaryCredential) -> Self {
        self.temporary = Some(credential.clone());
        self
    }

    pub(crate) fn presigned(self) -> Self {
        self.expires(300)
    }

    pub(crate) fn expires(mut self, expires_s: u32) -> Self {
        self.signing = Signing::Presigned { expires_s };
        self
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.signing = Signing::None;
        self
    }

    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    pub(crate) fn signed_for(mut self, host: &str) -> Self {
        self.signed_host = Some(host.to_owned());
        self
    }

    /// The value of `x-amz-content-sha256`.
    pub(crate) fn payload(mut self, payload: &str) -> Self {
        self.payload = payload.to_owned();
        self
    }

    pub(crate) fn signed_ago(mut self, seconds: i64) -> Self {
        self.signed_ago_s = seconds;
        self
    }

    pub(crate) fn region(mut self, region: &'static str) -> Self {
        self.region = region;
        self
    }

    pub(crate) fn request(&self, now_s: i64) -> Request<()> {
        self.request_with_seed(now_s).0
    }

    /// The request, and what the chunks of its body are signed from.
    pub(crate) fn request_with_seed(&self, now_s: i64) -> (Request<()>, Option<ChunkSeed>) {
        let (query, added, seed) = self.sign(now_s - self.signed_ago_s);
        let target = if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) };
        let mut request = Request::builder().method(self.method).uri(target).header("host", &self.host);
        if let Some(length) = self.content_length {
            request = request.header("content-length", length);
        }
        for (name, value) in self.headers.iter().chain(&added).chain(&self.unsigned) {
            request = request.header(name, value.as_bytes());
        }
        (request.body(()).expect("a request"), seed)
    }

    fn sign(&self, date_s: i64) -> (String, Vec<(String, String)>, Option<ChunkSeed>) {
        let pairs = |list: &'_ [(String, String)]| -> Vec<(String, String)> { list.to_vec() };
        let (query, headers) = (pairs(&self.query), pairs(&self.headers));
        let query: Vec<_> = query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let host = self.signed_host.as_deref().unwrap_or(&self.host);
        let (access_key_id, secret, session_token) = match &self.temporary {
            Some(made) => (&*made.access_key_id, made.secret.expose(), Some(made.session_token.expose())),
            None => (self.key.id, self.key.secret, None),
        };
        let (method, path) = (self.method, self.path.as_str());
        match self.signing {
            Signing::None => (plain_query(&self.query), Vec::new(), None),
            Signing::Presigned { expires_s } => {
                let request = PresignRequest {
                    method,
                    host,
                    path,
                    query: &query,
                    headers: &headers,
                    region: self.region,
                    access_key_id,
                    secret,
                    date_s,
                    expires_s,
                    session_token,
                };
                (sigv4::sign::presign(&request), Vec::new(), None)
            }
            Signing::Header => {
                let request = HeaderRequest {
                    method,
                    host,
                    path,
                    query: &query,
                    headers: &headers,
                    region: self.region,
                    access_key_id,
                    secret,
                    date_s,
                    payload: &self.payload,
                    session_token,
                };
                let (added, seed) = sigv4::sign::sign_header_with_seed(&request);
                (plain_query(&self.query), added, Some(seed))
            }
        }
    }
}

fn plain_query(pairs: &[(String, String)]) -> String {
    let encode = |text: &str| sigv4::uri_encode(text.as_bytes(), false);
    pairs.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect::<Vec<_>>().join("&")
}

/// A reply.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) async fn of(response: Response<ReplyBody>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the body is whole").to_bytes();
        let answer = Self { status: parts.status.as_u16(), headers: parts.headers, body };
        assert_eq!(answer.header("x-amz-request-id").map(|id| id.len()), Some(32), "every reply has an id");
        answer
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The text of the first element of a name; empty when there is none.
    pub(crate) fn element(&self, name: &str) -> String {
        let text = self.text();
        let inside = text
            .split_once(&format!("<{name}>"))
            .and_then(|(_, rest)| rest.split_once(&format!("</{name}>")));
        let inside = inside.map(|(inside, _)| inside).unwrap_or_default();
        let table = [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&apos;", "'"),
            ("&#10;", "\n"),
            ("&amp;", "&"),
        ];
        table.iter().fold(inside.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    pub(crate) fn code(&self) -> String {
        self.element("Code")
    }

    pub(crate) fn hint(&self) -> String {
        self.element("Hint")
    }

    /// Status and code, for tables.
    pub(crate) fn verdict(&self) -> (u16, String) {
        (self.status, self.code())
    }
}

/// Adds up to one: (status, code) as a table has it.
pub(crate) fn verdict(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
