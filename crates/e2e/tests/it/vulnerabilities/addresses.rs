//! Whose address a request comes from, when anybody writes headers about it.

use std::net::IpAddr;

use e2e::{Client, Larder};
use serde_json::json;

use crate::tokens::{ITEM_WRITE, STORAGE_READ, make, wanted};

/// Classes of CVE-2026-21862 (RustFS) and seaweedfs/seaweedfs#9120: whoever sends a header is whom it names.
#[test]
fn forged_forwarded_headers_change_no_address() {
    let larder = Larder::dev();
    let mut document = wanted(&larder, ITEM_WRITE);
    document["condition"] = json!({ "request_ip": { "in": ["127.0.0.2"] } });
    let token = make(&larder, &document);
    let mut admin = wanted(&larder, STORAGE_READ);
    admin["condition"] = document["condition"].clone();
    let admin = make(&larder, &admin);
    const FORGED: [(&str, &str); 10] = [
        ("x-forwarded-for", "127.0.0.2"),
        ("forwarded", "for=127.0.0.2"),
        ("x-real-ip", "127.0.0.2"),
        ("x-client-ip", "127.0.0.2"),
        ("cf-connecting-ip", "127.0.0.2"),
        ("true-client-ip", "127.0.0.2"),
        ("x-cluster-client-ip", "127.0.0.2"),
        ("x-original-forwarded-for", "127.0.0.2"),
        ("x-forwarded", "for=127.0.0.2"),
        ("via", "1.1 127.0.0.2"),
    ];
    let send_from = |larder: &Larder, from: &str, headers: &[(&str, &str)]| {
        let signer = token.signer(larder);
        let from: IpAddr = from.parse().expect("an address");
        let mut client = Client::connect_from(from, larder.address).expect("connects");
        let target = signer.presign("PUT", "/user-uploads/a", &[]);
        let host = [("host", signer.host.as_str())];
        let s3 = client.request("PUT", &target, &[&host, headers].concat(), b"x").expect("a reply").status;
        let bearer = format!("Bearer {}", admin.value);
        let rest = [&host, &[("authorization", bearer.as_str())][..], headers].concat();
        let target = format!("/client/v4/accounts/{}/r2/buckets", larder.account);
        (s3, client.request("GET", &target, &rest, b"").expect("a reply").status)
    };
    let (let_in, kept_out) = ((200, 200), (403, 403));
    let none_is_declared = |larder: &Larder| {
        assert_eq!(send_from(larder, "127.0.0.2", &[]), let_in);
        assert_eq!(send_from(larder, "127.0.0.2", &[("x-forwarded-for", "192.0.2.1")]), let_in);
        assert_eq!(send_from(larder, "127.0.0.3", &[]), kept_out);
        for header in FORGED {
            assert_eq!(send_from(larder, "127.0.0.3", &[header]), kept_out, "{header:?}");
        }
        assert_eq!(send_from(larder, "127.0.0.3", &FORGED), kept_out);
    };
    none_is_declared(&larder);
    // another one is
    let larder = larder.serve_on("trusted_proxies = [\"127.0.0.9\", \"127.1.0.0/16\"]");
    none_is_declared(&larder);
    for proxy in ["127.0.0.9", "127.1.2.3"] {
        let list = |text: &'static str| [("x-forwarded-for", text)];
        assert_eq!(send_from(&larder, proxy, &list("127.0.0.2")), let_in);
        assert_eq!(send_from(&larder, proxy, &list("192.0.2.1, 127.0.0.2, 127.1.1.1")), let_in);
        assert_eq!(send_from(&larder, proxy, &[("forwarded", "for=127.0.0.2")]), let_in);
        // what its client wrote stands before what it wrote
        for headers in [
            &list("127.0.0.2, 192.0.2.1")[..],
            &[("x-forwarded-for", "127.0.0.2"), ("x-forwarded-for", "192.0.2.1")],
            &[("forwarded", "for=127.0.0.2"), ("x-forwarded-for", "192.0.2.1")],
            &[("forwarded", "for=192.0.2.1"), ("x-forwarded-for", "127.0.0.2")],
            &[("forwarded", "for=127.0.0.2;x=\", for=192.0.2.1")],
            &[("x-real-ip", "127.0.0.2"), ("x-forwarded-for", "192.0.2.1")],
            &FORGED[2..],
            &[],
        ] {
            assert_eq!(send_from(&larder, proxy, headers), kept_out, "{headers:?}");
        }
    }
}
