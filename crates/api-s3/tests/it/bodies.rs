//! How a body is read, and when it is not: `100 Continue`, refusals that a browser can read, pauses, broken connections.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::fixture::*;

/// A body that plays a script and counts what was taken of it.
struct Scripted {
    events: VecDeque<Event>,
    announced: Option<u64>,
    polls: Arc<AtomicU64>,
    taken: Arc<AtomicU64>,
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
}

enum Event {
    Data(Bytes),
    Pause(Duration),
    Break,
    Hang,
}

impl Scripted {
    fn new(announced: Option<u64>, events: impl IntoIterator<Item = Event>) -> Self {
        let events = events.into_iter().collect();
        Self { events, announced, polls: Arc::default(), taken: Arc::default(), pause: None }
    }

    fn counters(&self) -> (Arc<AtomicU64>, Arc<AtomicU64>) {
        (self.polls.clone(), self.taken.clone())
    }
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        loop {
            if let Some(pause) = &mut self.pause {
                std::task::ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            return match self.events.pop_front() {
                None => Poll::Ready(None),
                Some(Event::Data(data)) => {
                    self.taken.fetch_add(data.len() as u64, Ordering::Relaxed);
                    Poll::Ready(Some(Ok(Frame::data(data))))
                }
                Some(Event::Pause(time)) => {
                    self.pause = Some(Box::pin(tokio::time::sleep(time)));
                    continue;
                }
                Some(Event::Break) => Poll::Ready(Some(Err("connection reset"))),
                Some(Event::Hang) => {
                    self.events.push_front(Event::Hang);
                    Poll::Pending
                }
            };
        }
    }

    fn is_end_stream(&self) -> bool {
        self.events.is_empty() && self.pause.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.announced.map_or_else(SizeHint::default, |announced| {
            SizeHint::with_exact(announced.saturating_sub(self.taken.load(Ordering::Relaxed)))
        })
    }
}

const MIB: usize = 1024 * 1024;

fn mebibytes(count: usize) -> impl Iterator<Item = Event> {
    let piece = Bytes::from(vec![b'x'; MIB]);
    (0..count).map(move |_| Event::Data(piece.clone()))
}

fn forged() -> Ask {
    put("/inside/k", "").presigned().by(Key { secret: "not-the-admins-secret", ..ADMIN })
}

fn announcing(ask: Ask, bytes: usize) -> Ask {
    ask.length(Some(bytes as u64))
}

