//! The simulator as a process of its own, on the Node that `cargo xtask setup` brings.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use e2e::{Larder, client_folder};

use crate::clients::newer_node;

/// A running simulator with Larder's bucket and credential; killed when dropped.
pub(crate) struct Simulator {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The path of its S3 endpoint.
    pub(crate) base: String,
}

impl Simulator {
    pub(crate) fn start(larder: &Larder) -> Self {
        let mut command = Command::new(newer_node());
        command.arg("simulator/serve.mjs").current_dir(client_folder()).envs(larder.environment());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoint = line.trim().strip_prefix("http://").and_then(|rest| rest.split_once('/'));
        let (address, base) = endpoint.unwrap_or_else(|| panic!("the simulator said {line:?}"));
        Self { child, address: address.parse().unwrap(), base: format!("/{base}") }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // the end of its input lets it take its own processes along
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
