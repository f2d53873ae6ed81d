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

/// From any origin: the ports that the first bucket's own policy names are taken by other tests.
#[test]
fn browser_uploads_by_form() {
    let larder = Larder::dev();
    let policy = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>POST</AllowedMethod>\
                  <ExposeHeader>ETag</ExposeHeader></CORSRule></CORSConfiguration>";
    let path = format!("/{}", larder.bucket);
    let put = larder.signer().send(larder.address, "PUT", &path, &[("cors", "")], &[], policy.as_bytes());
    assert_eq!(put.status, 200, "{}", put.text());
    let said = run_script(&larder, Path::new("node"), &["browser/form.mjs"], &[]);
    assert!(said.lines().any(|line| line.starts_with("ok ")), "{said}");
}
