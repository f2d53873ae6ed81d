//! Requests that nobody may make: what is missing or wrong is found in R2's order, the signature last.

use super::{Case, raw};

const K: &str = "/user-uploads/k";
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const SHA256: (&str, &str) = ("x-amz-content-sha256", EMPTY_SHA256);
const DATE: (&str, &str) = ("x-amz-date", "{date}");

/// A header's credential with this scope, and a signature that cannot be right.
macro_rules! header {
    ($credential:literal) => {
        header!($credential, "host;x-amz-content-sha256;x-amz-date")
    };
    ($credential:literal, $signed:literal) => {
        (
            "authorization",
            concat!(
                "AWS4-HMAC-SHA256 Credential=",
                $credential,
                ", SignedHeaders=",
                $signed,
                ", Signature=00"
            ),
        )
    };
}

/// A presigned query with these values, and a signature that cannot be right.
macro_rules! presigned {
    ($date:literal, $expires:literal) => {
        presigned!("AWS4-HMAC-SHA256", "{key}/{day}/auto/s3/aws4_request", $date, $expires, "host")
    };
    ($algorithm:literal, $credential:literal, $date:literal, $expires:literal, $signed:literal) => {
        concat!(
            "/user-uploads/k?X-Amz-Algorithm=",
            $algorithm,
            "&X-Amz-Credential=",
            $credential,
            "&X-Amz-Date=",
            $date,
            "&X-Amz-Expires=",
            $expires,
            "&X-Amz-SignedHeaders=",
            $signed,
            "&X-Amz-Signature=00"
        )
    };
}

pub(crate) const CASES: &[Case] = &[
    raw("nothing is signed", "GET", K, &[]),
    raw("nothing is signed, a put", "PUT", K, &[]),
    raw("nothing is signed, a list", "GET", "/user-uploads", &[]),
    raw("a form from a browser", "POST", "/user-uploads", &[]),
    raw("a batch delete from a stranger", "POST", "/user-uploads?delete", &[]),
    raw("no hash of the payload", "GET", K, &[DATE, header!("{key}/{day}/auto/s3/aws4_request")]),
    raw("no date", "GET", K, &[SHA256, header!("{key}/{day}/auto/s3/aws4_request")]),
    raw(
        "a date that is none",
        "GET",
        K,
        &[SHA256, ("x-amz-date", "yesterday"), header!("{key}/{day}/auto/s3/aws4_request")],
    ),
    raw(
        "a date header that is none",
        "GET",
        K,
        &[SHA256, ("date", "yesterday"), header!("{key}/{day}/auto/s3/aws4_request")],
    ),
    raw(
        "an hour ago",
        "GET",
        K,
        &[SHA256, ("x-amz-date", "{hour-ago}"), header!("{key}/{day}/auto/s3/aws4_request")],
    ),
    raw("another algorithm", "GET", K, &[SHA256, DATE, ("authorization", "AWS {key}:00")]),
    raw("a bearer", "GET", K, &[SHA256, DATE, ("authorization", "Bearer {key}")]),
    raw(
        "no signature",
        "GET",
        K,
        &[
            SHA256,
            DATE,
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential={key}/{day}/auto/s3/aws4_request, SignedHeaders=host",
            ),
        ],
    ),
    raw("a credential of four parts", "GET", K, &[SHA256, DATE, header!("{key}/auto/s3/aws4_request")]),
    raw("another service", "GET", K, &[SHA256, DATE, header!("{key}/{day}/auto/sqs/aws4_request")]),
    raw("another end of the scope", "GET", K, &[SHA256, DATE, header!("{key}/{day}/auto/s3/aws5_request")]),
    raw("a scope of another day", "GET", K, &[SHA256, DATE, header!("{key}/20200101/auto/s3/aws4_request")]),
    raw(
        "an unknown access key",
        "GET",
        K,
        &[SHA256, DATE, header!("00000000000000000000000000000000/{day}/auto/s3/aws4_request")],
    ),
    raw(
        "the host is not signed",
        "GET",
        K,
        &[SHA256, DATE, header!("{key}/{day}/auto/s3/aws4_request", "x-amz-date")],
    ),
    raw("a wrong signature", "GET", K, &[SHA256, DATE, header!("{key}/{day}/auto/s3/aws4_request")]),
    raw(
        "presigned: only a credential",
        "GET",
        "/user-uploads/k?X-Amz-Credential={key}/{day}/auto/s3/aws4_request",
        &[],
    ),
    raw(
        "presigned: no expiry",
        "GET",
        "/user-uploads/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={key}/{day}/auto/s3/aws4_request&X-Amz-Date={date}&X-Amz-SignedHeaders=host&X-Amz-Signature=00",
        &[],
    ),
    raw(
        "presigned: another algorithm",
        "GET",
        presigned!("AWS4-HMAC-SHA1", "{key}/{day}/auto/s3/aws4_request", "{date}", "60", "host"),
        &[],
    ),
    raw("presigned: a date that is none", "GET", presigned!("yesterday", "60"), &[]),
    raw("presigned: an expiry that is none", "GET", presigned!("{date}", "soon"), &[]),
    raw("presigned: an empty expiry", "GET", presigned!("{date}", ""), &[]),
    raw("presigned: more than a week", "GET", presigned!("{date}", "604801"), &[]),
    raw("presigned: no time at all", "GET", presigned!("{date}", "0"), &[]),
    raw("presigned: negative", "GET", presigned!("{date}", "-1"), &[]),
    raw("presigned: long ago", "GET", presigned!("{hour-ago}", "60"), &[]),
    raw(
        "presigned: another service",
        "GET",
        presigned!("AWS4-HMAC-SHA256", "{key}/{day}/auto/ec2/aws4_request", "{date}", "60", "host"),
        &[],
    ),
    raw(
        "presigned: an unknown access key",
        "GET",
        presigned!(
            "AWS4-HMAC-SHA256",
            "00000000000000000000000000000000/{day}/auto/s3/aws4_request",
            "{date}",
            "60",
            "host"
        ),
        &[],
    ),
    raw(
        "presigned: a scope of another day",
        "GET",
        presigned!("AWS4-HMAC-SHA256", "{key}/20200101/auto/s3/aws4_request", "{date}", "60", "host"),
        &[],
    ),
    raw(
        "presigned: the host is not signed",
        "GET",
        presigned!("AWS4-HMAC-SHA256", "{key}/{day}/auto/s3/aws4_request", "{date}", "60", "range"),
        &[],
    ),
    raw("presigned: a wrong signature", "GET", presigned!("{date}", "60"), &[]),
];
