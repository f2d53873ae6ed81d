//! PostObject with curl: the forms that its users type, and files that nobody holds in memory.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::{Larder, exchange};
use sigv4::sign::PolicySigner;

/// The fields of a form that may put anything below `up/`, of at most `max` bytes.
fn fields(larder: &Larder, more: &[(&str, &str)], max: usize) -> Vec<(String, String)> {
    let signer = larder.signer();
    let policy_signer = PolicySigner {
        region: "auto",
        access_key_id: &larder.access_key_id,
        secret: &larder.secret,
        date_s: signer.date_s,
    };
    let mut fields: Vec<(String, String)> =
        more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    fields.extend(policy_signer.fields().map(|(name, value)| (name.to_owned(), value)));
    let conditions: Vec<String> =
        fields.iter().map(|(name, value)| format!("{{\"{name}\":\"{value}\"}}")).collect();
    let document = format!(
        "{{\"expiration\":\"2099-01-01T00:00:00Z\",\"conditions\":[{{\"bucket\":\"{}\"}},[\"starts-with\",\"$key\",\"up/\"],\
         [\"content-length-range\",0,{max}],{}]}}",
        larder.bucket,
        conditions.join(",")
    );
    let policy = STANDARD.encode(document);
    fields.push(("x-amz-signature".to_owned(), policy_signer.signature(&policy)));
    fields.push(("policy".to_owned(), policy));
    fields.insert(0, ("key".to_owned(), "up/${filename}".to_owned()));
    fields
}

/// `curl -F`, with the status and the redirect on its last two lines.
fn curl(larder: &Larder, fields: &[(String, String)], file: &Path, more: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--write-out", "\n%{http_code}\n%{redirect_url}"]).args(more);
    for (name, value) in fields {
        command.arg("--form-string").arg(format!("{name}={value}"));
    }
    command.arg("-F").arg(format!("file=@{}", file.display()));
    command.arg(format!("{}/{}", larder.endpoint(), larder.bucket));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn stored(larder: &Larder, path: &str) -> (u16, Vec<u8>) {
    let target = larder.signer().presign("GET", &format!("/{}/{path}", larder.bucket), &[]);
    let reply = exchange(larder.address, "GET", &target, &[("host", &larder.signer().host)], b"");
    (reply.status, reply.body)
}

#[test]
fn curl_uploads_by_form() {
    let larder = Larder::dev();
    let file = larder.data().with_extension("upload");
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let content: Vec<u8> = (0..100_000_003_u32).map(|n| (n / 3).to_le_bytes()[0]).collect();
    std::fs::write(&file, &content).unwrap();

    // chunked, so that nobody knows how long it is
    let chunked = ["--header", "Transfer-Encoding: chunked"];
    let form = fields(&larder, &[("success_action_status", "201")], content.len());
    for more in [&[][..], &chunked] {
        let said = curl(&larder, &form, &file, more);
        assert!(said.ends_with("\n201\n") && said.contains(&format!("<Key>up/{name}</Key>")), "{said}");
        assert!(stored(&larder, &format!("up/{name}")) == (200, content.clone()));
    }
    let peak = larder.peak_memory_bytes();
    assert!(peak < 64 * 1024 * 1024, "{} MiB for a file of 95", peak >> 20);
    let there = fields(&larder, &[("success_action_redirect", "http://127.0.0.1:1/done")], content.len());
    let said = curl(&larder, &there, &file, &[]);
    assert!(said.contains("\n303\nhttp://127.0.0.1:1/done?bucket="), "{said}");
}

#[test]
fn curl_is_told_why_a_form_is_refused() {
    let larder = Larder::dev();
    let file = larder.data().with_extension("upload");
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    std::fs::write(&file, vec![7; 3_000_000]).unwrap();
    let chunked = ["--header", "Transfer-Encoding: chunked"];
    for more in [&[][..], &chunked] {
        let said = curl(&larder, &fields(&larder, &[], 2_999_999), &file, more);
        assert!(said.contains("<Code>EntityTooLarge</Code>") && said.contains("2999999"), "{said}");
    }
    let mut extra = fields(&larder, &[], 3_000_000);
    extra.push(("acl".to_owned(), "private".to_owned()));
    let said = curl(&larder, &extra, &file, &[]);
    assert!(said.contains("Extra input fields: acl") && said.contains("\n403\n"), "{said}");
    assert_eq!(stored(&larder, &format!("up/{name}")).0, 404);
    assert!(curl(&larder, &fields(&larder, &[], 3_000_000), &file, &[]).contains("\n204\n"));
}
