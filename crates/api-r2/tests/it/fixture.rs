//! A door over a store in memory, and requests to it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use api_r2::{Door, DoorSettings};
use auth::{AccessKey, BucketScope, Permission, Scope, SecretAccessKey};
use blob::memory::MemoryBlobs;
use bytes::Bytes;
use domain::AccountId;
use exchange::StrictR2;
use http::{HeaderMap, Request, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use meta::MemoryEngine;
use seal::Keyring;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::{Credentials, Parts, Settings, Store};
use testkit::{SeededRandom, SimClock};

pub(crate) const ACCOUNT: &str = "123456789abcdef0123456789abcdef0";
/// May do everything.
pub(crate) const ADMIN: &str = "cfat_the-admins-token-of-the-tests-0001";
/// May read everything.
pub(crate) const READER: &str = "cfat_the-readers-token-of-the-tests-02";
/// May read and write objects.
pub(crate) const OBJECTS: &str = "cfat_the-objects-token-of-the-tests-03";

/// What the secrets of tokens and migrations are sealed with.
const TOKEN_KEY: &str = "test AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

pub(crate) struct World {
    pub(crate) door: Door,
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<SimClock>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// The result of a reply that succeeded.
    pub(crate) fn result(&self) -> Value {
        let json = self.json();
        assert_eq!(
            (json["success"].as_bool(), json["errors"].as_array().map(Vec::len)),
            (Some(true), Some(0)),
            "{json}"
        );
        assert_eq!(self.status, 200, "{json}");
        json["result"].clone()
    }

    /// Status and number of a refusal, whose envelope is whole.
    pub(crate) fn refusal(&self) -> (u16, u64) {
        let json = self.json();
        assert_eq!(json["success"], false, "{json}");
        assert!(json["result"].is_null() && json["messages"].is_array(), "{json}");
        assert!(json["errors"][0]["message"].as_str().is_some_and(|text| !text.is_empty()), "{json}");
        (self.status.as_u16(), json["errors"][0]["code"].as_u64().expect("a number"))
    }

    /// Message, chain and place of the first error.
    pub(crate) fn said(&self) -> String {
        let error = &self.json()["errors"][0];
        format!(
            "{} | {} | {}",
            error["message"], error["error_chain"][0]["message"], error["source"]["pointer"]
        )
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A request to be.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// A request by the admin; `{b}` in the target is the path of the buckets.
pub(crate) fn ask(method: &'static str, target: &str) -> Ask {
    let target = target.replace("{b}", &format!("/client/v4/accounts/{ACCOUNT}/r2/buckets"));
    let target = target.replace("{a}", &format!("/client/v4/accounts/{ACCOUNT}"));
    Ask { method, target, headers: Vec::new(), body: Bytes::new() }.token(ADMIN)
}

impl Ask {
    pub(crate) fn token(self, token: &str) -> Self {
        self.without("authorization").header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.without("content-length").header("content-length", &length)
    }
}

impl World {
    /// With a bucket `inside`.
    pub(crate) async fn new() -> Self {
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
            strict_r2: StrictR2::Nowhere,
            host: "localhost:9000".to_owned(),
            body_idle: Duration::from_secs(30),
        };
        let door = Door::new(Arc::clone(&store), clock.clone(), &*random, settings);
        let world = Self { door, store, clock };
        world.send(ask("PUT", "{b}/inside")).await.result();
        world
    }

    pub(crate) async fn send(&self, ask: Ask) -> Answer {
        let body = Full::new(ask.body.clone());
        self.send_body(ask, body).await
    }

    /// The same over a connection from an address.
    pub(crate) async fn send_from(&self, ask: Ask, peer: Option<&str>) -> Answer {
        let body = Full::new(ask.body.clone());
        self.send_over(ask, body, peer).await
    }

    pub(crate) async fn send_body<B>(&self, ask: Ask, body: B) -> Answer
    where
        B: Body<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display,
    {
        self.send_over(ask, body, None).await
    }

    async fn send_over<B>(&self, ask: Ask, body: B, peer: Option<&str>) -> Answer
    where
        B: Body<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display,
    {
        let mut request = Request::builder().method(ask.method).uri(&ask.target);
        for (name, value) in &ask.headers {
            request = request.header(name, value.as_bytes());
        }
        if let Some(peer) = peer {
            let address: IpAddr = peer.parse().expect("an address");
            request = request.extension(SocketAddr::new(address, 50_000));
        }
        let response = self.door.handle(request.body(body).expect("a request")).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A document to a setting of the bucket `inside`.
    pub(crate) async fn put_setting(&self, setting: &str, document: &str) -> Answer {
        self.send(ask("PUT", &format!("{{b}}/inside/{setting}")).body(document.to_owned())).await
    }
}

/// The id of the tests' token of that number.
pub(crate) fn token_id(number: usize) -> String {
    format!("{number:032x}")
}

fn credentials() -> Credentials {
    let tokens = [
        (ADMIN, Permission::AdminReadWrite),
        (READER, Permission::AdminReadOnly),
        (OBJECTS, Permission::ObjectReadWrite),
    ];
    Credentials::new(tokens.into_iter().enumerate().map(|(n, (token, permission))| AccessKey {
        id: token_id(n),
        secret: SecretAccessKey::new(hash(token)),
        scope: Scope::new(permission, BucketScope::All),
    }))
}

/// The secret access key of a token.
pub(crate) fn hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
