//! The line that each request leaves in the log: enough to find it by its id, nothing that could be used again.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::fixture::*;

/// Keeps every event of the thread that made it, as its level and its fields.
#[derive(Clone)]
struct Lines {
    thread: ThreadId,
    lines: Arc<Mutex<Vec<(Level, String)>>>,
}

impl Lines {
    /// For the process: a subscriber of one thread alone would miss what another thread came by first, since `tracing`
    /// remembers for each place in the code whether anybody listens.
    fn install() -> Self {
        let own = Self { thread: std::thread::current().id(), lines: Arc::default() };
        tracing::subscriber::set_global_default(own.clone()).expect("no other test installs one");
        tracing::callsite::rebuild_interest_cache();
        own
    }

    fn take(&self) -> Vec<(Level, String)> {
        std::mem::take(&mut self.lines.lock().expect("no panic while locked"))
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{field}={value:?} ").expect("a string takes any text");
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if std::thread::current().id() == self.thread {
            let mut text = Text(String::new());
            event.record(&mut text);
            self.lines.lock().expect("no panic while locked").push((*event.metadata().level(), text.0));
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn one_line_with_the_id_and_without_the_signature() {
    let lines = Lines::install();
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    let forger = Key { secret: "not-the-admins-secret", ..ADMIN };
    let table = [
        (get("/inside/k").presigned(), Level::INFO, "GetObject", ADMIN.id),
        (get("/inside/none").presigned(), Level::INFO, "GetObject", ADMIN.id),
        (put("/inside/k", "v").presigned().by(READER), Level::INFO, "PutObject", READER.id),
        (get("/inside").query("policy", "").presigned(), Level::INFO, "GetBucketPolicy", ADMIN.id),
        // who nobody knows is not named: it might be a secret in the wrong place
        (get("/inside/k").presigned().by(forger), Level::INFO, "-", "-"),
    ];
    for (ask, level, operation, access_key_id) in table {
        lines.take();
        let answer = world.send(&ask).await;
        let id = answer.header("x-amz-request-id").expect("every reply has one");
        let seen = lines.take();
        let own: Vec<_> = seen.iter().filter(|(_, text)| text.contains(&id)).collect();
        let [(seen_level, text)] = own.as_slice() else { panic!("one line: {seen:?}") };
        assert_eq!(*seen_level, level, "{text}");
        let status = answer.status;
        let method = ask.method;
        for part in [
            format!("method={method} "),
            format!("operation=\"{operation}\""),
            format!("status={status} "),
            format!("access_key_id=\"{access_key_id}\""),
            "duration_ms=".to_owned(),
        ] {
            assert!(text.contains(&part), "{part}: {text}");
        }
        assert!(operation == "-" || text.contains("bucket=\"inside\""), "{text}");
        let target = ask.request(world.now_s()).uri().to_string();
        let signature = target.split("X-Amz-Signature=").nth(1).expect("presigned");
        for (_, text) in &seen {
            assert!(!text.contains(signature) && !text.contains("X-Amz-"), "{text}");
            assert!(KEYS.iter().all(|key| !text.contains(key.secret)), "{text}");
        }
    }
}