/// The first poll makes hyper send `100 Continue`: whoever is refused before must not be told to go on.
#[tokio::test]
async fn a_client_that_waits_is_not_told_to_go_on() {
    let world = World::new().await;
    let document = "<CORSConfiguration></CORSConfiguration>";
    let table = [
        (forged(), 403),
        (put("/inside/k", "").anonymous(), 400),
        (put("/inside/k", "").by(READER), 403),
        (put("/outside/k", "").by(BOUND), 403),
        (put("/missing/k", ""), 404),
        (put("/inside/k", "").unsigned("if-match", "*"), 412),
        (put("/inside/k", "").header("x-amz-acl", "everybody"), 501),
        (put("/inside/k", "").query("uploadId", "u").query("partNumber", "1"), 404),
        (put("/inside", document).query("cors", "").by(BOUND), 403),
        (post("/inside", "").query("delete", "").by(READER), 403),
    ];
    for (ask, status) in table {
        let body = Scripted::new(Some(MIB as u64), mebibytes(1));
        let (polls, _) = body.counters();
        let waiting = announcing(ask, MIB).unsigned("expect", "100-continue");
        let answer = world.send_body(&waiting, body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(polls.load(Ordering::Relaxed), 0, "{status}");
        assert_eq!(answer.header("connection").as_deref(), Some("close"));
    }
    let body = Scripted::new(Some(MIB as u64), mebibytes(1));
    let good = announcing(put("/inside/k", ""), MIB).unsigned("expect", "100-continue");
    let answer = world.send_body(&good, body).await;
    assert_eq!((answer.status, answer.header("connection")), (200, None));
}

/// botocore announces an empty file in this way, and misreads the reply to its next one if this connection goes on.
#[tokio::test]
async fn a_client_that_waits_to_send_nothing_gets_no_second_reply() {
    let world = World::new().await;
    let body = Scripted::new(Some(0), Vec::new());
    let nothing = announcing(put("/inside/k", ""), 0).unsigned("expect", "100-continue");
    let answer = world.send_body(&nothing, body).await;
    assert_eq!((answer.status, answer.header("connection").as_deref()), (200, Some("close")));
}

/// Row 004-7 of docs/compat.md: a page that sends 50 MiB and is refused must be able to read why.
#[tokio::test]
async fn a_refused_upload_is_read_to_its_end() {
    let world = World::new().await;
    for announced in [Some(50 * MIB as u64), None] {
        let body = Scripted::new(announced, mebibytes(50));
        let (_, taken) = body.counters();
        let answer = world.send_body(&forged().length(announced), body).await;
        assert_eq!(answer.verdict(), verdict(403, "SignatureDoesNotMatch"));
        assert_eq!(taken.load(Ordering::Relaxed), 50 * MIB as u64);
        assert_eq!(answer.header("connection"), None, "the connection goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_to_read_closes_the_connection() {
    let world = World::new().await;
    // announced: not a byte is read
    let body = Scripted::new(Some(200 * MIB as u64), mebibytes(200));
    let (_, taken) = body.counters();
    let answer = world.send_body(&announcing(forged(), 200 * MIB), body).await;
    assert_eq!((answer.status, answer.header("connection").as_deref()), (403, Some("close")));
    assert_eq!(taken.load(Ordering::Relaxed), 0);
    // not announced: up to the bound
    let body = Scripted::new(None, mebibytes(200));
    let (_, taken) = body.counters();
    let answer = world.send_body(&forged().length(None), body).await;
    assert_eq!((answer.status, answer.header("connection").as_deref()), (403, Some("close")));
    assert!((64 * MIB as u64..=65 * MIB as u64).contains(&taken.load(Ordering::Relaxed)));
    // a trickle that never pauses for long, and never ends
    let trickle =
        (0..10_000).flat_map(|_| [Event::Pause(Duration::from_secs(5)), Event::Data(Bytes::from("x"))]);
    let before = tokio::time::Instant::now();
    let answer = world.send_body(&forged().length(None), Scripted::new(None, trickle)).await;
    assert_eq!((answer.status, answer.header("connection").as_deref()), (403, Some("close")));
    assert_eq!(before.elapsed().as_secs(), 120);
}

#[tokio::test(start_paused = true)]
async fn pauses_are_bounded() {
    let world = World::new().await;
    let hello = || Event::Data(Bytes::from("hello"));
    let slow = [hello(), Event::Pause(Duration::from_secs(29)), hello()];
    let answer =
        world.send_body(&announcing(put("/inside/slow", ""), 10), Scripted::new(Some(10), slow)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let hung = Scripted::new(Some(10), [hello(), Event::Hang]);
    let answer = world.send_body(&announcing(put("/inside/hung", ""), 10), hung).await;
    assert_eq!(answer.verdict(), verdict(400, "RequestTimeout"));
    assert!(answer.hint().contains("30 s"), "{}", answer.hint());
    assert_eq!(answer.header("connection").as_deref(), Some("close"));
    assert_eq!(world.stored("/inside/hung").await, None);
}

#[tokio::test]
async fn a_connection_that_breaks_stores_nothing() {
    let world = World::new().await;
    for pieces in [0, 1, 3] {
        let body = Scripted::new(Some(4 * MIB as u64), mebibytes(pieces).chain([Event::Break]));
        let answer = world.send_body(&announcing(put("/inside/k", ""), 4 * MIB), body).await;
        assert_eq!(answer.verdict(), verdict(400, "ClientDisconnect"));
        assert_eq!(answer.header("connection").as_deref(), Some("close"));
        assert_eq!(world.stored("/inside/k").await, None);
    }
}

/// A body where none belongs is read and thrown away, so that the next request on the connection is understood.
#[tokio::test]
async fn bodies_that_nobody_asked_for() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    for (ask, status) in [(get("/inside/k"), 200), (delete("/inside/k"), 204)] {
        let body = Scripted::new(Some(MIB as u64), mebibytes(1));
        let (_, taken) = body.counters();
        let answer = world.send_body(&announcing(ask, MIB), body).await;
        assert_eq!((answer.status, answer.header("connection")), (status, None));
        assert_eq!(taken.load(Ordering::Relaxed), MIB as u64);
    }
}

/// A server spawns this future on any thread.
#[tokio::test]
async fn the_future_is_send() {
    fn is_send<F: Future + Send>(future: F) -> F {
        future
    }
    let world = World::new().await;
    let request = get("/").request(world.now_s()).map(|()| Scripted::new(None, []));
    assert_eq!(is_send(world.door.handle(request)).await.status(), 200);
}

/// A body that comes when it is sent.
struct Late(tokio::sync::oneshot::Receiver<Bytes>);

impl Body for Late {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        if self.0.is_terminated() {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.0).poll(cx).map(|data| data.ok().map(|data| Ok(Frame::data(data))))
    }
}

/// Spec: R2 docs, platform limits (concurrent writes to the same object name) and error codes, 10058.
#[tokio::test]
async fn concurrent_writes_to_a_key_are_limited_as_on_r2() {
    for (world, outcome) in [(World::new().await, 200), (World::strict().await, 429)] {
        let slow = put("/inside/k", "slow");
        let (send, body) = tokio::sync::oneshot::channel();
        let meanwhile = async {
            world.clock.advance(Duration::from_millis(1));
            assert_eq!(world.send(&put("/inside/k", "quick")).await.status, 200);
            world.clock.advance(Duration::from_millis(1));
            assert_eq!(world.send(&put("/inside/k", "after it")).await.status, 200, "one after the other");
            send.send(slow.body.clone()).expect("it is waited for");
        };
        let (answer, ()) = tokio::join!(world.send_body(&slow, Late(body)), meanwhile);
        assert_eq!(answer.status, outcome, "{}", answer.text());
        if outcome == 429 {
            assert_eq!(answer.code(), "TooManyRequests");
            assert_eq!(answer.element("Message"), "Reduce your concurrent request rate for the same object.");
            assert!(answer.hint().contains("while this one was under way"), "{}", answer.hint());
            assert_eq!(world.stored("/inside/k").await, Some("after it".into()));
        }
    }
}
