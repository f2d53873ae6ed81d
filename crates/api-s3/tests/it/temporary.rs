//! Temporary credentials at the door: every way to sign with one, what each may do, and how they are refused.

use std::collections::BTreeSet;
use std::time::Duration;

use auth::{Action, Claims, Paths, Permission, SecretAccessKey, Session, TemporaryCredential, temporary};
use bytes::Bytes;
use domain::{AccountId, BucketName};
use http_body_util::Full;
use sigv4::sign::ChunkSigner;

use crate::fixture::*;
use crate::forms::form::form;
use crate::multipart::{begin, complete, part};

/// Made by a key of the fixture, for 15 minutes.
pub(crate) struct Made {
    parent: Key,
    audience: String,
    session: Session,
    account: &'static str,
}

pub(crate) fn made(bucket: &str, permission: Permission) -> Made {
    let bucket = BucketName::parse(bucket).expect("valid");
    let session = Session { permission, bucket, actions: None, paths: None };
    Made { parent: ADMIN, audience: HOST.to_owned(), session, account: ACCOUNT }
}

impl Made {
    pub(crate) fn by(self, parent: Key) -> Self {
        Self { parent, ..self }
    }

    fn paths(mut self, prefixes: &[&str], objects: &[&str]) -> Self {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        self.session.paths = Some(Paths { prefixes: texts(prefixes), objects: texts(objects) });
        self
    }

    fn actions(mut self, actions: &[Action]) -> Self {
        self.session.actions = Some(BTreeSet::from_iter(actions.iter().copied()));
        self
    }

    pub(crate) fn at(self, world: &World) -> TemporaryCredential {
        let claims = Claims {
            account: AccountId::parse(self.account).expect("valid"),
            issuer: self.parent.id.to_owned(),
            audience: self.audience,
            issued_s: world.now_s(),
            expires_s: world.now_s() + 900,
            session: self.session,
        };
        temporary::issue(&SecretAccessKey::new(self.parent.secret), &claims).expect("issues")
    }
}

const WRITE: Permission = Permission::ObjectReadWrite;
const READ: Permission = Permission::ObjectReadOnly;

#[tokio::test]
async fn every_way_to_sign_takes_a_temporary_credential() {
    for world in [World::new().await, World::strict().await] {
        let child = made("inside", WRITE).at(&world);
        for ask in [
            put("/inside/k", "v").with(&child),
            get("/inside/k").with(&child),
            get("/inside/k").with(&child).presigned(),
            head("/inside/k").with(&child).presigned(),
            put("/inside/p", "v").with(&child).presigned(),
            get("/inside").query("list-type", "2").with(&child),
            get("/inside").with(&child).presigned(),
            // the session token as a signed header beside a presigned query
            get("/inside/k")
                .by(Key { secret: leaked(child.secret.expose()), ..ADMIN })
                .presigned()
                .header("x-amz-security-token", child.session_token.expose()),
        ] {
            let answer = world.send(&ask).await;
            assert_eq!(answer.status, 200, "{ask:?}: {}", answer.text());
        }
        assert_eq!(world.send(&delete("/inside/p").with(&child)).await.status, 204);
    }
}

