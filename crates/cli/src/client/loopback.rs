//! A server for tests that answers each request with the next of some texts, and closes the connection after it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

/// Where it listens, and the heads of the requests that it got, once it has answered the last.
pub(crate) struct Loopback {
    pub(crate) address: String,
    heads: JoinHandle<Vec<String>>,
}

impl Loopback {
    pub(crate) fn answering(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answer = move |answer: String| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(head).unwrap()
        };
        let heads = std::thread::spawn(move || answers.into_iter().map(answer).collect());
        Self { address, heads }
    }

    pub(crate) fn heads(self) -> Vec<String> {
        self.heads.join().unwrap()
    }
}
