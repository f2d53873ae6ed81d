//! Real reverse proxies in front of a server, with the configurations of `docs/proxies.md`; ended when dropped.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::larder::{free_port, write};
use crate::scratch_folder;

/// The server's address in the configurations of the page.
const UPSTREAM: &str = "127.0.0.1:9000";

const CERTIFICATE: &str = "certificate.pem";

/// A running proxy.
pub struct Proxy {
    child: Child,
    folder: TempDir,
    /// Where it listens.
    pub address: SocketAddr,
}

/// The configuration under a heading of `docs/proxies.md`.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn configuration(heading: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/proxies.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect("the page has that heading");
    let (_, block) = section.split_once("```").expect("a block begins");
    let (block, _) = block.split_once("```").expect("and ends");
    block.split_once('\n').expect("after the line that names its language").1.to_owned()
}

/// A self-signed certificate and its key, as PEM files in a folder.
fn localhost_certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join(CERTIFICATE), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-subj", "/CN=localhost", "-days", "2", "-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (certificate, key)
}

impl Proxy {
    /// nginx before `upstream`; `server` is what stands in its `http` block. Without TLS, its lines about that are left out.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn nginx(upstream: SocketAddr, server: &str, with_tls: bool) -> Self {
        let folder = scratch_folder();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut server = server.replace(UPSTREAM, &upstream.to_string());
        if with_tls {
            let (certificate, key) = localhost_certificate(folder.path());
            server = server.replace("listen 443", &format!("listen {address}"));
            server = server.replace("/etc/ssl/files.example.com.pem", &certificate.display().to_string());
            server = server.replace("/etc/ssl/files.example.com.key", &key.display().to_string());
        } else {
            server = server.replace("listen 443 ssl http2", &format!("listen {address}"));
            server = server.lines().filter(|line| !line.contains("ssl_")).collect::<Vec<_>>().join("\n");
        }
        let place = folder.path().display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("    {name}_temp_path {place}/{name};\n"))
            .concat();
        // one process: killing it leaves nobody behind
        let text = format!(
            "daemon off;\nmaster_process off;\npid {place}/pid;\nerror_log stderr notice;\nevents {{}}\n\
             http {{\n    access_log off;\n{temporary}{server}\n}}\n"
        );
        let file = folder.path().join("nginx.conf");
        write(&file, &text);
        let mut command = Command::new(nginx());
        command.arg("-p").arg(folder.path()).arg("-c").arg(&file);
        // said after its sockets are bound
        Self::start(command, folder, address, vec!["getrlimit(RLIMIT_NOFILE)".to_owned()])
    }

    /// Caddy before `upstream`. Without TLS it is told so by the scheme; with it, it makes its own certificates.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn caddy(upstream: SocketAddr, site: &str, with_tls: bool) -> Self {
        let folder = scratch_folder();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let port = address.port();
        let mut site = site.replace(UPSTREAM, &upstream.to_string());
        let (names, block) = site.split_once('{').expect("a site has a block");
        let scheme = if with_tls { "https" } else { "http" };
        let names: Vec<&str> = names.split(',').map(str::trim).collect();
        let mut ready = vec!["serving initial configuration".to_owned()];
        if with_tls {
            // it listens before it has them
            let made = |name| format!("certificate obtained successfully\",\"identifier\":\"{name}\"");
            ready.extend(names.iter().map(made));
        }
        let names: Vec<String> = names.iter().map(|name| format!("{scheme}://{name}:{port}")).collect();
        let certificates = if with_tls { "\n\ttls internal" } else { "" };
        site = format!("{} {{\n\tbind 127.0.0.1{certificates}{block}", names.join(", "));
        let text =
            format!("{{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}}\n{site}");
        let file = folder.path().join("Caddyfile");
        write(&file, &text);
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&file);
        for variable in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            command.env(variable, folder.path());
        }
        Self::start(command, folder, address, ready)
    }

    /// The certificate that nginx shows, as a PEM file.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join(CERTIFICATE)
    }

    /// Waits until it has said all that it says when it is `ready`.
    fn start(mut command: Command, folder: TempDir, address: SocketAddr, mut ready: Vec<String>) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{name} cannot be started ({error}); `cargo xtask setup` installs it")
        });
        let mut lines = BufReader::new(child.stderr.take().expect("standard error is piped")).lines();
        let mut said = String::new();
        for line in &mut lines {
            let line = line.expect("it logs text");
            ready.retain(|mark| !line.contains(mark));
            said.push_str(&line);
            said.push('\n');
            if ready.is_empty() {
                // it must not block on a full pipe later
                std::thread::spawn(move || lines.for_each(drop));
                return Self { child, folder, address };
            }
        }
        let status = child.wait().expect("it is ours");
        panic!("{name} ended ({status}) before it was ready: {said}");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Debian keeps nginx where only root's path leads.
fn nginx() -> PathBuf {
    let system = PathBuf::from("/usr/sbin/nginx");
    if system.is_file() { system } else { PathBuf::from("nginx") }
}