/// The fixture's keys are constants.
pub(crate) fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[tokio::test]
async fn a_chunked_body_is_signed_with_the_temporary_secret() {
    const PAYLOAD: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    let world = World::new().await;
    let child = made("inside", WRITE).at(&world);
    let ask = put("/inside/k", "").length(None).payload(PAYLOAD).with(&child);
    let ask = ask.header("content-encoding", "aws-chunked").header("x-amz-decoded-content-length", "4");
    let (request, seed) = ask.request_with_seed(world.now_s());
    let mut signer = ChunkSigner::signed(seed.expect("signed in its header"));
    let mut body = Vec::new();
    signer.chunk(b"body", &mut body);
    signer.finish(&mut body);
    let answer = world.send_raw(request.map(|()| Full::new(Bytes::from(body)))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(world.stored("/inside/k").await.as_deref(), Some(b"body".as_slice()));
}

#[tokio::test]
async fn a_form_carries_its_session_token_under_its_policy() {
    let world = World::new().await;
    let child = made("inside", WRITE).paths(&["up/"], &[]).at(&world);
    let token = child.session_token.expose();
    let by_child = Key { id: ADMIN.id, secret: leaked(child.secret.expose()) };
    let form = |key: &str| {
        let mut form = form(key, "x");
        form.key = by_child;
        form
    };
    assert_eq!(world.post(&form("up/k").field("x-amz-security-token", token)).await.status, 204);
    let outside = world.post(&form("k").field("x-amz-security-token", token)).await;
    assert_eq!(outside.verdict(), verdict(403, "AccessDenied"), "not below its prefix");
    let uncovered = world.post(&form("up/k").extra("x-amz-security-token", token)).await;
    assert_eq!(uncovered.verdict(), verdict(403, "AccessDenied"));
    assert!(uncovered.element("Message").contains("Extra input fields"), "{}", uncovered.text());
    let without = world.post(&form("up/k")).await;
    assert_eq!(without.verdict(), verdict(403, "SignatureDoesNotMatch"));
    let reader = made("inside", READ).at(&world);
    let mut read_only = form("up/k").field("x-amz-security-token", reader.session_token.expose());
    read_only.key.secret = leaked(reader.secret.expose());
    assert_eq!(world.post(&read_only).await.verdict(), verdict(403, "AccessDenied"));
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_refused_and_says_why() {
    let world = World::new().await;
    let good = made("inside", WRITE).at(&world);
    let other_account = Made { account: "00000000000000000000000000000000", ..made("inside", WRITE) };
    let other_host = Made { audience: "s3.amazonaws.com".to_owned(), ..made("inside", WRITE) };
    let stranger = Key { secret: "not-the-admins-secret", ..ADMIN };
    // a child of BOUND, presented as one of ADMIN
    let of_bound = made("inside", WRITE).by(BOUND).at(&world);
    let swapped = TemporaryCredential { access_key_id: ADMIN.id.to_owned(), ..of_bound };
    let table = [
        ("account", other_account.at(&world), "which is not this account"),
        ("host", other_host.at(&world), "claim aud is s3.amazonaws.com"),
        (
            "parent's secret",
            made("inside", WRITE).by(stranger).at(&world),
            "is not signed with the secret access key",
        ),
        ("parent", swapped, "is not signed with the secret access key"),
    ];
    for (what, credential, hint) in table {
        for ask in [get("/inside/k").with(&credential), get("/inside/k").with(&credential).presigned()] {
            let answer = world.send(&ask).await;
            assert_eq!(answer.verdict(), verdict(400, "InvalidToken"), "{what}");
            assert_eq!(answer.element("Message"), "The provided token is malformed or otherwise invalid.");
            assert!(answer.hint().contains(hint), "{what}: {}", answer.hint());
        }
    }
    let unknown = Key { id: "ffffffffffffffffffffffffffffffff", ..ADMIN };
    let orphan = made("inside", WRITE).by(unknown).at(&world);
    assert_eq!(world.send(&get("/inside/k").with(&orphan)).await.verdict(), verdict(401, "Unauthorized"));
    world.clock.advance(Duration::from_secs(899));
    assert_eq!(world.send(&put("/inside/k", "v").with(&good)).await.status, 200);
    world.clock.advance(Duration::from_secs(1));
    let late = world.send(&get("/inside/k").with(&good)).await;
    assert_eq!(late.verdict(), verdict(400, "ExpiredToken"));
    assert_eq!(late.element("Message"), "The provided token has expired.");
    assert!(late.hint().contains("It expired at 2026-01-01T00:15:00"), "{}", late.hint());
}

#[tokio::test]
async fn the_names_that_a_credential_may_be_for() {
    let world = World::new().await;
    let of_r2 = |jurisdiction: &str| format!("{ACCOUNT}.{jurisdiction}r2.cloudflarestorage.com");
    let ours = format!("{ACCOUNT}.r2.localhost:9000");
    for audience in
        [HOST, "localhost", "files.example.com", "Files.Example.com:443", &ours, &of_r2(""), &of_r2("eu.")]
    {
        let credential = Made { audience: audience.to_owned(), ..made("inside", WRITE) }.at(&world);
        assert_eq!(world.send(&put("/inside/k", "v").with(&credential)).await.status, 200, "{audience}");
    }
    let url = format!("http://{HOST}");
    let other = "00000000000000000000000000000000.r2.cloudflarestorage.com";
    for audience in ["", "r2.cloudflarestorage.com", other, "inside.localhost", "example.com", &url] {
        let credential = Made { audience: audience.to_owned(), ..made("inside", WRITE) }.at(&world);
        let answer = world.send(&put("/inside/k", "v").with(&credential)).await;
        assert_eq!(answer.verdict(), verdict(400, "InvalidToken"), "{audience}");
    }
}

#[tokio::test]
async fn token_and_secret_go_together() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    let child = made("inside", WRITE).at(&world);
    let by_child = Key { secret: leaked(child.secret.expose()), ..ADMIN };
    let (parent_secret, token) = (SecretAccessKey::new(ADMIN.secret), child.session_token.expose());
    for sign in [|ask: Ask| ask, Ask::presigned] {
        // both keys are in use at the same time: neither is taken for the other
        for _ in 0..3 {
            assert_eq!(world.send(&sign(get("/inside/k"))).await.status, 200);
            assert_eq!(world.send(&sign(get("/inside/k")).with(&child)).await.status, 200);
        }
        let without = world.send(&sign(get("/inside/k").by(by_child))).await;
        assert_eq!(without.verdict(), verdict(403, "SignatureDoesNotMatch"));
        assert!(without.hint().contains("session token"), "{}", without.hint());
        let mixed = TemporaryCredential { secret: parent_secret.clone(), ..child.clone() };
        let mixed = world.send(&sign(get("/inside/k")).with(&mixed)).await;
        assert_eq!(mixed.verdict(), verdict(403, "SignatureDoesNotMatch"));
        assert!(mixed.hint().contains("secret access key of its parent"), "{}", mixed.hint());
        assert!(!mixed.text().contains(token), "whoever sees the token has the secret");
        assert!(!mixed.text().contains(&sigv4::uri_encode(token.as_bytes(), false)));
        let second = made("inside", READ).at(&world);
        let crossed = TemporaryCredential { secret: second.secret, ..child.clone() };
        let crossed = world.send(&sign(get("/inside/k")).with(&crossed)).await;
        assert_eq!(crossed.verdict(), verdict(403, "SignatureDoesNotMatch"));
    }
    let unsigned = get("/inside/k").by(by_child).unsigned("x-amz-security-token", token);
    let answer = world.send(&unsigned).await;
    assert_eq!(answer.verdict(), verdict(403, "AccessDenied"));
    assert_eq!(answer.element("HeadersNotSigned"), "x-amz-security-token");
}

#[tokio::test]
async fn a_child_may_no_more_than_its_parent() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    world.send(&put("/outside/k", "v")).await;
    let admin = |bucket| made(bucket, Permission::AdminReadWrite);
    let (of_reader, of_bound) = (admin("inside").by(READER).at(&world), admin("inside").by(BOUND).at(&world));
    let not_of_bound = admin("outside").by(BOUND).at(&world);
    let of_admin = admin("inside").at(&world);
    let denied = (403, "AccessDenied");
    let rows = [
        (get("/inside/k").with(&of_reader), (200, ""), ""),
        (
            put("/inside/k", "x").with(&of_reader),
            denied,
            "permission of this access key does not include PutObject",
        ),
        (put("/inside/k", "x").with(&of_bound), (200, ""), ""),
        (get("/inside").query("cors", "").with(&of_bound), denied, "does not include GetBucketCors"),
        (get("/inside").query("cors", "").with(&of_admin), (404, "NoSuchCORSConfiguration"), ""),
        (get("/outside/k").with(&not_of_bound), denied, "does not reach this bucket"),
        (get("/outside/k").with(&of_admin), denied, "for another bucket"),
        (get("/").with(&of_admin), denied, "the whole account"),
        (put("/fresh", "").with(&of_admin), denied, "for another bucket"),
        (get("/missing/k").with(&of_admin), denied, "for another bucket"),
        (
            delete("/inside/k").with(&made("inside", READ).at(&world)),
            denied,
            "its claim scope, does not include",
        ),
    ];
    for (ask, expected, hint) in rows {
        let answer = world.send(&ask).await;
        assert_eq!(answer.verdict(), verdict(expected.0, expected.1), "{ask:?}: {}", answer.text());
        assert!(answer.hint().contains(hint), "{}", answer.hint());
    }
}

