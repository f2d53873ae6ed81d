//! SIGKILL at random moments under load: every acknowledged object is there byte for byte, none is half there.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use e2e::{Client, Larder, Signer, scratch_folder, signal};

const ROUNDS: u64 = 50;
const WRITERS: u64 = 6;
const KEYS_EACH: u64 = 12;
/// Rounds after which the index is deleted before the start.
const INDEX_EVERY: u64 = 10;

/// What a key may hold: after an acknowledged write one state, after a broken one the old or the new.
type States = Vec<Option<Content>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Content {
    seed: u64,
    length: usize,
}

impl Content {
    fn bytes(self) -> Vec<u8> {
        let mut state = Xorshift(self.seed | 1);
        let mut bytes = Vec::with_capacity(self.length + 8);
        while bytes.len() < self.length {
            bytes.extend_from_slice(&state.next().to_le_bytes());
        }
        bytes.truncate(self.length);
        bytes
    }
}

struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Mostly small ones, which ride in the log; some that have files of their own.
    fn length(&mut self) -> usize {
        let length = match self.below(20) {
            0 => 1_500_000 + self.below(2_000_000),
            1..4 => self.below(300_000),
            _ => self.below(9_000),
        };
        usize::try_from(length).expect("a few megabytes")
    }
}

/// One client that writes and deletes its own keys until the server is gone.
struct Writer {
    random: Xorshift,
    states: BTreeMap<String, States>,
}

impl Writer {
    fn new(number: u64) -> Self {
        let keys = (0..KEYS_EACH).map(|key| (format!("w{number}/{key}"), vec![None]));
        Self { random: Xorshift(0x9E37_79B9_7F4A_7C15 ^ (number << 32 | 7)), states: keys.collect() }
    }

    fn run(&mut self, larder: &Larder, signer: &Signer, gone: &AtomicBool) {
        let Ok(mut client) = Client::connect(larder.address) else { return };
        while !gone.load(Ordering::SeqCst) {
            let keys = u64::try_from(self.states.len()).expect("few");
            let pick = usize::try_from(self.random.below(keys)).expect("few");
            let key = self.states.keys().nth(pick).expect("it is below the count").clone();
            let new = (self.random.below(5) > 0)
                .then(|| Content { seed: self.random.next(), length: self.random.length() });
            let states = self.states.get_mut(&key).expect("it is one of the keys");
            states.push(new);
            let method = if new.is_some() { "PUT" } else { "DELETE" };
            let target = signer.presign(method, &format!("/user-uploads/{key}"), &[]);
            let body = new.map(Content::bytes).unwrap_or_default();
            match client.request(method, &target, &[("host", &signer.host)], &body) {
                Ok(reply) if matches!(reply.status, 200 | 204) => *states = vec![new],
                Ok(reply) => panic!("{method} {key}: {} {}", reply.status, reply.text()),
                Err(_) => return,
            }
        }
    }

    /// Reads every key: it must hold one of its possible states, whole. What it holds is then known.
    fn verify(&mut self, larder: &Larder, signer: &Signer, round: u64) {
        let mut client = Client::connect(larder.address).expect("the server accepts");
        for (key, states) in &mut self.states {
            let target = signer.presign("GET", &format!("/user-uploads/{key}"), &[]);
            let reply = client.request("GET", &target, &[("host", &signer.host)], b"").expect("it replies");
            let held = match reply.status {
                404 => states.iter().find(|state| state.is_none()),
                200 => states.iter().find(|state| state.is_some_and(|content| content.bytes() == reply.body)),
                status => panic!("round {round}: GET {key}: {status} {}", reply.text()),
            };
            let length = reply.body.len();
            let held = *held.unwrap_or_else(|| {
                panic!("round {round}: {key} holds {} with {length} bytes, none of {states:?}", reply.status)
            });
            *states = vec![held];
        }
    }
}

fn listing(larder: &Larder) -> String {
    let reply = larder.signer().send(larder.address, "GET", "/user-uploads", &[("list-type", "2")], &[], b"");
    assert_eq!(reply.status, 200);
    reply.text()
}

fn files_in(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |path: std::path::PathBuf| if path.is_dir() { files_in(&path) } else { 1 };
    entries.flatten().map(|entry| count(entry.path())).sum()
}

#[test]
fn kill_at_random_moments_loses_nothing_acknowledged() {
    let folder = scratch_folder();
    let data = folder.path().join("data");
    let mut writers: Vec<Writer> = (0..WRITERS).map(Writer::new).collect();
    let mut random = Xorshift(0xA076_1D64_78BD_642F);
    let mut listed: Option<String> = None;
    for round in 0..ROUNDS {
        if round % INDEX_EVERY == INDEX_EVERY - 1 {
            std::fs::remove_dir_all(data.join("index")).expect("the index is there");
        }
        let mut larder = Larder::dev_on(&data);
        let signer = larder.signer();
        for writer in &mut writers {
            writer.verify(&larder, &signer, round);
        }
        if let Some(before) = listed.take() {
            assert_eq!(listing(&larder), before, "round {round}");
        }
        let gone = AtomicBool::new(false);
        let pause = Duration::from_millis(30 + random.below(300));
        std::thread::scope(|scope| {
            for writer in &mut writers {
                scope.spawn(|| writer.run(&larder, &signer, &gone));
            }
            std::thread::park_timeout(pause);
            assert!(signal(larder.pid(), "KILL"));
            gone.store(true, Ordering::SeqCst);
        });
        larder.kill();
        if round % INDEX_EVERY == INDEX_EVERY - 2 {
            // nothing happens between this listing and the next start, which has no index
            let larder = Larder::dev_on(&data);
            for writer in &mut writers {
                writer.verify(&larder, &larder.signer(), round);
            }
            listed = Some(listing(&larder));
        }
    }
    settle(&data, &mut writers);
}

/// At the end every large object has one file and nothing else has one, and nothing is unfinished.
fn settle(data: &Path, writers: &mut [Writer]) {
    let larder = Larder::dev_on(data);
    let signer = larder.signer();
    writers.iter_mut().for_each(|writer| writer.verify(&larder, &signer, ROUNDS));
    let contents = writers.iter().flat_map(|writer| writer.states.values().flatten().flatten());
    let large = contents.filter(|content| content.length > 1024 * 1024).count();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let (big, unfinished) = (files_in(&data.join("big")), files_in(&data.join("tmp")));
        if (big, unfinished) == (large, 0) {
            return;
        }
        assert!(Instant::now() < deadline, "{big} files for {large} large objects, {unfinished} unfinished");
        listing(&larder);
    }
}
