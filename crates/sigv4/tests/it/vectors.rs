//! Published examples: signatures that we did not compute.

use sigv4::sign::{ChunkSigner, HeaderRequest, payload_sha256, presign, sign_header, sign_header_with_seed};
use sigv4::{PayloadHash, parse_amz_date};

use crate::fixture::{ACCESS_KEY_ID, NOW_S, SECRET, Sent, get_url};

const ACCOUNT: &str = "123456789abcdef0123456789abcdef0";
const V1: &str = "c5cf74a4dcb22b8e0c2d86b73fd1c8b266172a2f51ea434d6e17bc66d68ee332";
const V2: &str = "f7a1c8ccf71786616d78fc17390be7cd21f4f9838d0c2ec3bb63a07edbecdae7";
const V3: &str = "c2df6266fe530907324c850d30bc4cf93d7e11bf1deda2a291e68ad8916c9a9a";
const V4: &str = "c39aefdf839117faef6fc248d5f3b6bbb6fb0b73ea4406b5895f7dc9b11e4a27";

/// A presigned query with its parameters in the order of @aws-sdk/s3-request-presigner.
fn sdk_query(region: &str, expires: u32, signature: &str, signed_headers: &str, last: &str) -> String {
    format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD\
         &X-Amz-Credential={ACCESS_KEY_ID}%2F20260102%2F{region}%2Fs3%2Faws4_request&X-Amz-Date=20260102T030405Z\
         &X-Amz-Expires={expires}&X-Amz-Signature={signature}&X-Amz-SignedHeaders={signed_headers}&{last}"
    )
}

#[test]
fn v1_presigned_get() {
    let host = format!("my-bucket.{ACCOUNT}.r2.cloudflarestorage.com");
    let query = sdk_query("auto", 3600, V1, "host", "x-id=GetObject");
    let sent = Sent::new("GET", &format!("/photos/cat.png?{query}"), &[("host", &host)]);
    let verified = sent.judge(NOW_S).unwrap();
    assert_eq!((verified.payload, verified.matched_host), (PayloadHash::Unsigned, None));

    let mut request = get_url();
    request.host = &host;
    request.path = "/photos/cat.png";
    request.expires_s = 3600;
    request.query = &[("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"), ("x-id", "GetObject")];
    assert!(presign(&request).ends_with(&format!("&X-Amz-Signature={V1}")));
}

#[test]
fn v2_presigned_put_with_content_type() {
    let host = format!("my-bucket.{ACCOUNT}.r2.cloudflarestorage.com");
    let query = sdk_query("auto", 300, V2, "content-type%3Bhost", "x-id=PutObject");
    let sent =
        Sent::new("PUT", &format!("/image.png?{query}"), &[("host", &host), ("content-type", "image/png")]);
    assert!(sent.judge(NOW_S).is_ok());

    let mut request = get_url();
    request.method = "PUT";
    request.host = &host;
    request.path = "/image.png";
    request.headers = &[("Content-Type", "image/png")];
    request.query = &[("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"), ("x-id", "PutObject")];
    assert!(presign(&request).ends_with(&format!("&X-Amz-Signature={V2}")));
}

#[test]
fn v3_presigned_get_path_style_with_port_and_odd_key() {
    let path = "/my-bucket/a%20b/%28%C3%A9%29%2B%27%21%2A~%C3%BC.txt";
    let parameters = [
        ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),
        ("x-id", "GetObject"),
        ("response-content-disposition", "attachment; filename=\"x y+z.txt\""),
    ];
    let query = sdk_query(
        "us-east-1",
        604_800,
        V3,
        "host",
        "response-content-disposition=attachment%3B%20filename%3D%22x%20y%2Bz.txt%22&x-id=GetObject",
    );
    let sent = Sent::new("GET", &format!("{path}?{query}"), &[("host", "127.0.0.1:9000")]);
    assert!(sent.judge(NOW_S).is_ok());

    let mut request = get_url();
    request.host = "127.0.0.1:9000";
    request.path = path;
    request.region = "us-east-1";
    request.expires_s = 604_800;
    request.query = &parameters;
    assert!(presign(&request).ends_with(&format!("&X-Amz-Signature={V3}")));
}

#[test]
fn v4_header_auth_get() {
    let host = format!("{ACCOUNT}.r2.cloudflarestorage.com");
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={ACCESS_KEY_ID}/20260102/auto/s3/aws4_request, \
         SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={V4}"
    );
    let headers = [
        ("host", host.as_str()),
        ("x-amz-date", "20260102T030405Z"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("authorization", &authorization),
    ];
    let sent = Sent::new("GET", "/my-bucket?list-type=2&prefix=a%2Bb&delimiter=%2F&acl", &headers);
    assert!(sent.judge(NOW_S).is_ok());

    let request = HeaderRequest {
        method: "GET",
        host: &host,
        path: "/my-bucket",
        query: &[("list-type", "2"), ("prefix", "a+b"), ("delimiter", "/"), ("acl", "")],
        headers: &[],
        region: "auto",
        access_key_id: ACCESS_KEY_ID,
        secret: SECRET,
        date_s: NOW_S,
        payload: "UNSIGNED-PAYLOAD",
        session_token: None,
    };
    assert_eq!(sign_header(&request).last().unwrap(), &("authorization".to_owned(), authorization));
}

