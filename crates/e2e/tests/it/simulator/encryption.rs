//! A customer's own keys: what a request must bring, found in R2's order, before anything is looked at.

use super::{Case, asks, sends};

const K: &str = "/user-uploads/k";
const SSE_KEY: (&str, &str) =
    ("x-amz-server-side-encryption-customer-key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
const SSE_MD5: (&str, &str) = ("x-amz-server-side-encryption-customer-key-md5", "KYvwGXoFFJ42a2u2GDWhwQ==");
const SSE_AES256: (&str, &str) = ("x-amz-server-side-encryption-customer-algorithm", "AES256");

pub(crate) const CASES: &[Case] = &[
    asks("sse-c get: no key", "GET", K, &[], &[SSE_AES256, SSE_MD5]),
    asks("sse-c get: no hash of the key", "GET", K, &[], &[SSE_AES256, SSE_KEY]),
    asks("sse-c get: no algorithm", "GET", K, &[], &[SSE_KEY, SSE_MD5]),
    asks(
        "sse-c get: another algorithm",
        "GET",
        K,
        &[],
        &[("x-amz-server-side-encryption-customer-algorithm", "AES128"), SSE_KEY, SSE_MD5],
    ),
    sends("sse-c put: no key", "PUT", K, &[], &[SSE_AES256, SSE_MD5], "x"),
    sends("sse-c put: no algorithm", "PUT", K, &[], &[SSE_KEY, SSE_MD5], "x"),
    asks("sse-c get: of a plain object", "GET", K, &[], &[SSE_AES256, SSE_KEY, SSE_MD5]),
    asks("sse-c head: of a plain object", "HEAD", K, &[], &[SSE_AES256, SSE_KEY, SSE_MD5]),
];
