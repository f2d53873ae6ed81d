//! A `larder` process on a free port with a folder of its own; killed when dropped.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Signer;

/// A running server.
pub struct Larder {
    child: Child,
    folder: Folder,
    options: Options,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it printed before `ready`, or what a configuration gave.
    pub account: String,
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret: String,
    /// The API token whose hash the secret is, as the REST API takes it.
    pub api_token: String,
    /// The first bucket.
    pub bucket: String,
    /// Everything it printed on standard output until it was ready.
    pub output: Vec<String>,
    /// From the start of the process until `ready`.
    pub start_up: Duration,
}

/// Who removes the folder.
enum Folder {
    Ours(TempDir),
    Kept(PathBuf),
}

#[derive(Clone, Default)]
struct Options {
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
}

/// A folder on the disk that the build uses, which is a real one where `/tmp` may be memory.
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn scratch_folder() -> TempDir {
    let target =
        binary().parent().and_then(Path::parent).expect("the binary lies in a target folder").to_owned();
    let scratch = target.join("e2e-data");
    std::fs::create_dir_all(&scratch).expect("a scratch folder");
    tempfile::Builder::new().prefix("larder-").tempdir_in(scratch).expect("a scratch folder")
}

/// The program under test: `LARDER_BIN`, or the debug build beside this test.
///
/// # Panics
/// When it is not built.
#[must_use]
pub fn binary() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the test command names the binary there")]
    if let Ok(named) = std::env::var("LARDER_BIN") {
        return PathBuf::from(named);
    }
    let own = std::env::current_exe().expect("a test knows its own path");
    let built = own.ancestors().nth(2).expect("target/<profile>/deps").join("larder");
    assert!(
        built.try_exists().unwrap_or(false),
        "no {}; run `cargo build -p cli` or set LARDER_BIN",
        built.display()
    );
    built
}

impl Larder {
    /// `larder dev` on a folder of its own.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn dev() -> Self {
        Self::dev_with(&[])
    }

    /// The same with environment variables.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn dev_with(environment: &[(&str, &str)]) -> Self {
        let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let options = Options { environment: owned.collect(), ..Options::default() };
        start_dev(Folder::Ours(scratch_folder()), options)
    }

    /// The same with a public URL. What it prints has that URL for its endpoint.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn dev_at(public_url: &str) -> Self {
        let arguments = vec!["--public-url".to_owned(), public_url.to_owned()];
        start_dev(Folder::Ours(scratch_folder()), Options { arguments, ..Options::default() })
    }

    /// `larder dev` on a folder that stays.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn dev_on(data: &Path) -> Self {
        start_dev(Folder::Kept(data.to_owned()), Options::default())
    }

    /// `larder serve` on the data and credentials of a `dev` that has ended, with more lines in its configuration.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn serve_on(self, more: &str) -> Self {
        let mut ended = self;
        ended.kill();
        let data = ended.data();
        let port = free_port();
        let config = data.with_extension("toml");
        let text = format!(
            "data = {data:?}\ncredentials = {:?}\nlisten = \"127.0.0.1:{port}\"\n\
             hosts = [\"127.0.0.1:{port}\", \"localhost:{port}\"]\n{more}\n",
            data.join("credentials.toml")
        );
        write(&config, &text);
        let mut command = Command::new(binary());
        command.args(["serve", "--config"]).arg(&config);
        let (child, output, start_up) = start(command, &data);
        ended.child = child;
        ended.output = output;
        ended.start_up = start_up;
        ended.address = SocketAddr::from(([127, 0, 0, 1], port));
        ended
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        match &self.folder {
            Folder::Ours(temporary) => temporary.path().join("data"),
            Folder::Kept(path) => path.clone(),
        }
    }

    /// What it logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data().with_extension("log")).unwrap_or_default()
    }

    /// The process's number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, and waits for the end.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, and waits for the end; whether it ended well.
    ///
    /// # Panics
    /// When there is no shell.
    pub fn terminate(&mut self) -> bool {
        signal(self.child.id(), "TERM") && self.child.wait().is_ok_and(|status| status.success())
    }

    /// Starts again on the same data, after [`Larder::kill`] or [`Larder::terminate`]; the port changes.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn restarted(mut self) -> Self {
        self.kill();
        let folder = std::mem::replace(&mut self.folder, Folder::Kept(PathBuf::new()));
        let options = self.options.clone();
        drop(self);
        start_dev(folder, options)
    }

    /// `http://127.0.0.1:port`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Signs as its admin.
    #[must_use]
    pub fn signer(&self) -> Signer {
        Signer::new(&self.address.to_string(), &self.access_key_id, &self.secret)
    }

    /// The block for `.env`, as an environment for client scripts.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("R2_ENDPOINT", self.endpoint()),
            ("R2_ACCOUNT_ID", self.account.clone()),
            ("R2_ACCESS_KEY_ID", self.access_key_id.clone()),
            ("R2_SECRET_ACCESS_KEY", self.secret.clone()),
            ("R2_BUCKET", self.bucket.clone()),
            ("CLOUDFLARE_API_BASE_URL", format!("{}/client/v4", self.endpoint())),
            ("CLOUDFLARE_ACCOUNT_ID", self.account.clone()),
            ("CLOUDFLARE_API_TOKEN", self.api_token.clone()),
        ]
    }

    /// Largest resident memory so far, in bytes.
    ///
    /// # Panics
    /// When the process has ended.
    #[must_use]
    pub fn peak_memory_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says so");
        let kib: u64 = line.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number");
        kib * 1024
    }
}