#[tokio::test]
async fn paths_hold_for_every_operation() {
    let world = World::new().await;
    for key in ["in/a", "in/b", "out", "single"] {
        world.send(&put(&format!("/inside/{key}"), "v")).await;
    }
    let child = made("inside", WRITE).paths(&["in/"], &["single"]).at(&world);
    let send = async |ask: Ask| world.send(&ask.with(&child)).await;
    let list = |prefix: &str| get("/inside").query("list-type", "2").query("prefix", prefix);
    let copy = |from: &str, to: &str| put(to, "").header("x-amz-copy-source", from);
    for ask in [
        get("/inside/in/a"),
        get("/inside/single"),
        put("/inside/in/new", "v"),
        put("/inside/single", "v"),
        list("in/"),
        list("in/a").query("delimiter", "/"),
        get("/inside").query("prefix", "in/"),
        get("/inside").query("uploads", "").query("prefix", "in/"),
        copy("/inside/in/a", "/inside/in/c"),
        get("/inside").query("location", ""),
        head("/inside"),
    ] {
        let answer = send(ask.clone()).await;
        assert_eq!(answer.status, 200, "{ask:?}: {}", answer.text());
    }
    for ask in [
        get("/inside/out"),
        head("/inside/out"),
        get("/inside/missing"),
        get("/inside/in"),
        put("/inside/out", "x"),
        put("/inside/single2", "x"),
        delete("/inside/out"),
        post("/inside/out", "").query("uploads", ""),
        list(""),
        list("i"),
        list("single"),
        get("/inside").query("list-type", "2"),
        get("/inside"),
        get("/inside").query("versions", ""),
        get("/inside").query("uploads", ""),
        copy("/inside/out", "/inside/in/c"),
        copy("/inside/in/a", "/inside/out"),
        copy("/outside/k", "/inside/in/c"),
        get("/inside").query("cors", ""),
        get("/inside/out").query("tagging", ""),
        put("/inside/k", "").header("cf-create-bucket-if-missing", "true"),
    ] {
        let answer = send(ask.clone()).await;
        assert!(answer.status == 403, "{ask:?}: {} {}", answer.status, answer.text());
        assert!(ask.method == "HEAD" || answer.code() == "AccessDenied", "{ask:?}");
    }
    let hint = send(list("")).await.hint();
    assert!(hint.contains("List with a prefix inside"), "{hint}");
    // of many, those within are deleted and the others are named
    let keys = ["in/b", "out", "single", "in/missing"];
    let objects: String = keys.iter().map(|key| format!("<Object><Key>{key}</Key></Object>")).collect();
    let answer = send(post("/inside", format!("<Delete>{objects}</Delete>")).query("delete", "")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.text().matches("<Deleted>").count(), 3, "{}", answer.text());
    assert_eq!(
        (answer.element("Error").contains("<Key>out</Key>"), answer.code()),
        (true, "AccessDenied".to_owned())
    );
    assert_eq!(world.stored("/inside/out").await.as_deref(), Some(b"v".as_slice()));
    assert_eq!(world.stored("/inside/in/b").await, None);
}

