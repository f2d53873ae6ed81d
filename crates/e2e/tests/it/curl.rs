//! curl, the client that everybody has: the line that `larder dev` prints, and `Expect: 100-continue`.

use std::process::Command;

use e2e::Larder;

#[test]
fn the_printed_lines_work_as_they_stand() {
    let larder = Larder::dev();
    let lines: Vec<&String> = larder.output.iter().filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(lines.len(), 2, "{:?}", larder.output);
    let run = |line: &str| {
        let output = Command::new("sh").args(["-c", &format!("{line} --silent --fail")]).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run(lines[0]), "");
    assert_eq!(run(lines[1]), "Hello from Larder");
}

#[test]
fn a_large_upload_waits_for_100_continue() {
    let larder = Larder::dev();
    let file = larder.data().with_extension("upload");
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    std::fs::write(&file, &content).unwrap();
    let url = |method| {
        format!("{}{}", larder.endpoint(), larder.signer().presign(method, "/user-uploads/large", &[]))
    };
    let put = Command::new("curl")
        .args(["--silent", "--show-error", "--verbose", "--header", "Expect: 100-continue", "--upload-file"])
        .arg(&file)
        .arg(url("PUT"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&put.stderr);
    assert!(said.contains("HTTP/1.1 100 Continue") && said.contains("HTTP/1.1 200 OK"), "{said}");
    let get = Command::new("curl").args(["--silent", "--fail"]).arg(url("GET")).output().unwrap();
    assert!(get.stdout == content);
}

#[test]
fn a_refused_upload_never_sees_100_continue() {
    let larder = Larder::dev();
    let file = larder.data().with_extension("upload");
    std::fs::write(&file, vec![7; 3_000_000]).unwrap();
    let url = format!("{}{}", larder.endpoint(), larder.signer().presign("GET", "/user-uploads/large", &[]));
    let put = Command::new("curl")
        .args(["--silent", "--verbose", "--header", "Expect: 100-continue", "--upload-file"])
        .arg(&file)
        .arg(url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&put.stderr);
    assert!(!said.contains("100 Continue") && said.contains("HTTP/1.1 403"), "{said}");
    assert!(String::from_utf8_lossy(&put.stdout).contains("<Hint>"));
}
