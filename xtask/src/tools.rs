//! The outside programs that tests and checks use: how to find each, and how to get one that is missing.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::steps;

/// One program, under any of the names it goes by, or a library.
pub(crate) struct Tool {
    /// Names to look for on the path, or files by their full path; the first found is used.
    pub(crate) names: &'static [&'static str],
    /// The Debian package that brings it.
    pub(crate) package: &'static str,
}

/// What the tests call. The compiler's own needs (cc, c++) are `.ci/run`'s business: without them this is never reached.
pub(crate) const TEST_TOOLS: &[Tool] = &[
    Tool { names: &["python3"], package: "python3" },
    Tool { names: &["node"], package: "nodejs" },
    Tool { names: &["npm"], package: "npm" },
    Tool { names: &["curl"], package: "curl" },
    Tool { names: &["strace"], package: "strace" },
    Tool { names: &["openssl"], package: "openssl" },
    Tool { names: &["nginx"], package: "nginx" },
    Tool { names: &["caddy"], package: "caddy" },
    Tool { names: &["chromium", "chromium-browser", "google-chrome"], package: "chromium" },
    Tool { names: &["rclone"], package: "rclone" },
    Tool { names: &["s3cmd"], package: "s3cmd" },
    Tool { names: &["go"], package: "golang-go" },
    Tool { names: &[GO_SDK], package: "golang-github-aws-aws-sdk-go-v2-dev" },
];

/// Where Debian keeps the sources of Go libraries.
pub(crate) const GO_PATH: &str = "/usr/share/gocode";

const GO_SDK: &str = "/usr/share/gocode/src/github.com/aws/aws-sdk-go-v2/go.mod";

/// The first of `names` found on the path, or where Debian keeps servers, which is on root's path only.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

/// Advice for a program that is not there.
pub(crate) fn how_to_get(program: &str) -> String {
    let tool = TEST_TOOLS.iter().find(|tool| tool.names.contains(&program));
    match (tool, program) {
        (Some(tool), _) => format!("apt-get install {}", tool.package),
        (None, "cargo" | "rustc" | "rustup") => "https://rustup.rs".to_owned(),
        (None, "cc" | "c++" | "gcc" | "g++") => "apt-get install gcc g++".to_owned(),
        (None, _) => "install it and put it on the PATH".to_owned(),
    }
}

/// Installs Debian packages, as root or through a `sudo` that asks nothing.
///
/// # Errors
/// There is no `apt-get`, no right to run it, or it fails; each says which packages are wanted.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    if find(&["apt-get"]).is_none() {
        bail!("missing: {wanted}; this system has no apt-get, install them its own way");
    }
    apt(&["update"]).with_context(|| format!("needed to install {wanted}"))?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(packages);
    apt(&arguments)
}

fn apt(arguments: &[&str]) -> Result<()> {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else if steps::succeeds(Command::new("sudo").args(["-n", "true"])) {
        let mut command = Command::new("sudo");
        command.args(["-n", "apt-get"]);
        command
    } else {
        bail!("not root and sudo would ask; run: sudo apt-get {}", arguments.join(" "));
    };
    steps::run(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    steps::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
