//! A disk without space for more: uploads get a clear 507, everything else works.

use e2e::{Larder, exchange};

#[test]
fn uploads_are_refused_reads_and_deletes_work() {
    let larder = Larder::dev();
    let send = |larder: &Larder, method: &str, path: &str, body: &[u8]| {
        let signer = larder.signer();
        exchange(larder.address, method, &signer.presign(method, path, &[]), &[("host", &signer.host)], body)
    };
    let large = vec![b'x'; 3_000_000];
    for (path, body) in [("/user-uploads/small", b"kept".as_slice()), ("/user-uploads/large", &large)] {
        assert_eq!(send(&larder, "PUT", path, body).status, 200);
    }
    // more space is to be left alone than any disk has
    let larder = larder.serve_on("reserve_free = \"1000000000 GiB\"");
    for body in [b"x".as_slice(), &large] {
        let reply = send(&larder, "PUT", "/user-uploads/more", body);
        assert_eq!(reply.verdict(), (507, "InsufficientStorage".to_owned()));
        assert!(reply.element("Hint").unwrap().contains("reads and deletes still work"), "{}", reply.text());
    }
    assert_eq!(send(&larder, "GET", "/user-uploads/small", b"").body, b"kept");
    assert!(send(&larder, "GET", "/user-uploads/large", b"").body == large);
    assert_eq!(send(&larder, "GET", "/user-uploads/more", b"").status, 404);
    for path in ["/user-uploads/small", "/user-uploads/large"] {
        assert_eq!(send(&larder, "DELETE", path, b"").status, 204);
        assert_eq!(send(&larder, "GET", path, b"").status, 404);
    }
    let larder = larder.serve_on("");
    assert_eq!(send(&larder, "PUT", "/user-uploads/more", &large).status, 200);
}
