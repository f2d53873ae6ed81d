//! The policies of forms: published signatures, our own signer, and what is refused.

use proptest::prelude::*;
use sigv4::sign::PolicySigner;
use sigv4::{PolicyClaim, PolicyFields, Rejection, RejectionKind, SigningKey, signing_key};

use crate::fixture::{ACCESS_KEY_ID, NOW_S, SECRET};

const V5_POLICY: &str = "eyJleHBpcmF0aW9uIjoiMjAyNi0wMS0wMlQwNDowNDowNVoiLCJjb25kaXRpb25zIjpbeyJidWNrZXQiOiJteS1idWNrZXQifSxbInN0\
                         YXJ0cy13aXRoIiwiJGtleSIsInVwLyJdXX0=";
const V5: &str = "2f7dde3d33503178310f4d8fdbc22092772da5c49861bfcb7f90353db7a2b797";

fn signer() -> PolicySigner<'static> {
    PolicySigner { region: "auto", access_key_id: ACCESS_KEY_ID, secret: SECRET, date_s: NOW_S }
}

fn key_of(claim: &PolicyClaim<'_>, secret: &str) -> SigningKey {
    signing_key(secret, &claim.scope.date, &claim.scope.region)
}

/// The verdict of a server that knows one credential.
fn judge(fields: PolicyFields<'_>) -> Result<(), Rejection> {
    let claim = PolicyClaim::parse(fields)?;
    assert_eq!(claim.access_key_id, ACCESS_KEY_ID);
    claim.verify(&key_of(&claim, SECRET))
}

const FIELDS: PolicyFields<'static> = PolicyFields {
    algorithm: "AWS4-HMAC-SHA256",
    credential: "0123456789abcdef0123456789abcdef/20260102/auto/s3/aws4_request",
    date: "20260102T030405Z",
    policy: V5_POLICY,
    signature: V5,
};

#[test]
fn v5_post_policy() {
    assert_eq!(judge(FIELDS), Ok(()));
    assert_eq!(signer().signature(V5_POLICY), V5);
    let fields = signer().fields();
    let expected = [
        ("x-amz-algorithm", FIELDS.algorithm),
        ("x-amz-credential", FIELDS.credential),
        ("x-amz-date", FIELDS.date),
    ];
    assert_eq!(fields.each_ref().map(|(name, value)| (*name, value.as_str())), expected);
}

/// Observed: botocore's `generate_presigned_post` with AWS's example credentials.
#[test]
fn a_policy_of_botocore() {
    let policy = "eyJleHBpcmF0aW9uIjogIjIwMTUtMTItMjlUMDE6MDA6MDBaIiwgImNvbmRpdGlvbnMiOiBbeyJidWNrZXQiOiAic2lndjRleGFtcGxl\
                  YnVja2V0In0sIHsia2V5IjogInVzZXIvdXNlcjEvcGhvdG8uanBnIn0sIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNT\
                  YifSwgeyJ4LWFtei1jcmVkZW50aWFsIjogIkFLSUFJT1NGT0ROTjdFWEFNUExFLzIwMTUxMjI5L3VzLWVhc3QtMS9zMy9hd3M0X3JlcXVl\
                  c3QifSwgeyJ4LWFtei1kYXRlIjogIjIwMTUxMjI5VDAwMDAwMFoifV19";
    let fields = PolicyFields {
        credential: "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
        date: "20151229T000000Z",
        policy,
        signature: "3364624b39010d9b06f5d9b8c9a18a6e478d261c048159c92f2fd6fa885f14e6",
        ..FIELDS
    };
    let claim = PolicyClaim::parse(fields).unwrap();
    assert_eq!(claim.verify(&key_of(&claim, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")), Ok(()));
    assert!(claim.verify(&key_of(&claim, SECRET)).is_err());
}

#[test]
fn what_needs_no_secret_to_refuse() {
    let credential = |credential| PolicyFields { credential, ..FIELDS };
    let table = [
        (PolicyFields { algorithm: "AWS4-HMAC-SHA1", ..FIELDS }, "Please use AWS4-HMAC-SHA256"),
        (PolicyFields { algorithm: "", ..FIELDS }, "Please use AWS4-HMAC-SHA256"),
        (
            PolicyFields { date: "2026-01-02T03:04:05Z", ..FIELDS },
            "Date provided in the field x-amz-date (2026-01-02T03:04:05Z) didn't parse successfully",
        ),
        (
            credential("id/20260102/auto/s3"),
            "Credential sigv4 header should have at least 5 slash-separated parts, not 4",
        ),
        (credential("id/20260102/auto/ec2/aws4_request"), "Credential service should be s3, not ec2"),
        (
            credential("id/20260102/auto/s3/aws4"),
            "Credential termination string should be aws4_request, not aws4",
        ),
        (
            credential("id/20260103/auto/s3/aws4_request"),
            "Credential signed date 20260103 does not match 20260102 from 'x-amz-date' header",
        ),
    ];
    for (fields, message) in table {
        assert_eq!(PolicyClaim::parse(fields).unwrap_err().message(), message);
    }
}

#[test]
fn a_signature_has_one_spelling() {
    let upper = V5.to_ascii_uppercase();
    for signature in ["", "00", V5.get(1..).unwrap(), &upper, &"0".repeat(64)] {
        let rejection = judge(PolicyFields { signature, ..FIELDS }).unwrap_err();
        assert_eq!(rejection.kind(), RejectionKind::SignatureDoesNotMatch, "{signature}");
        let Rejection::SignatureDoesNotMatch(mismatch) = rejection else { unreachable!() };
        assert_eq!(mismatch.string_to_sign, V5_POLICY);
        assert_eq!(mismatch.signature_provided, signature);
    }
}

#[test]
fn debug_shows_neither_policy_nor_signature() {
    let claim = PolicyClaim::parse(FIELDS).unwrap();
    let shown = format!("{claim:?}");
    assert!(shown.contains(ACCESS_KEY_ID) && !shown.contains(V5) && !shown.contains(V5_POLICY), "{shown}");
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_what_is_changed_does_not(policy in "\\PC{1,40}", other in "\\PC{1,40}", region in "[a-z0-9-]{0,9}") {
        let signer = PolicySigner { region: &region, ..signer() };
        let signature = signer.signature(&policy);
        let [(_, algorithm), (_, credential), (_, date)] = signer.fields();
        let fields = PolicyFields {
            algorithm: &algorithm,
            credential: &credential,
            date: &date,
            policy: &policy,
            signature: &signature,
        };
        prop_assert_eq!(judge(fields), Ok(()));
        prop_assert_eq!(judge(PolicyFields { policy: &other, ..fields }).is_ok(), policy == other);
    }
}
