//! `cargo xtask setup`: brings a machine with a toolchain, Node and Python to where every test can run.
//!
//! Each part is skipped when a stamp, the hash of the files that decide its outcome, says it is current. It
//! installs into `target/e2e` and the packages' own folders only, apart from missing Debian packages.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::steps::{self, Outcome, Steps};
use crate::tools::{self, TEST_TOOLS};
use crate::workspace;

const PYTHON_REQUIREMENTS: &str = "crates/e2e/clients/python/requirements.txt";
const VENV: &str = "target/e2e/venv";
const JS_CLIENTS: &str = "crates/e2e/clients/js";
const BROWSER_CLIENTS: &str = "crates/e2e/clients/browser";
const WRANGLER: &str = "crates/e2e/clients/wrangler";
const SIMULATOR: &str = "crates/e2e/clients/simulator";
const GO_CLIENT: &str = "crates/e2e/clients/go";
const GO_BINARY: &str = "target/e2e/go-scenario";
const GO_CACHE: &str = "target/e2e/go-cache";
const UPLOAD_APP: &str = "examples/upload-app";
const STAMPS: &str = "target/e2e/stamps";

/// Runs the command.
///
/// # Errors
/// A part could not be installed; the text names it.
pub(crate) fn run() -> Result<()> {
    let mut steps = Steps::default();
    let result = parts(&mut steps);
    steps.print_table();
    result
}

/// The parts as steps, for commands that begin with them.
///
/// # Errors
/// As [`run`].
pub(crate) fn parts(steps: &mut Steps) -> Result<()> {
    let root = workspace::root();
    steps.run("setup: programs", debian_packages)?;
    steps.run("setup: Python clients", || python_clients(root))?;
    steps.run("setup: JavaScript clients", || npm_packages(root, JS_CLIENTS))?;
    steps.run("setup: browser clients", || npm_packages(root, BROWSER_CLIENTS))?;
    steps.run("setup: wrangler", || npm_packages(root, WRANGLER))?;
    steps.run("setup: R2's simulator", || npm_packages(root, SIMULATOR))?;
    steps.run("setup: Go client", || go_client(root))?;
    steps.run("setup: example application", || upload_app(root))
}

fn debian_packages() -> Result<Outcome> {
    let missing: Vec<&str> =
        TEST_TOOLS.iter().filter(|tool| tools::find(tool.names).is_none()).map(|tool| tool.package).collect();
    if missing.is_empty() {
        return Ok(Outcome::Skipped("all present".to_owned()));
    }
    println!("  missing: {}", missing.join(" "));
    tools::apt_install(&missing)?;
    Ok(Outcome::Done)
}

fn python_clients(root: &Path) -> Result<Outcome> {
    let requirements = root.join(PYTHON_REQUIREMENTS);
    if !requirements.try_exists()? {
        return Ok(Outcome::Skipped(format!("no {PYTHON_REQUIREMENTS}")));
    }
    let venv = root.join(VENV);
    let python = venv.join("bin/python");
    let stamp = Stamp::of(root, "python", &[PYTHON_REQUIREMENTS])?;
    // An environment's interpreter is a link: it dies with the Python it was made from.
    let usable = steps::succeeds(Command::new(&python).arg("--version"));
    if usable && stamp.is_current()? {
        return Ok(Outcome::Skipped("current".to_owned()));
    }
    if venv.try_exists()? {
        fs::remove_dir_all(&venv).context("cannot remove the old Python environment")?;
    }
    let mut pip = make_venv(&venv)?;
    steps::run(pip.args(["install", "--quiet", "--requirement"]).arg(&requirements))?;
    stamp.set()?;
    Ok(Outcome::Done)
}

/// Makes the environment and returns the pip that installs into it. Debian's Python comes without `ensurepip`;
/// there a pip from outside serves, and failing that, the package that completes Python.
fn make_venv(venv: &Path) -> Result<Command> {
    let own_pip = || {
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args(["-m", "pip"]);
        pip
    };
    let create =
        |more: &[&str]| steps::run(Command::new("python3").args(["-m", "venv"]).args(more).arg(venv));
    if create(&["--clear"]).is_ok() {
        return Ok(own_pip());
    }
    if steps::succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
        println!("  this Python has no ensurepip; installing with the pip outside the environment");
        create(&["--clear", "--without-pip"])?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "--python"]).arg(venv.join("bin/python"));
        return Ok(pip);
    }
    tools::apt_install(&["python3-venv"])?;
    create(&["--clear"])?;
    Ok(own_pip())
}

