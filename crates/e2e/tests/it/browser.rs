//! A real browser on the example application.

use std::path::Path;

use e2e::{Larder, run_script};

fn in_browser(script: &str) {
    let larder = Larder::dev();
    let said = run_script(&larder, Path::new("node"), &[script], &[]);
    assert!(said.lines().any(|line| line.starts_with("ok ")), "{said}");
}

#[test]
fn browser_uploads_with_progress() {
    in_browser("browser/upload.mjs");
}

#[test]
fn browser_blocks_another_origin() {
    in_browser("browser/other-origin.mjs");
}

#[test]
fn browser_page_reads_why_it_was_refused() {
    in_browser("browser/wrong-type.mjs");
}