impl Drop for Larder {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(40).collect();
            println!("--- the end of the server's log");
            tail.iter().rev().for_each(|line| println!("{line}"));
        }
    }
}

fn start_dev(folder: Folder, options: Options) -> Larder {
    let data = match &folder {
        Folder::Ours(temporary) => temporary.path().join("data"),
        Folder::Kept(path) => path.clone(),
    };
    let mut command = Command::new(binary());
    let port = if options.arguments.is_empty() { 0 } else { free_port() };
    let listen = SocketAddr::from(([127, 0, 0, 1], port));
    command.args(["dev", "--listen", &listen.to_string(), "--data"]).arg(&data).args(&options.arguments);
    command.envs(options.environment.iter().cloned());
    let (child, output, start_up) = start(command, &data);
    let value = |name: &str| {
        let found = output.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("larder dev printed no {name}: {output:?}")).to_owned()
    };
    let endpoint = value("R2_ENDPOINT");
    // the address is printed where no other URL stands in its place
    let printed = || endpoint.strip_prefix("http://").and_then(|text| text.parse().ok());
    let address = if port == 0 { printed() } else { Some(listen) };
    Larder {
        child,
        folder,
        options,
        address: address.unwrap_or_else(|| panic!("{endpoint} is no address")),
        account: value("R2_ACCOUNT_ID"),
        access_key_id: value("R2_ACCESS_KEY_ID"),
        secret: value("R2_SECRET_ACCESS_KEY"),
        api_token: value("CLOUDFLARE_API_TOKEN"),
        bucket: value("R2_BUCKET"),
        output,
        start_up,
    }
}

fn start(mut command: Command, data: &Path) -> (Child, Vec<String>, Duration) {
    let log_path = data.with_extension("log");
    let log = File::options().create(true).append(true).open(&log_path).expect("a log file");
    let started = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().expect("larder starts");
    let mut lines = BufReader::new(child.stdout.take().expect("standard output is piped")).lines();
    let mut output = Vec::new();
    for line in &mut lines {
        let line = line.expect("larder prints text");
        let is_ready = line == "ready";
        output.push(line);
        if is_ready {
            let start_up = started.elapsed();
            // it must not block on a full pipe later
            std::thread::spawn(move || lines.for_each(drop));
            return (child, output, start_up);
        }
    }
    let status = child.wait().expect("it is ours");
    let log = std::fs::read_to_string(&log_path).unwrap_or_default();
    panic!("larder ended ({status}) before it was ready; it said {output:?} and logged:\n{log}");
}

/// Sends a signal by its name; whether the process was there. The shell's own `kill` is on every machine.
///
/// # Panics
/// When there is no shell.
#[must_use]
pub fn signal(pid: u32, name: &str) -> bool {
    let line = format!("kill -{name} {pid}");
    Command::new("sh").args(["-c", &line]).status().expect("there is a shell").success()
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    probe.local_addr().expect("it is bound").port()
}

#[expect(clippy::disallowed_methods, reason = "a test's configuration need not survive a power cut")]
pub(crate) fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a scratch file is written");
}
