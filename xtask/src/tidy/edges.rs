//! Which crate may see which: the table of dependency edges, checked against `cargo metadata`.
//!
//! A forbidden import is thereby a missing dependency, found before review. Crates from outside are free except
//! where a layer is defined by their absence.

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Finding, Tree};

/// One crate's permitted edges inside the house.
struct Row {
    name: &'static str,
    /// May be linked into what the crate builds.
    normal: &'static [&'static str],
    /// In its tests also these; `testkit` is open to every crate's tests.
    tests: &'static [&'static str],
}

/// The table of ARCHITECTURE.md. A new row or word here is a new edge, so it comes with an ADR.
const TABLE: &[Row] = &[
    Row { name: "domain", normal: &[], tests: &[] },
    Row { name: "sigv4", normal: &[], tests: &[] },
    Row { name: "seal", normal: &["domain"], tests: &[] },
    Row { name: "buffers", normal: &[], tests: &[] },
    Row { name: "disk", normal: &["buffers"], tests: &[] },
    Row { name: "s3-wire", normal: &["domain"], tests: &[] },
    Row { name: "auth", normal: &["domain"], tests: &[] },
    Row { name: "meta", normal: &["domain"], tests: &[] },
    Row { name: "blob", normal: &["domain", "buffers", "disk"], tests: &[] },
    Row { name: "meta-embedded", normal: &["domain", "buffers", "disk", "meta"], tests: &[] },
    Row {
        name: "store",
        normal: &["domain", "buffers", "auth", "seal", "meta", "blob"],
        tests: &["disk", "meta-embedded"],
    },
    Row { name: "exchange", normal: &["domain", "store"], tests: &[] },
    Row {
        name: "api-s3",
        normal: &["domain", "auth", "store", "exchange", "s3-wire", "sigv4"],
        tests: &["meta", "blob", "disk", "meta-embedded", "seal"],
    },
    Row {
        name: "api-r2",
        normal: &["domain", "auth", "store", "exchange", "s3-wire"],
        tests: &["meta", "blob", "seal"],
    },
    Row {
        name: "server",
        normal: &[
            "domain",
            "auth",
            "disk",
            "meta",
            "meta-embedded",
            "blob",
            "store",
            "seal",
            "exchange",
            "s3-wire",
            "sigv4",
            "api-s3",
            "api-r2",
        ],
        tests: &[],
    },
    Row { name: "cli", normal: &["server", "s3-wire", "sigv4", "auth", "domain"], tests: &[] },
    Row { name: "testkit", normal: &["domain", "disk", "meta", "blob"], tests: &["meta-embedded"] },
    Row { name: "e2e", normal: &["server", "testkit", "sigv4"], tests: &["domain", "s3-wire"] },
    Row { name: "bench", normal: &["sigv4"], tests: &[] },
    Row { name: "xtask", normal: &[], tests: &[] },
];

/// A layer that is what it is by not seeing something: these crates may not link these libraries.
const ABSENT: &[(&[&str], &[&str], &str)] = &[
    (
        &["domain", "sigv4", "s3-wire", "auth", "seal"],
        &["tokio", "tokio-util", "hyper", "hyper-util", "rustix", "getrandom", "tempfile"],
        "is pure: no I/O, no async, no randomness",
    ),
    (
        &["store", "meta", "meta-embedded", "blob", "disk"],
        &["http", "http-body", "http-body-util", "hyper", "hyper-util", "quick-xml", "serde_json"],
        "speaks no protocol",
    ),
];

/// A crate of the workspace as its manifest declares it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The package's name.
    pub(crate) name: String,
    /// Linked dependencies, build dependencies included.
    pub(crate) normal: Vec<String>,
    /// Dependencies of its tests only.
    pub(crate) tests: Vec<String>,
}

/// Reads the crates out of the answer of `cargo metadata`.
///
/// # Errors
/// The answer lacks what it is documented to have.
pub(crate) fn crates_of(metadata: &Value) -> Result<Vec<Manifest>> {
    let packages =
        metadata.get("packages").and_then(Value::as_array).context("cargo metadata has no packages")?;
    packages.iter().map(manifest_of).collect()
}

fn manifest_of(package: &Value) -> Result<Manifest> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut manifest =
        Manifest { name: text(package, "name").context("a package has no name")?, ..Manifest::default() };
    let dependencies =
        package.get("dependencies").and_then(Value::as_array).context("a package has no dependencies")?;
    for dependency in dependencies {
        let name = text(dependency, "name").context("a dependency has no name")?;
        let is_dev = text(dependency, "kind").as_deref() == Some("dev");
        if is_dev { manifest.tests.push(name) } else { manifest.normal.push(name) }
    }
    Ok(manifest)
}

/// Every edge that the tables do not permit, and every crate they do not know.
pub(crate) fn check(manifests: &[Manifest]) -> Vec<Finding> {
    let in_house: Vec<&str> = manifests.iter().map(|manifest| manifest.name.as_str()).collect();
    let mut findings = Vec::new();
    for manifest in manifests {
        let name = manifest.name.as_str();
        let Some(row) = TABLE.iter().find(|row| row.name == name) else {
            findings.push(Finding::error(name, "is not in the table of crates; give it a row and an ADR"));
            continue;
        };
        let ours = |dependency: &&String| in_house.contains(&dependency.as_str());
        for dependency in manifest.normal.iter().filter(ours) {
            if !row.normal.contains(&dependency.as_str()) {
                findings.push(Finding::error(name, format!("may not depend on {dependency}")));
            }
        }
        for dependency in manifest.tests.iter().filter(ours) {
            let permitted = dependency == "testkit"
                || dependency == name
                || row.tests.contains(&dependency.as_str())
                || row.normal.contains(&dependency.as_str());
            if !permitted {
                findings.push(Finding::error(name, format!("its tests may not depend on {dependency}")));
            }
        }
        findings.extend(absent_but_linked(manifest));
    }
    findings
}

fn absent_but_linked(manifest: &Manifest) -> Vec<Finding> {
    let rules = ABSENT.iter().filter(|(crates, ..)| crates.contains(&manifest.name.as_str()));
    rules
        .flat_map(|(_, libraries, why)| {
            let linked = manifest.normal.iter().filter(|name| libraries.contains(&name.as_str()));
            linked.map(move |library| {
                Finding::error(&manifest.name, format!("{why}; it may not link {library}"))
            })
        })
        .collect()
}

/// Versions stand in the root manifest and nowhere else, each dependency with its reason.
pub(crate) fn check_manifests(tree: &Tree) -> Vec<Finding> {
    let members = tree.iter().filter(|(path, _)| path.ends_with("/Cargo.toml") && !path.starts_with("fuzz/"));
    let mut findings = Vec::new();
    for (path, text) in members {
        let mut in_dependencies = false;
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.starts_with('[') {
                in_dependencies = line.contains("dependencies");
            } else if in_dependencies
                && line.contains('=')
                && !line.starts_with('#')
                && !line.contains("workspace = true")
            {
                let place = format!("{path}:{}", at + 1);
                findings.push(Finding::error(place, "a dependency's version belongs in the root manifest"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests;
