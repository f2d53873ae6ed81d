//! The same requests to Cloudflare's own simulator of R2 and to Larder in strict mode. Status, code and message agree, but for
//! the differences that `simulator/known.txt` lists with their reasons; one that is not there, or no longer there, fails.

mod auth;
mod encryption;
mod multipart;
mod objects;
mod process;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use e2e::{Larder, Reply, Signer, exchange};

use process::Simulator;

const KNOWN: &str = include_str!("simulator/known.txt");

/// Names with values, of headers or of a query.
type Pairs = &'static [(&'static str, &'static str)];

/// One request. Names in braces stand for what only a run knows: see [`Side::fill`].
#[derive(Clone, Copy)]
pub(crate) struct Case {
    name: &'static str,
    method: &'static str,
    /// The path below the endpoint; of an unsigned request, with its query.
    path: &'static str,
    query: Pairs,
    headers: Pairs,
    body: &'static str,
    is_signed: bool,
}

/// A signed request without a body.
pub(crate) const fn asks(
    name: &'static str,
    method: &'static str,
    path: &'static str,
    query: Pairs,
    headers: Pairs,
) -> Case {
    Case { name, method, path, query, headers, body: "", is_signed: true }
}

/// A signed request with a body.
pub(crate) const fn sends(
    name: &'static str,
    method: &'static str,
    path: &'static str,
    query: Pairs,
    headers: Pairs,
    body: &'static str,
) -> Case {
    Case { name, method, path, query, headers, body, is_signed: true }
}

/// A request just as it stands, whatever authentication that is.
pub(crate) const fn raw(
    name: &'static str,
    method: &'static str,
    path: &'static str,
    headers: Pairs,
) -> Case {
    Case { name, method, path, query: &[], headers, body: "", is_signed: false }
}

/// One of the two servers.
struct Side {
    signer: Signer,
    address: std::net::SocketAddr,
    /// What the endpoint puts before each path.
    base: String,
    /// What a run has learnt from it.
    learnt: BTreeMap<&'static str, String>,
}

impl Side {
    fn new(signer: Signer, address: std::net::SocketAddr, base: &str) -> Self {
        let date = sigv4::amz_date(signer.date_s);
        let learnt = BTreeMap::from([
            ("{key}", signer.access_key_id.clone()),
            ("{day}", date[..8].to_owned()),
            ("{date}", date),
            ("{hour-ago}", sigv4::amz_date(signer.date_s - 3600)),
        ]);
        Self { signer, address, base: base.to_owned(), learnt }
    }

    /// A text with this side's values.
    fn fill(&self, text: &str) -> String {
        self.learnt.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// The same the other way, for what goes into a list.
    fn generalise(&self, text: &str) -> String {
        let kept = self.learnt.iter().filter(|(_, value)| value.len() > 2);
        kept.fold(text.to_owned(), |text, (name, value)| text.replace(value, name))
    }

    fn send(&self, case: &Case) -> Reply {
        let filled = |pairs: Pairs| -> Vec<(&'static str, String)> {
            pairs.iter().map(|(name, value)| (*name, self.fill(value))).collect()
        };
        let (query, headers) = (filled(case.query), filled(case.headers));
        let mut headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let path = format!("{}{}", self.base, self.fill(case.path));
        let body = self.fill(case.body);
        if case.is_signed {
            let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
            return self.signer.send(self.address, case.method, &path, &query, &headers, body.as_bytes());
        }
        headers.push(("host", &self.signer.host));
        exchange(self.address, case.method, &path, &headers, body.as_bytes())
    }

    /// Status, code and message on one line.
    fn verdict(&self, case: &Case) -> String {
        let reply = self.send(case);
        let mut line = reply.status.to_string();
        for name in ["Code", "Message"] {
            if let Some(text) = reply.element(name) {
                write!(line, " {}", text.replace('\n', "\\n")).unwrap();
            }
        }
        self.generalise(&line)
    }
}

/// What one case shows.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    simulator: String,
    larder: String,
}

#[test]
fn r2s_simulator_answers_alike() {
    let larder = Larder::dev().serve_on("strict_r2 = true");
    let simulator = Simulator::start(&larder);
    let mut theirs = Side::new(
        Signer { host: simulator.address.to_string(), ..larder.signer() },
        simulator.address,
        &simulator.base,
    );
    let mut ours = Side::new(larder.signer(), larder.address, "");
    for side in [&mut theirs, &mut ours] {
        objects::prepare(side);
        multipart::prepare(side);
    }
    let mut found = BTreeMap::new();
    let cases =
        [objects::READS, objects::WRITES, objects::BUCKETS, auth::CASES, multipart::CASES, encryption::CASES]
            .concat();
    for case in &cases {
        let (simulator, larder) = (theirs.verdict(case), ours.verdict(case));
        if simulator != larder {
            let is_first = found.insert(case.name, Difference { simulator, larder }).is_none();
            assert!(is_first, "two cases are named {}", case.name);
        }
    }
    let known = known();
    let mut report = String::new();
    for (name, difference) in &found {
        if known.get(name) != Some(difference) {
            let Difference { simulator, larder } = difference;
            writeln!(report, "\n{name}\n  simulator: {simulator}\n  larder: {larder}\n  because: ?").unwrap();
        }
    }
    for name in known.keys().filter(|name| !found.contains_key(*name)) {
        writeln!(report, "\n{name}\n  both answer alike now; take it from the list").unwrap();
    }
    assert!(report.is_empty(), "of {} requests these are not as listed:\n{report}", cases.len());
}

/// The list: a case's name, then indented what each side answers and why that is right.
fn known() -> BTreeMap<&'static str, Difference> {
    let blocks =
        KNOWN.split("\n\n").map(str::trim).filter(|block| !block.is_empty() && !block.starts_with('#'));
    blocks
        .map(|block| {
            let mut lines = block.lines();
            let name = lines.next().unwrap_or_default();
            let mut field = |label: &str| {
                let text = lines.next().and_then(|line| line.trim().strip_prefix(label));
                text.unwrap_or_else(|| panic!("{name} has no {label}")).trim().to_owned()
            };
            let difference = Difference { simulator: field("simulator:"), larder: field("larder:") };
            assert!(field("because:").len() > 10, "{name} gives no reason");
            (name, difference)
        })
        .collect()
}