#[tokio::test]
async fn uploads_in_parts_hold_to_paths_and_actions() {
    let world = World::new().await;
    world.send(&put("/inside/out", vec![b'o'; 100])).await;
    let child = made("inside", WRITE).paths(&["in/"], &[]).at(&world);
    let path = "/inside/in/large";
    let id = begin(&world, post(path, "").with(&child)).await;
    let stored = world.send(&part(path, &id, "1", "content").with(&child)).await;
    let etag = stored.header("etag").expect("a part has an ETag");
    let copied = part(path, &id, "2", "").header("x-amz-copy-source", "/inside/out").with(&child);
    assert_eq!(
        world.send(&copied).await.verdict(),
        verdict(403, "AccessDenied"),
        "its source is out of reach"
    );
    assert_eq!(world.send(&get(path).query("uploadId", &id).with(&child)).await.status, 200);
    // a part and its end are two actions
    let parts_only = made("inside", WRITE).actions(&[Action::UploadPart]).at(&world);
    assert_eq!(world.send(&part(path, &id, "1", "content").with(&parts_only)).await.status, 200);
    let done = complete(path, &id, &[(1, &etag)]);
    for refused in [done.clone(), delete(path).query("uploadId", &id), get(path).query("uploadId", &id)] {
        let answer = world.send(&refused.with(&parts_only)).await;
        assert_eq!(answer.verdict(), verdict(403, "AccessDenied"));
        assert!(
            answer.hint().contains("The actions of this temporary credential do not name"),
            "{}",
            answer.hint()
        );
    }
    assert_eq!(world.send(&part(path, &id, "1", "content").with(&child)).await.status, 200);
    assert_eq!(world.send(&done.with(&child)).await.status, 200);
    assert_eq!(world.stored(path).await.as_deref(), Some(b"content".as_slice()));
}