fn npm_packages(root: &Path, package: &str) -> Result<Outcome> {
    let folder = root.join(package);
    if !folder.join("package.json").try_exists()? {
        return Ok(Outcome::Skipped(format!("no {package}/package.json")));
    }
    if !folder.join("package-lock.json").try_exists()? {
        bail!("{package} has no package-lock.json; run `npm install` there once and commit it");
    }
    let manifests = ["package.json", "package-lock.json"].map(|file| format!("{package}/{file}"));
    let stamp = Stamp::of(root, package, &manifests.each_ref().map(String::as_str))?;
    if stamp.is_current()? && folder.join("node_modules").try_exists()? {
        return Ok(Outcome::Skipped("current".to_owned()));
    }
    steps::run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder))?;
    stamp.set()?;
    Ok(Outcome::Done)
}

/// Debian's Go libraries are sources below one folder, which is what Go calls a path; modules would want a network.
fn go_client(root: &Path) -> Result<Outcome> {
    let stamp = Stamp::of(root, "go", &[GO_CLIENT])?;
    let binary = root.join(GO_BINARY);
    if stamp.is_current()? && binary.try_exists()? {
        return Ok(Outcome::Skipped("current".to_owned()));
    }
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&binary).arg("scenario.go").current_dir(root.join(GO_CLIENT));
    build.env("GO111MODULE", "off").env("GOPATH", tools::GO_PATH).env("GOFLAGS", "");
    steps::run(build.env("GOCACHE", root.join(GO_CACHE)))?;
    stamp.set()?;
    Ok(Outcome::Done)
}

fn upload_app(root: &Path) -> Result<Outcome> {
    let folder = root.join(UPLOAD_APP);
    let installed = npm_packages(root, UPLOAD_APP)?;
    if !folder.join("package.json").try_exists()? {
        return Ok(installed);
    }
    let stamp = Stamp::of(root, "examples/upload-app-built", &[UPLOAD_APP])?;
    if stamp.is_current()? && folder.join("dist").try_exists()? {
        return Ok(installed);
    }
    steps::run(Command::new("npm").args(["run", "build"]).current_dir(&folder))?;
    stamp.set()?;
    Ok(Outcome::Done)
}

/// Whether an installation still matches the files it was made from.
struct Stamp {
    file: std::path::PathBuf,
    hash: String,
}

impl Stamp {
    /// The stamp `name` over the files given from the root; a folder stands for every source file below it.
    fn of(root: &Path, name: &str, sources: &[&str]) -> Result<Stamp> {
        let mut hasher = DefaultHasher::new();
        // The root is part of it: environments hold absolute paths and do not survive a move.
        root.hash(&mut hasher);
        for (path, bytes) in source_bytes(root, sources)? {
            (path, bytes).hash(&mut hasher);
        }
        let file = root.join(STAMPS).join(name.replace('/', "-"));
        Ok(Stamp { file, hash: format!("{:016x}", hasher.finish()) })
    }

    fn is_current(&self) -> Result<bool> {
        Ok(self.file.try_exists()? && fs::read_to_string(&self.file)? == self.hash)
    }

    #[expect(clippy::disallowed_methods, reason = "a lost stamp costs one installation")]
    fn set(&self) -> Result<()> {
        let folder = self.file.parent().expect("a stamp lies in the folder of stamps");
        fs::create_dir_all(folder)?;
        fs::write(&self.file, &self.hash).with_context(|| format!("cannot write {}", self.file.display()))
    }
}

fn source_bytes(root: &Path, sources: &[&str]) -> Result<Vec<(String, Vec<u8>)>> {
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let mut waiting: Vec<_> = sources.iter().map(|source| root.join(source)).collect();
    while let Some(path) = waiting.pop() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if ["node_modules", "dist", ".env"].contains(&name.as_str()) || !path.try_exists()? {
            continue;
        }
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                waiting.push(entry?.path());
            }
        } else {
            found.push((path.to_string_lossy().into_owned(), fs::read(&path)?));
        }
    }
    found.sort();
    Ok(found)
}
