//! Uploads in parts, and copies: an unfinished upload and one part of it are there before the first case.

use super::{Case, Side, asks, sends};

const K: &str = "/user-uploads/k";
const M: &str = "/user-uploads/m";
const UPLOAD: (&str, &str) = ("uploadId", "{upload}");
const PART_1: (&str, &str) = ("partNumber", "1");
const UNKNOWN: (&str, &str) = ("uploadId", "no-such-upload");

/// An upload with one small part, and one that has ended.
pub(crate) fn prepare(side: &mut Side) {
    for name in ["{upload}", "{aborted}"] {
        let created = side.send(&asks("", "POST", M, &[("uploads", "")], &[]));
        assert_eq!(created.status, 200, "{}", created.text());
        side.learnt.insert(name, created.element("UploadId").unwrap());
    }
    let aborted = side.send(&asks("", "DELETE", M, &[("uploadId", "{aborted}")], &[]));
    assert_eq!(aborted.status, 204, "{}", aborted.text());
    for (number, learnt) in [(PART_1, "{part}"), (("partNumber", "2"), "{second}")] {
        let query = [UPLOAD, number].map(|(name, value)| (name, side.fill(value)));
        let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
        let path = format!("{}{M}", side.base);
        let part = side.signer.send(side.address, "PUT", &path, &query, &[], learnt.as_bytes());
        assert_eq!(part.status, 200, "{}", part.text());
        side.learnt.insert(learnt, part.header("etag").unwrap().trim_matches('"').to_owned());
    }
}

/// The body of a complete request.
macro_rules! complete {
    ($(($number:literal, $etag:literal)),*) => {
        concat!(
            "<CompleteMultipartUpload>",
            $("<Part><PartNumber>", $number, "</PartNumber><ETag>", $etag, "</ETag></Part>",)*
            "</CompleteMultipartUpload>"
        )
    };
}