/// Each action that can be named, with a request that needs it and no other.
#[tokio::test]
async fn each_action_allows_its_operation_and_no_other() {
    use Action as A;
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    let id = begin(&world, post("/inside/k", "")).await;
    let (batch, one) =
        ("<Delete><Object><Key>gone</Key></Object></Delete>", [(1, "\"00000000000000000000000000000000\"")]);
    let rows = [
        (A::HeadObject, head("/inside/k")),
        (A::GetObject, get("/inside/k")),
        (A::GetBucketLocation, get("/inside").query("location", "")),
        (A::ListObjectsV1, get("/inside")),
        (A::ListObjectsV2, get("/inside").query("list-type", "2")),
        (A::ListMultipartUploads, get("/inside").query("uploads", "")),
        (A::ListParts, get("/inside/k").query("uploadId", &id)),
        (A::PutObject, put("/inside/new", "v")),
        (A::DeleteObject, delete("/inside/gone")),
        (A::DeleteObjects, post("/inside", batch).query("delete", "")),
        (A::CreateMultipartUpload, post("/inside/other", "").query("uploads", "")),
        (A::UploadPart, part("/inside/k", &id, "1", "v")),
        (A::CompleteMultipartUpload, complete("/inside/k", &id, &one)),
        (A::AbortMultipartUpload, delete("/inside/missing").query("uploadId", &id)),
        (A::CopyObject, put("/inside/copy", "").header("x-amz-copy-source", "/inside/k")),
        (A::UploadPartCopy, part("/inside/k", &id, "1", "").header("x-amz-copy-source", "/inside/k")),
    ];
    assert_eq!(rows.len(), Action::names().count());
    for (action, _) in &rows {
        let only = made("inside", WRITE).actions(&[*action]).at(&world);
        let and_read = made("inside", WRITE).actions(&[*action, A::GetObject]).at(&world);
        for (needed, ask) in &rows {
            let refused =
                async |by: &TemporaryCredential| world.send(&ask.clone().with(by)).await.status == 403;
            let copies = matches!(needed, A::CopyObject | A::UploadPartCopy);
            assert_eq!(refused(&only).await, needed != action || copies, "{needed:?} by {action:?}");
            let allowed = needed == action || *needed == A::GetObject;
            assert_eq!(refused(&and_read).await, !allowed, "{needed:?} by {action:?} and GetObject");
        }
        // what has no name is not allowed by a list
        for ask in
            [get("/inside/k").query("tagging", ""), head("/inside"), get("/inside").query("versions", "")]
        {
            assert_eq!(world.send(&ask.with(&only)).await.status, 403, "{action:?}");
        }
    }
}
