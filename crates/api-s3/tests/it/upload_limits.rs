//! Limits in the URL of an upload: its signer sets them, and whoever uses it is held to them.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::fixture::*;
use crate::forms::form::form;
use crate::multipart::{begin, part};

fn limited(body: &str, name: &str, value: &str) -> Ask {
    put("/inside/k", body.to_owned()).presigned().query(name, value)
}

#[tokio::test]
async fn an_upload_is_held_to_the_limits_of_its_url() {
    let world = World::new().await;
    let typed = |sent: &'static str, allowed| {
        limited("x", "x-larder-content-type", allowed).unsigned("content-type", sent)
    };
    let table = [
        (limited("12345", "x-larder-max-bytes", "5"), None),
        (limited("123456", "x-larder-max-bytes", "5"), Some("EntityTooLarge")),
        (limited("123456", "X-Larder-Max-Bytes", "5"), Some("EntityTooLarge")),
        (limited("", "x-larder-max-bytes", "0"), None),
        (limited("12345", "x-larder-min-bytes", "5"), None),
        (limited("1234", "x-larder-min-bytes", "5"), Some("EntityTooSmall")),
        (typed("image/png", "image/*"), None),
        (typed("text/css", "image/*,text/css"), None),
        (typed("text/html", "image/*,text/css"), Some("InvalidRequest")),
        (limited("x", "x-larder-content-type", "image/*"), Some("InvalidRequest")),
        (limited("x", "x-larder-content-type", "application/*"), None),
        (limited("x", "x-larder-max-bytes", "many"), Some("InvalidArgument")),
        (limited("x", "x-larder-max-size", "1"), Some("InvalidArgument")),
        (limited("x", "x-larder-max-bytes", "5").query("x-larder-max-bytes", "6"), Some("InvalidArgument")),
    ];
    for (ask, code) in table {
        let answer = world.send(&ask).await;
        match code {
            None => assert_eq!(answer.status, 200, "{ask:?}: {}", answer.text()),
            Some(code) => {
                assert_eq!(answer.verdict(), verdict(400, code), "{ask:?}");
                assert_eq!(world.stored("/inside/k").await, None);
            }
        }
        world.send(&delete("/inside/k")).await;
    }
    let refused = world.send(&limited("123456", "x-larder-max-bytes", "5")).await;
    assert_eq!(refused.element("MaxSizeAllowed"), "5");
    assert!(refused.hint().contains("At most 5 bytes"), "{}", refused.hint());
}

/// The query of a presigned URL is signed whole.
#[tokio::test]
async fn only_the_signer_sets_limits() {
    let world = World::new().await;
    let request = limited("123456", "x-larder-max-bytes", "5").request(world.now_s());
    for (from, to) in [("max-bytes=5", "max-bytes=9"), ("x-larder-max-bytes=5", "x-id=PutObject")] {
        let mut changed = request.clone().map(|()| http_body_util::Full::new("123456".into()));
        *changed.uri_mut() = changed.uri().to_string().replace(from, to).parse().expect("a target");
        assert_eq!(world.send_raw(changed).await.verdict(), verdict(403, "SignatureDoesNotMatch"));
    }
    // who signs in a header sends the request itself
    let header_signed = put("/inside/k", "123456").query("x-larder-max-bytes", "5");
    assert_eq!(world.send(&header_signed).await.status, 200);
}

/// In a framing, the length of the content is not the length of the body, and may not be known before.
#[tokio::test]
async fn a_length_that_is_not_announced_is_counted() {
    let world = World::new().await;
    let framed = |content: &str| {
        let mut body = Vec::new();
        let mut signer = sigv4::sign::ChunkSigner::unsigned();
        signer.chunk(content.as_bytes(), &mut body);
        signer.finish_with_trailers(&[], &mut body);
        put("/inside/k", body)
            .presigned()
            .header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            .header("x-amz-decoded-content-length", &content.len().to_string())
            .query("x-larder-max-bytes", "5")
    };
    assert_eq!(world.send(&framed("123456")).await.verdict(), verdict(400, "EntityTooLarge"));
    let answer = world.send(&framed("12345")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn a_limit_on_what_is_no_upload_is_refused_or_means_nothing() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    let limit = |ask: Ask| ask.presigned().query("x-larder-max-bytes", "1");
    for ask in [post("/inside/k", "").query("uploads", ""), put("/inside/k", "").query("tagging", "")] {
        assert_eq!(world.send(&limit(ask)).await.verdict(), verdict(400, "InvalidRequest"));
    }
    assert_eq!(world.send(&limit(get("/inside/k"))).await.text(), "v");
    assert_eq!(world.send(&limit(delete("/inside/k"))).await.status, 204);
}

/// A body without an end, piece by piece; it counts those that were taken.
struct Endless {
    head: Option<Bytes>,
    taken: Arc<AtomicU64>,
}

const PIECE: usize = 1_024;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(head) = self.head.take() {
            return Poll::Ready(Some(Ok(Frame::data(head))));
        }
        self.taken.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; PIECE])))))
    }

    /// Too much to be read for the sake of the connection.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(1 << 40)
    }
}

/// Whatever length was announced: the piece that goes over the limit is the last that is read.
#[tokio::test]
async fn an_upload_is_cut_off_at_the_first_piece_too_much() {
    let world = World::new().await;
    let max = 4 * PIECE;
    let announced = Some(max as u64);
    let id = begin(&world, post("/inside/k", "")).await;
    let uploads = [put("/inside/k", ""), part("/inside/k", &id, "1", "")];
    for ask in uploads {
        let ask = ask.presigned().length(announced).query("x-larder-max-bytes", &max.to_string());
        let taken = Arc::new(AtomicU64::new(0));
        let answer = world.send_body(&ask, Endless { head: None, taken: Arc::clone(&taken) }).await;
        assert_eq!(answer.verdict(), verdict(400, "EntityTooLarge"), "{ask:?}: {}", answer.text());
        assert_eq!(answer.header("connection").as_deref(), Some("close"));
        assert_eq!(taken.load(Ordering::Relaxed), 5, "{ask:?}");
    }
    // a form does not say how long its file is
    let rules = format!("{{\"rules\":[{{\"maxBytes\":{max}}}]}}");
    let rules = put("/inside", rules).query("larder-upload-rules", "");
    for (rules, form) in [
        (None, form("k", "").and(&format!("[\"content-length-range\",0,{max}]"))),
        (Some(rules), form("k", "").and("[\"content-length-range\",0,1000000]")),
    ] {
        if let Some(rules) = &rules {
            assert_eq!(world.send(rules).await.status, 204);
        }
        let taken = Arc::new(AtomicU64::new(0));
        let body = Endless { head: Some(form.until_file(world.now_s())), taken: Arc::clone(&taken) };
        let answer = world.post_body(&form, body).await;
        assert_eq!(answer.verdict(), verdict(400, "EntityTooLarge"), "{}", answer.text());
        assert_eq!(taken.load(Ordering::Relaxed), 5);
    }
    assert_eq!(world.stored("/inside/k").await, None);
    let listed = world.send(&get("/inside/k").query("uploadId", &id)).await;
    assert_eq!((listed.status, listed.element("PartNumber")), (200, String::new()));
}
