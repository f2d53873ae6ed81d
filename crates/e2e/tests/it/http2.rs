//! HTTP/2 in the clear, by hand where a client must be odd: its bounds, its end, and that nothing leaks over it. That real
//! clients and proxies use it like HTTP/1.1 is shown in `proxies.rs`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use e2e::{Larder, Proxy, configuration, exchange};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const INITIAL_WINDOW_SIZE: u16 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A connection, frame by frame.
struct Raw(TcpStream);

/// A frame that arrived.
#[derive(Debug)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Raw {
    /// Connects and sends the preface with these settings.
    fn connect(larder: &Larder, settings: &[(u16, u32)]) -> Self {
        let stream = TcpStream::connect(larder.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut raw = Self(stream);
        raw.0.write_all(PREFACE).unwrap();
        let payload: Vec<u8> = settings
            .iter()
            .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
            .collect();
        raw.send(SETTINGS, 0, 0, &payload);
        raw
    }

    fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        frame.extend_from_slice(payload);
        self.0.write_all(&frame).unwrap();
    }

    /// A request without a body.
    fn get(&mut self, stream: u32, host: &str, target: &str, more: &[(&str, &str)]) {
        let mut block = Vec::new();
        let own = [(":method", "GET"), (":scheme", "http"), (":authority", host), (":path", target)];
        for (name, value) in own.iter().chain(more) {
            // a literal without indexing
            block.push(0);
            for text in [name, value] {
                block.extend_from_slice(&length(text.len()));
                block.extend_from_slice(text.as_bytes());
            }
        }
        self.send(HEADERS, END_STREAM | END_HEADERS, stream, &block);
    }

    /// The next frame; `None` at the end of the connection.
    fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        self.0.read_exact(&mut payload).ok()?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Some(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    /// The first frame of a kind.
    fn first(&mut self, kind: u8) -> Option<Frame> {
        std::iter::from_fn(|| self.next()).find(|frame| frame.kind == kind)
    }
}

