//! A presigned URL changed in one place at a time is refused, with the code that R2 gives, and nothing is stored.

use e2e::{Larder, Reply, exchange};

const PATH: &str = "/user-uploads/photos/cat.png";

struct Case {
    what: &'static str,
    method: &'static str,
    change: fn(&str) -> String,
    headers: &'static [(&'static str, &'static str)],
    expected: (u16, &'static str),
}

const SIGNED: &[(&str, &str)] = &[("content-type", "image/png")];
const MISMATCH: (u16, &str) = (403, "SignatureDoesNotMatch");

/// Replaces the value of one parameter by what `change` makes of it.
fn with_parameter(target: &str, name: &str, change: impl Fn(&str) -> String) -> String {
    let marker = format!("{name}=");
    let (before, rest) = target.split_once(&marker).expect("the parameter is there");
    let (value, after) = rest.split_once('&').map_or((rest, String::new()), |(v, a)| (v, format!("&{a}")));
    format!("{before}{marker}{}{after}", change(value))
}

const CASES: &[Case] = &[
    Case { what: "method GET", method: "GET", change: str::to_owned, headers: SIGNED, expected: MISMATCH },
    Case {
        what: "method DELETE",
        method: "DELETE",
        change: str::to_owned,
        headers: SIGNED,
        expected: MISMATCH,
    },
    Case {
        what: "bucket",
        method: "PUT",
        change: |t| t.replace("/user-uploads/", "/user-upload2/"),
        headers: SIGNED,
        expected: MISMATCH,
    },
    Case {
        what: "key",
        method: "PUT",
        change: |t| t.replace("cat.png", "dog.png"),
        headers: SIGNED,
        expected: MISMATCH,
    },
    Case {
        what: "expiry, longer",
        method: "PUT",
        change: |t| with_parameter(t, "X-Amz-Expires", |_| "604800".into()),
        headers: SIGNED,
        expected: MISMATCH,
    },
    Case {
        what: "expiry, over already",
        method: "PUT",
        change: |t| with_parameter(t, "X-Amz-Expires", |_| "0".into()),
        headers: SIGNED,
        expected: (403, "ExpiredRequest"),
    },
    Case {
        what: "date, another second of the day",
        method: "PUT",
        change: |t| {
            with_parameter(t, "X-Amz-Date", |date| {
                let last = if date.ends_with("0Z") { "1Z" } else { "0Z" };
                format!("{}{last}", &date[..date.len() - 2])
            })
        },
        headers: SIGNED,
        expected: MISMATCH,
    },
    Case {
        what: "date, another day than the scope's",
        method: "PUT",
        change: |t| with_parameter(t, "X-Amz-Date", |date| format!("2020{}", &date[4..])),
        headers: SIGNED,
        expected: (400, "InvalidArgument"),
    },
    Case {
        what: "credential, unknown access key",
        method: "PUT",
        change: |t| with_parameter(t, "X-Amz-Credential", |c| format!("{}{}", "0".repeat(32), &c[32..])),
        headers: SIGNED,
        expected: (401, "Unauthorized"),
    },
    Case {
        what: "credential, another region",
        method: "PUT",
        change: |t| with_parameter(t, "X-Amz-Credential", |c| c.replace("auto", "us-east-1")),
        headers: SIGNED,
        expected: MISMATCH,
    },
    Case {
        what: "credential, another service",
        method: "PUT",
        change: |t| with_parameter(t, "X-Amz-Credential", |c| c.replace("s3", "sts")),
        headers: SIGNED,
        expected: (400, "InvalidArgument"),
    },
    Case {
        what: "signed header's value",
        method: "PUT",
        change: str::to_owned,
        headers: &[("content-type", "image/jpg")],
        expected: MISMATCH,
    },
    Case {
        what: "signed header left out",
        method: "PUT",
        change: str::to_owned,
        headers: &[],
        expected: MISMATCH,
    },
    Case {
        what: "signed headers' list",
        method: "PUT",
        change: |t| with_parameter(t, "X-Amz-SignedHeaders", |_| "host".into()),
        headers: SIGNED,
        expected: MISMATCH,
    },
    Case {
        what: "host not among the signed headers",
        method: "PUT",
        change: |t| with_parameter(t, "X-Amz-SignedHeaders", |_| "content-type".into()),
        headers: SIGNED,
        expected: (401, "Unauthorized"),
    },
    Case {
        what: "signature",
        method: "PUT",
        change: |t| {
            with_parameter(t, "X-Amz-Signature", |s| {
                let last = if s.ends_with('0') { "1" } else { "0" };
                format!("{}{last}", &s[..s.len() - 1])
            })
        },
        headers: SIGNED,
        expected: MISMATCH,
    },
    Case {
        what: "signature, cut",
        method: "PUT",
        change: |t| with_parameter(t, "X-Amz-Signature", |s| s[..10].into()),
        headers: SIGNED,
        expected: MISMATCH,
    },
    Case {
        what: "algorithm",
        method: "PUT",
        change: |t| with_parameter(t, "X-Amz-Algorithm", |_| "AWS4-HMAC-SHA1".into()),
        headers: SIGNED,
        expected: (400, "InvalidRequest"),
    },
    Case {
        what: "a parameter added",
        method: "PUT",
        change: |t| format!("{t}&utm=1"),
        headers: SIGNED,
        expected: MISMATCH,
    },
    Case {
        what: "an unsigned header that would copy",
        method: "PUT",
        change: str::to_owned,
        headers: &[("content-type", "image/png"), ("x-amz-copy-source", "/user-uploads/secret")],
        expected: (403, "AccessDenied"),
    },
    Case {
        what: "unsigned metadata",
        method: "PUT",
        change: str::to_owned,
        headers: &[("content-type", "image/png"), ("x-amz-meta-owner", "me")],
        expected: (403, "AccessDenied"),
    },
];

#[test]
fn every_change_is_refused() {
    let larder = Larder::dev();
    let signer = larder.signer().with_header("content-type", "image/png");
    let target = signer.presign("PUT", PATH, &[]);
    let send = |method: &str, target: &str, headers: &[(&str, &str)]| -> Reply {
        let mut all = vec![("host", signer.host.as_str())];
        all.extend(headers);
        exchange(larder.address, method, target, &all, b"tampered")
    };
    for case in CASES {
        let reply = send(case.method, &(case.change)(&target), case.headers);
        assert_eq!(
            reply.verdict(),
            (case.expected.0, case.expected.1.to_owned()),
            "{}: {}",
            case.what,
            reply.text()
        );
    }
    let get = larder.signer().presign("GET", "/user-uploads", &[]);
    let listed = exchange(larder.address, "GET", &get, &[("host", signer.host.as_str())], b"");
    assert!(!listed.text().contains("<Key>"), "something was stored: {}", listed.text());
    assert_eq!(send("PUT", &target, SIGNED).status, 200);
}