pub(crate) const CASES: &[Case] = &[
    asks("create", "POST", "/user-uploads/other", &[("uploads", "")], &[]),
    asks("create: tags", "POST", M, &[("uploads", "")], &[("x-amz-tagging", "a=b")]),
    asks("create: a class that is none", "POST", M, &[("uploads", "")], &[("x-amz-storage-class", "COLD")]),
    asks(
        "create: another encryption",
        "POST",
        M,
        &[("uploads", "")],
        &[("x-amz-server-side-encryption", "aws:kms")],
    ),
    asks("create: an ACL that is none", "POST", M, &[("uploads", "")], &[("x-amz-acl", "mine")]),
    asks("create: no such bucket", "POST", "/no-such-bucket/m", &[("uploads", "")], &[]),
    sends("part: number 0", "PUT", M, &[UPLOAD, ("partNumber", "0")], &[], "x"),
    sends("part: number 10001", "PUT", M, &[UPLOAD, ("partNumber", "10001")], &[], "x"),
    sends("part: number -1", "PUT", M, &[UPLOAD, ("partNumber", "-1")], &[], "x"),
    sends("part: number 1.0", "PUT", M, &[UPLOAD, ("partNumber", "1.0")], &[], "x"),
    sends("part: a number of letters", "PUT", M, &[UPLOAD, ("partNumber", "one")], &[], "x"),
    sends("part: an empty number", "PUT", M, &[UPLOAD, ("partNumber", "")], &[], "x"),
    sends("part: a number that is only a minus", "PUT", M, &[UPLOAD, ("partNumber", "-")], &[], "x"),
    sends("part: a number behind spaces", "PUT", M, &[UPLOAD, ("partNumber", " 3")], &[], "x"),
    sends(
        "part: an encryption",
        "PUT",
        M,
        &[UPLOAD, PART_1],
        &[("x-amz-server-side-encryption", "AES256")],
        "x",
    ),
    sends("part: an MD5 that is none", "PUT", M, &[UPLOAD, PART_1], &[("content-md5", "no")], "x"),
    sends(
        "part: the MD5 of something else",
        "PUT",
        M,
        &[UPLOAD, PART_1],
        &[("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")],
        "x",
    ),
    sends("part: no such upload", "PUT", M, &[UNKNOWN, PART_1], &[], "x"),
    sends("part: of an upload that was aborted", "PUT", M, &[("uploadId", "{aborted}"), PART_1], &[], "x"),
    sends("part: of another key's upload", "PUT", "/user-uploads/other", &[UPLOAD, PART_1], &[], "x"),
    sends("an upload id without a number", "PUT", "/user-uploads/stored", &[UPLOAD], &[], "x"),
    asks("a head with an upload id", "HEAD", K, &[UPLOAD], &[]),
    asks("complete: no body", "POST", M, &[UPLOAD], &[]),
    sends("complete: no XML", "POST", M, &[UPLOAD], &[], "parts"),
    sends("complete: another root", "POST", M, &[UPLOAD], &[], "<Complete></Complete>"),
    sends("complete: no parts", "POST", M, &[UPLOAD], &[], complete!()),
    sends(
        "complete: no ETag",
        "POST",
        M,
        &[UPLOAD],
        &[],
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
    ),
    sends(
        "complete: no number",
        "POST",
        M,
        &[UPLOAD],
        &[],
        "<CompleteMultipartUpload><Part><ETag>{part}</ETag></Part></CompleteMultipartUpload>",
    ),
    sends("complete: a number of letters", "POST", M, &[UPLOAD], &[], complete!(("one", "{part}"))),
    sends("complete: number 0", "POST", M, &[UPLOAD], &[], complete!(("0", "{part}"))),
    sends("complete: number 10001", "POST", M, &[UPLOAD], &[], complete!(("10001", "{part}"))),
    sends("complete: one part twice", "POST", M, &[UPLOAD], &[], complete!(("1", "{part}"), ("1", "{part}"))),
    sends("complete: a part that is not there", "POST", M, &[UPLOAD], &[], complete!(("7", "{part}"))),
    sends("complete: another ETag", "POST", M, &[UPLOAD], &[], complete!(("1", "{second}"))),
    sends(
        "complete: a first part that is too small",
        "POST",
        M,
        &[UPLOAD],
        &[],
        complete!(("1", "{part}"), ("2", "{second}")),
    ),
    sends("complete: no such upload", "POST", M, &[UNKNOWN], &[], complete!(("1", "{part}"))),
    sends(
        "complete: an upload that was aborted",
        "POST",
        M,
        &[("uploadId", "{aborted}")],
        &[],
        complete!(("1", "{part}")),
    ),
    sends(
        "complete: the bucket's owner",
        "POST",
        M,
        &[UPLOAD],
        &[("x-amz-expected-bucket-owner", "me")],
        complete!(("1", "{part}")),
    ),
    asks("abort: no such upload", "DELETE", M, &[UNKNOWN], &[]),
    asks("abort: once more", "DELETE", M, &[("uploadId", "{aborted}")], &[]),
    asks("copy", "PUT", "/user-uploads/copied", &[], &[("x-amz-copy-source", "/user-uploads/k")]),
    asks(
        "copy: without the first slash",
        "PUT",
        "/user-uploads/copied",
        &[],
        &[("x-amz-copy-source", "user-uploads/a%2Fb")],
    ),
    asks(
        "copy: onto itself",
        "PUT",
        "/user-uploads/copied",
        &[],
        &[("x-amz-copy-source", "/user-uploads/copied")],
    ),
    asks("copy: no key in the source", "PUT", K, &[], &[("x-amz-copy-source", "user-uploads")]),
    asks("copy: an empty key in the source", "PUT", K, &[], &[("x-amz-copy-source", "/user-uploads/")]),
    asks("copy: no such key", "PUT", K, &[], &[("x-amz-copy-source", "/user-uploads/none")]),
    asks("copy: no such source bucket", "PUT", K, &[], &[("x-amz-copy-source", "/no-such-bucket/k")]),
    asks(
        "copy: a directive that is none",
        "PUT",
        K,
        &[],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-metadata-directive", "MOVE")],
    ),
    asks(
        "copy: replace",
        "PUT",
        "/user-uploads/copied",
        &[],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-metadata-directive", "REPLACE")],
    ),
    asks(
        "copy: merge",
        "PUT",
        "/user-uploads/copied",
        &[],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-metadata-directive", "MERGE")],
    ),
    asks(
        "copy: the source has another ETag",
        "PUT",
        K,
        &[],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-copy-source-if-match", "\"0\"")],
    ),
    asks(
        "copy: the source has this ETag",
        "PUT",
        K,
        &[],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-copy-source-if-none-match", "{etag}")],
    ),
    asks(
        "copy: a directive for tags",
        "PUT",
        K,
        &[],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-tagging-directive", "COPY")],
    ),
    asks(
        "copy: an algorithm",
        "PUT",
        K,
        &[],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-checksum-algorithm", "CRC32")],
    ),
    asks(
        "copy: the source bucket's owner",
        "PUT",
        K,
        &[],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-source-expected-bucket-owner", "me")],
    ),
    asks("copy part", "PUT", M, &[UPLOAD, ("partNumber", "3")], &[("x-amz-copy-source", "/user-uploads/k")]),
    asks(
        "copy part: a range",
        "PUT",
        M,
        &[UPLOAD, ("partNumber", "3")],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-copy-source-range", "bytes=0-3")],
    ),
    asks(
        "copy part: a range past the end",
        "PUT",
        M,
        &[UPLOAD, ("partNumber", "3")],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-copy-source-range", "bytes=5-99")],
    ),
    asks(
        "copy part: a range behind the end",
        "PUT",
        M,
        &[UPLOAD, ("partNumber", "3")],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-copy-source-range", "bytes=50-99")],
    ),
    asks(
        "copy part: a range without an end",
        "PUT",
        M,
        &[UPLOAD, ("partNumber", "3")],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-copy-source-range", "bytes=5-")],
    ),
    asks(
        "copy part: a range the wrong way round",
        "PUT",
        M,
        &[UPLOAD, ("partNumber", "3")],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-copy-source-range", "bytes=5-2")],
    ),
    asks(
        "copy part: a condition",
        "PUT",
        M,
        &[UPLOAD, ("partNumber", "3")],
        &[("x-amz-copy-source", "/user-uploads/k"), ("x-amz-copy-source-if-match", "{etag}")],
    ),
    asks(
        "copy part: no such key",
        "PUT",
        M,
        &[UPLOAD, ("partNumber", "3")],
        &[("x-amz-copy-source", "/user-uploads/none")],
    ),
    asks(
        "copy part: no such upload",
        "PUT",
        M,
        &[UNKNOWN, ("partNumber", "3")],
        &[("x-amz-copy-source", "/user-uploads/k")],
    ),
];