/// A length with a prefix of seven bits.
///
/// Spec: RFC 7541, section 5.1.
fn length(mut value: usize) -> Vec<u8> {
    if value < 127 {
        return vec![u8::try_from(value).unwrap()];
    }
    let mut bytes = vec![127];
    value -= 127;
    while value >= 128 {
        bytes.push(u8::try_from(value % 128).unwrap() | 128);
        value /= 128;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

fn put(larder: &Larder, path: &str, body: &[u8]) {
    let target = larder.signer().presign("PUT", path, &[]);
    let reply = exchange(larder.address, "PUT", &target, &[("host", &larder.signer().host)], body);
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[test]
fn the_bounds_of_a_connection_are_announced() {
    let larder = Larder::dev();
    let settings = Raw::connect(&larder, &[]).first(SETTINGS).unwrap().payload;
    let value = |name: u16| {
        let pair = settings.chunks_exact(6).find(|pair| pair[..2] == name.to_be_bytes());
        pair.map(|pair| u32::from_be_bytes([pair[2], pair[3], pair[4], pair[5]]))
    };
    let announced =
        [("streams", 3, 64), ("window", 4, 256 << 10), ("frame", 5, 64 << 10), ("head", 6, 64 << 10)];
    for (what, name, expected) in announced {
        assert_eq!(value(name), Some(expected), "{what}");
    }
}

#[test]
fn a_target_names_the_host_and_a_host_header_may_only_agree() {
    let larder = Larder::dev();
    put(&larder, "/user-uploads/a", b"content");
    let signer = larder.signer();
    let target = signer.presign("GET", "/user-uploads/a", &[]);
    let mut raw = Raw::connect(&larder, &[]);
    raw.get(1, &signer.host, &target, &[]);
    assert_eq!(raw.first(DATA).unwrap().payload, b"content");
    raw.get(3, &signer.host, &target, &[("host", &signer.host)]);
    assert_eq!(raw.first(DATA).unwrap().payload, b"content");
    raw.get(5, &signer.host, &target, &[("host", "example.org")]);
    let refused = String::from_utf8(raw.first(DATA).unwrap().payload).unwrap();
    assert!(refused.contains("<Code>InvalidRequest</Code>") && refused.contains("two hosts"), "{refused}");
}

/// The connection's end is announced, and a client that does not answer does not hold it up.
#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    let mut larder = Larder::dev();
    let mut raw = Raw::connect(&larder, &[]);
    assert!(raw.first(SETTINGS).is_some());
    assert!(larder.terminate());
    assert!(larder.log().contains("stopped") && !larder.log().contains("broken off"), "{}", larder.log());
    assert!(raw.first(GOAWAY).is_some());
}

#[test]
fn noise_and_heads_out_of_proportion_end_the_connection_only() {
    let larder = Larder::dev();
    let host = larder.signer().host;
    let mut raw = Raw::connect(&larder, &[]);
    raw.0.write_all(&[0xff; 64]).unwrap();
    assert!(raw.first(GOAWAY).is_some());
    for cut in 1..PREFACE.len() {
        let mut stream = TcpStream::connect(larder.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(&PREFACE[..cut]).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut rest = Vec::new();
        // what it says does not matter, but it must not wait for more
        let _ = stream.read_to_end(&mut rest);
    }
    let mut raw = Raw::connect(&larder, &[]);
    let long = "x".repeat(15_000);
    raw.get(1, &host, "/", &[("a", &long)]);
    let answer = raw.first(DATA).unwrap();
    assert!(String::from_utf8_lossy(&answer.payload).contains("<Error>"));
    let many: Vec<(String, &str)> = (0..1_000).map(|n| (format!("h{n}"), "1")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    raw.get(3, &host, "/", &many);
    let answer = String::from_utf8(raw.first(DATA).unwrap().payload).unwrap();
    assert!(answer.contains("RequestHeaderSectionTooLarge"), "{answer}");
    put(&larder, "/user-uploads/alive", b"x");
}

/// A client asks for as much as it may and takes nothing: what waits for it is a piece each, not an object.
#[test]
fn replies_that_nobody_takes_wait_in_little_memory() {
    const STREAMS: u32 = 64;
    let larder = Larder::dev();
    put(&larder, "/user-uploads/large", &vec![7; 24 * 1024 * 1024]);
    let before = larder.peak_memory_bytes();
    let signer = larder.signer();
    let target = signer.presign("GET", "/user-uploads/large", &[]);
    let mut raw = Raw::connect(&larder, &[(INITIAL_WINDOW_SIZE, 0)]);
    for n in 0..STREAMS {
        raw.get(2 * n + 1, &signer.host, &target, &[]);
    }
    for _ in 0..STREAMS {
        assert!(raw.first(HEADERS).is_some_and(|frame| frame.flags & END_STREAM == 0));
    }
    // one more than was announced is refused, not queued
    raw.get(2 * STREAMS + 1, &signer.host, &target, &[]);
    let refused = raw.first(RST_STREAM).unwrap();
    assert_eq!((refused.stream, refused.payload), (2 * STREAMS + 1, vec![0, 0, 0, 7]));
    put(&larder, "/user-uploads/alive", b"x");
    let grown = larder.peak_memory_bytes() - before;
    assert!(grown < 40 * 1024 * 1024, "{} MiB", grown >> 20);
}

/// A proxy puts the requests of its many clients on one connection.
#[test]
fn many_uploads_and_downloads_share_a_connection() {
    const COUNT: usize = 40;
    let larder = Larder::dev().serve_on("public_url = \"http://files.example.com:8080\"");
    let proxy = Proxy::caddy(larder.address, &configuration("Caddy with HTTP/2 to Larder"), false);
    let folder = e2e::scratch_folder();
    let curl = |arguments: &[String]| {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--parallel-immediate"]);
        command.args(["--parallel", "--parallel-max", "40", "--connect-to", &format!("::{}", proxy.address)]);
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let mut signer = larder.signer();
    signer.host = "files.example.com:8080".to_owned();
    let url = |method: &str, n: usize| {
        let target = signer.presign(method, &format!("/user-uploads/{n}"), &[]);
        format!("http://{}{target}", signer.host)
    };
    let file = |name: &str, n: usize| folder.path().join(format!("{name}-{n}")).display().to_string();
    // small ones, which ride in the log, and large ones, which are files
    let content = |n: usize| vec![u8::try_from(n).unwrap(); n * 100_003];
    let mut uploads = Vec::new();
    let mut downloads = Vec::new();
    for n in 0..COUNT {
        std::fs::write(file("up", n), content(n)).unwrap();
        uploads.extend(["--upload-file".to_owned(), file("up", n), url("PUT", n)]);
        downloads.extend(["--output".to_owned(), file("down", n), url("GET", n)]);
    }
    curl(&uploads);
    curl(&downloads);
    for n in 0..COUNT {
        assert!(std::fs::read(file("down", n)).unwrap() == content(n), "{n}");
    }
}
