//! A real browser on the example application.

use std::path::Path;

use e2e::{Larder, run_script};

fn in_browser(script: &str) {
    in_browser_on(&Larder::dev(), script);
}

/// From any origin: the ports that the first bucket's own policy names are taken by other tests.
fn in_browser_from_anywhere(script: &str, methods: &[&str]) {
    let larder = Larder::dev();
    let methods: String =
        methods.iter().map(|method| format!("<AllowedMethod>{method}</AllowedMethod>")).collect();
    let policy = format!(
        "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>{methods}\
         <AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader></CORSRule></CORSConfiguration>"
    );
    let path = format!("/{}", larder.bucket);
    let put = larder.signer().send(larder.address, "PUT", &path, &[("cors", "")], &[], policy.as_bytes());
    assert_eq!(put.status, 200, "{}", put.text());
    in_browser_on(&larder, script);
}

fn in_browser_on(larder: &Larder, script: &str) {
    let said = run_script(larder, Path::new("node"), &[script], &[]);
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

#[test]
fn browser_uploads_by_form() {
    in_browser_from_anywhere("browser/form.mjs", &["POST"]);
}

#[test]
fn browser_pauses_and_resumes_an_upload_in_parts() {
    in_browser_from_anywhere("browser/uppy.mjs", &["GET", "PUT", "POST", "DELETE"]);
}
