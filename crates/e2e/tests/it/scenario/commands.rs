//! The scenario on command lines, as their users type them.

use std::path::Path;

use e2e::{Larder, run_script};

use super::files::{Files, SMALL};
use super::{LARGE, LARGE_COPY, SMALL_COPY, Step, Sync, play};
use crate::clients::{python, target};

/// Runs one line after the other and returns what they printed.
fn run(larder: &Larder, program: &Path, lines: &[Vec<&str>], environment: &[(&str, &str)]) -> String {
    lines.iter().map(|line| run_script(larder, program, line, environment)).collect()
}

/// Paths of the scenario's files, as text.
struct Paths {
    large: String,
    tree: String,
    large_back: String,
    tree_back: String,
}

impl Paths {
    fn of(files: &Files) -> Self {
        let text = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
        Self {
            large: text(files.large()),
            tree: text(files.tree()),
            large_back: text(files.back("large.bin")),
            tree_back: text(files.back("tree")),
        }
    }
}

#[test]
fn scenario_aws_cli() {
    let (larder, files) = (Larder::dev(), Files::make());
    let paths = Paths::of(&files);
    let aws = target("venv/bin/aws");
    let at = |key: &str| format!("s3://{}/{key}", larder.bucket);
    let endpoint = larder.endpoint();
    let environment = [
        ("AWS_ACCESS_KEY_ID", larder.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", &larder.secret),
        ("AWS_DEFAULT_REGION", "auto"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("PYTHONUTF8", "1"),
    ];
    let base = [aws.to_str().unwrap(), "--endpoint-url", &endpoint, "s3"];
    let (large, copy, tree, all) = (at(LARGE), at(LARGE_COPY), at("tree/"), at(""));
    let (small, small_copy) = (at(&format!("tree/{SMALL}")), at(SMALL_COPY));
    play(&larder, &files, Sync::SideBySide, |step| {
        let lines: &[&[&str]] = match step {
            Step::Upload => &[&["cp", &paths.large, &large, "--no-progress"]],
            Step::Sync => &[&["sync", &paths.tree, &tree, "--no-progress"]],
            Step::List => &[&["ls", &tree, "--recursive"]],
            Step::Copy => &[&["cp", &large, &copy, "--no-progress"], &["cp", &small, &small_copy]],
            Step::Download => &[&["cp", &copy, &paths.large_back, "--no-progress"]],
            Step::Fetch => &[&["sync", &tree, &paths.tree_back, "--no-progress"]],
            Step::Delete => &[&["rm", &all, "--recursive"]],
        };
        let lines: Vec<_> = lines.iter().map(|line| [&base, *line].concat()).collect();
        run(&larder, &python(), &lines, &environment)
    });
}

#[test]
fn scenario_rclone() {
    let (larder, files) = (Larder::dev(), Files::make());
    let paths = Paths::of(&files);
    let at = |key: &str| format!("larder:{}/{key}", larder.bucket);
    let endpoint = larder.endpoint();
    let environment = [
        ("RCLONE_CONFIG", "/dev/null"),
        ("RCLONE_CONFIG_LARDER_TYPE", "s3"),
        ("RCLONE_CONFIG_LARDER_PROVIDER", "Cloudflare"),
        ("RCLONE_CONFIG_LARDER_ENDPOINT", endpoint.as_str()),
        ("RCLONE_CONFIG_LARDER_REGION", "auto"),
        ("RCLONE_CONFIG_LARDER_ACCESS_KEY_ID", &larder.access_key_id),
        ("RCLONE_CONFIG_LARDER_SECRET_ACCESS_KEY", &larder.secret),
        // below the large file's size, so that it goes and is copied in parts
        ("RCLONE_CONFIG_LARDER_UPLOAD_CUTOFF", "64Mi"),
        ("RCLONE_CONFIG_LARDER_COPY_CUTOFF", "64Mi"),
        ("RCLONE_TRANSFERS", "16"),
        ("RCLONE_CHECKERS", "16"),
    ];
    let (large, copy, tree, all) = (at(LARGE), at(LARGE_COPY), at("tree"), at(""));
    let (small, small_copy) = (at(&format!("tree/{SMALL}")), at(SMALL_COPY));
    play(&larder, &files, Sync::ByKey, |step| {
        let lines = match step {
            Step::Upload => vec![vec!["copyto", &paths.large, &large]],
            Step::Sync => vec![vec!["sync", &paths.tree, &tree]],
            Step::List => vec![vec!["lsf", "-R", "--files-only", &all]],
            Step::Copy => vec![vec!["copyto", &large, &copy], vec!["copyto", &small, &small_copy]],
            Step::Download => vec![vec!["copyto", &copy, &paths.large_back]],
            Step::Fetch => vec![vec!["sync", &tree, &paths.tree_back]],
            Step::Delete => vec![vec!["delete", &all]],
        };
        run(&larder, Path::new("rclone"), &lines, &environment)
    });
}

#[test]
fn scenario_s3cmd() {
    let (larder, files) = (Larder::dev(), Files::make());
    let paths = Paths::of(&files);
    let at = |key: &str| format!("s3://{}/{key}", larder.bucket);
    let config = files.folder().join("s3cfg");
    // a bucket's host without the bucket's name in it means path style
    let text = format!(
        "[default]\naccess_key = {}\nsecret_key = {}\nhost_base = {host}\nhost_bucket = {host}\nuse_https = False\n\
         bucket_location = auto\nmultipart_copy_chunk_size_mb = 64\nprogress_meter = False\n",
        larder.access_key_id,
        larder.secret,
        host = larder.address
    );
    std::fs::write(&config, text).unwrap();
    let base = ["--config", config.to_str().unwrap()];
    let (tree_here, tree_back) = (format!("{}/", paths.tree), format!("{}/", paths.tree_back));
    let (large, copy, tree, all) = (at(LARGE), at(LARGE_COPY), at("tree/"), at(""));
    let (small, small_copy) = (at(&format!("tree/{SMALL}")), at(SMALL_COPY));
    play(&larder, &files, Sync::ByKey, |step| {
        let lines: &[&[&str]] = match step {
            Step::Upload => &[&["put", &paths.large, &large]],
            Step::Sync => &[&["sync", &tree_here, &tree]],
            Step::List => &[&["ls", "--recursive", &tree]],
            Step::Copy => &[&["cp", &large, &copy], &["cp", &small, &small_copy]],
            Step::Download => &[&["get", &copy, &paths.large_back]],
            Step::Fetch => &[&["sync", &tree, &tree_back]],
            Step::Delete => &[&["del", "--recursive", "--force", &all]],
        };
        let lines: Vec<_> = lines.iter().map(|line| [&base, *line].concat()).collect();
        run(&larder, Path::new("s3cmd"), &lines, &[("LC_ALL", "C.UTF-8")])
    });
}
