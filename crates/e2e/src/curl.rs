//! curl as a client that speaks what the raw one does not: HTTP/2 and TLS. It sends URLs as they are, and connects to an
//! address whatever the URL says, so that a test may use any name and any port.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::Reply;

/// How to reach a server.
#[derive(Clone, Debug)]
pub struct Curl {
    address: SocketAddr,
    options: &'static [&'static str],
    version: &'static str,
}

impl Curl {
    /// Over HTTP/1.1.
    #[must_use]
    pub fn http1(address: SocketAddr) -> Self {
        Self { address, options: &["--http1.1"], version: "HTTP/1.1" }
    }

    /// Over HTTP/2: in the clear from its first byte, or negotiated in TLS.
    #[must_use]
    pub fn http2(address: SocketAddr) -> Self {
        Self { address, options: &["--http2-prior-knowledge"], version: "HTTP/2" }
    }

    /// Sends a request.
    ///
    /// # Panics
    /// When there is no curl, no reply, or one in another version of HTTP.
    #[must_use]
    pub fn send(&self, method: &str, url: &str, headers: &[(String, String)], body: &[u8]) -> Reply {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--include", "--path-as-is", "--insecure", "--globoff"]);
        // a proxy makes certificates by the name that it is asked for, so the URL's name must reach it
        command.args(["--noproxy", "*", "--max-time", "60", "--connect-to", &format!("::{}", self.address)]);
        command.args(self.options);
        match method {
            "HEAD" => command.arg("--head"),
            _ => command.args(["--request", method]),
        };
        if method == "PUT" || !body.is_empty() {
            command.args(["--data-binary", "@-", "--header", "Content-Type:"]);
        }
        for (name, value) in headers {
            command.args(["--header", &format!("{name}: {value}")]);
        }
        command.arg(url).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut curl = command.spawn().expect("curl is installed");
        let mut input = curl.stdin.take().expect("standard input is piped");
        // curl reads all of it before it sends; if it fails before, it says so
        let _ = input.write_all(body);
        drop(input);
        let output = curl.wait_with_output().expect("curl ends");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{method} {url}: {complaint}");
        self.parse(&output.stdout)
    }

    fn parse(&self, mut rest: &[u8]) -> Reply {
        loop {
            let end = rest.windows(4).position(|four| four == b"\r\n\r\n").expect("a reply has a head");
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            rest = &rest[end + 4..];
            let mut lines = head.split("\r\n");
            let first: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
            let status: u16 = first.get(1).and_then(|text| text.parse().ok()).expect("a status");
            if status < 200 {
                continue;
            }
            assert_eq!(first[0], self.version, "{head}");
            let headers = lines.filter_map(|line| line.split_once(':'));
            let headers =
                headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
            return Reply { status, headers, body: rest.to_vec() };
        }
    }
}