const AWS_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const AWS_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const AWS_HOST: &str = "examplebucket.s3.amazonaws.com";

fn aws_request<'a>(method: &'a str, path: &'a str, query: &'a [(&'a str, &'a str)]) -> HeaderRequest<'a> {
    HeaderRequest {
        method,
        host: AWS_HOST,
        path,
        query,
        headers: &[],
        region: "us-east-1",
        access_key_id: AWS_ID,
        secret: AWS_SECRET,
        date_s: parse_amz_date("20130524T000000Z").unwrap(),
        payload: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        session_token: None,
    }
}

fn assert_signature(request: &HeaderRequest<'_>, signature: &str) {
    let authorization = &sign_header(request).pop().unwrap().1;
    assert!(authorization.ends_with(&format!("Signature={signature}")), "{authorization}");
    let sent = crate::fixture::send_signed(request);
    assert!(sent.judge_as(AWS_ID, AWS_SECRET, request.date_s, &[]).is_ok());
}

/// Spec: Amazon S3 API, SigV4 header authentication, the four worked examples.
#[test]
fn aws_header_examples() {
    let mut get = aws_request("GET", "/test.txt", &[]);
    get.headers = &[("range", "bytes=0-9")];
    assert_signature(&get, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

    let body = payload_sha256(b"Welcome to Amazon S3.");
    let mut put = aws_request("PUT", "/test%24file.text", &[]);
    put.headers = &[("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")];
    put.payload = &body;
    assert_signature(&put, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");

    let lifecycle = aws_request("GET", "/", &[("lifecycle", "")]);
    assert_signature(&lifecycle, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");

    let list = aws_request("GET", "/", &[("max-keys", "2"), ("prefix", "J")]);
    assert_signature(&list, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

/// Spec: Amazon S3 API, SigV4 query authentication, worked example.
#[test]
fn aws_presigned_example() {
    let mut request = get_url();
    request.host = AWS_HOST;
    request.path = "/test.txt";
    request.region = "us-east-1";
    request.access_key_id = AWS_ID;
    request.secret = AWS_SECRET;
    request.date_s = parse_amz_date("20130524T000000Z").unwrap();
    request.expires_s = 86_400;
    assert_eq!(
        presign(&request),
        "X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
         &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
}

fn signatures_in(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let after = |marker: &str| -> Vec<String> {
        text.split(marker).skip(1).map(|rest| rest.chars().take(64).collect()).collect()
    };
    [after(";chunk-signature="), after("x-amz-trailer-signature:")].concat()
}

fn put_in_chunks<'a>(headers: &'a [(&'a str, &'a str)], payload: &'a str) -> HeaderRequest<'a> {
    let mut request = aws_request("PUT", "/examplebucket/chunkObject.txt", &[]);
    request.host = "s3.amazonaws.com";
    request.headers = headers;
    request.payload = payload;
    request
}

/// Spec: Amazon S3 API, SigV4 chunked upload, worked example.
#[test]
fn aws_chunked_upload_example() {
    let headers = [
        ("content-encoding", "aws-chunked"),
        ("content-length", "66824"),
        ("x-amz-decoded-content-length", "66560"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ];
    let request = put_in_chunks(&headers, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    assert_signature(&request, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");

    let mut body = Vec::new();
    let mut signer = ChunkSigner::signed(sign_header_with_seed(&request).1);
    signer.chunk(&[b'a'; 65_536], &mut body);
    signer.chunk(&[b'a'; 1024], &mut body);
    signer.finish(&mut body);
    assert_eq!(body.len(), 66_824);
    assert_eq!(
        signatures_in(&body),
        [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ]
    );
}

/// Spec: Amazon S3 API, SigV4 chunked upload with trailers, worked example.
#[test]
fn aws_chunked_upload_with_trailer_example() {
    let headers = [
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("x-amz-trailer", "x-amz-checksum-crc32c"),
    ];
    let request = put_in_chunks(&headers, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER");
    assert_signature(&request, "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");

    let mut body = Vec::new();
    let mut signer = ChunkSigner::signed(sign_header_with_seed(&request).1);
    signer.chunk(&[b'a'; 65_536], &mut body);
    signer.chunk(&[b'a'; 1024], &mut body);
    signer.finish_with_trailers(&[("x-amz-checksum-crc32c", "sOO8/Q==")], &mut body);
    assert_eq!(
        signatures_in(&body),
        [
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
            "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
        ]
    );
}
