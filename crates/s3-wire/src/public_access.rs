//! A bucket's public access block as S3's XML, and what is said of its policy. Policies are not written: what is public
//! follows from the bucket's own settings, and a reader is shown it as the policy that would mean the same.

use bytes::Bytes;
use domain::{BucketName, PublicAccessBlock};

use crate::error::S3Error;
use crate::xml::{self, Limits, Writer};

const LIMITS: Limits = Limits { bytes: 64 * 1024, elements: 16 };

/// Reads a `PublicAccessBlockConfiguration`; a switch that is missing is off.
///
/// # Errors
/// `MalformedXML`, `MaxMessageLengthExceeded`.
///
/// Spec: Amazon S3 API, PutPublicAccessBlock.
pub fn decode(body: &[u8]) -> Result<PublicAccessBlock, S3Error> {
    let root = xml::parse(body, LIMITS)?.expect_root("PublicAccessBlockConfiguration")?;
    let mut switches = [None; 4];
    for child in root.children()? {
        let place = NAMES.iter().position(|name| *name == child.name());
        let Some(switch) = place.and_then(|at| switches.get_mut(at)).filter(|switch| switch.is_none()) else {
            return Err(child.unexpected());
        };
        let text = child.leaf_text()?.trim_ascii();
        *switch = Some(match text {
            _ if text.eq_ignore_ascii_case("true") => true,
            _ if text.eq_ignore_ascii_case("false") => false,
            _ => return Err(S3Error::malformed_xml(format!("{} is true or false.", child.name()))),
        });
    }
    let [acls, ignore, policy, restrict] = switches.map(Option::unwrap_or_default);
    Ok(PublicAccessBlock {
        block_public_acls: acls,
        ignore_public_acls: ignore,
        block_public_policy: policy,
        restrict_public_buckets: restrict,
    })
}

const NAMES: [&str; 4] =
    ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

/// Writes a `PublicAccessBlockConfiguration`.
///
/// Spec: Amazon S3 API, GetPublicAccessBlock.
#[must_use]
pub fn encode(block: PublicAccessBlock) -> Bytes {
    let mut xml = Writer::with_capacity(512);
    xml.open_root("PublicAccessBlockConfiguration");
    let switches = [
        block.block_public_acls,
        block.ignore_public_acls,
        block.block_public_policy,
        block.restrict_public_buckets,
    ];
    for (name, switch) in NAMES.into_iter().zip(switches) {
        xml.leaf_display(name, switch);
    }
    xml.close("PublicAccessBlockConfiguration");
    xml.finish()
}

/// The policy of a bucket that anyone may read, as JSON. One that nobody may has none: `NoSuchBucketPolicy`.
///
/// Spec: Amazon S3 API, GetBucketPolicy; user guide, bucket policy examples.
#[must_use]
pub fn encode_public_read_policy(bucket: &BucketName) -> Bytes {
    // a bucket's name needs no escape in JSON
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Sid\":\"PublicRead\",\"Effect\":\"Allow\",\
         \"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::{bucket}/*\"}}]}}"
    )
    .into()
}

/// Writes a `PolicyStatus`.
///
/// Spec: Amazon S3 API, GetBucketPolicyStatus.
#[must_use]
pub fn encode_policy_status(is_public: bool) -> Bytes {
    let mut xml = Writer::with_capacity(192);
    xml.open_root("PolicyStatus");
    xml.leaf_display("IsPublic", is_public);
    xml.close("PolicyStatus");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_code::S3ErrorCode;

    fn read(inner: &str) -> Result<PublicAccessBlock, S3Error> {
        let root = "PublicAccessBlockConfiguration";
        decode(format!("<{root}>{inner}</{root}>").as_bytes())
    }

    #[test]
    fn every_combination_of_switches() {
        for bits in 0..16 {
            let block = PublicAccessBlock {
                block_public_acls: bits & 1 != 0,
                ignore_public_acls: bits & 2 != 0,
                block_public_policy: bits & 4 != 0,
                restrict_public_buckets: bits & 8 != 0,
            };
            assert_eq!(decode(&encode(block)), Ok(block));
        }
        assert_eq!(read(""), Ok(PublicAccessBlock::default()));
        let block =
            read("<BlockPublicPolicy> TRUE </BlockPublicPolicy><BlockPublicAcls>false</BlockPublicAcls>");
        assert_eq!(
            block,
            Ok(PublicAccessBlock { block_public_policy: true, ..PublicAccessBlock::default() })
        );
        for inner in [
            "text",
            "<BlockPublicAcls/>",
            "<BlockPublicAcls>yes</BlockPublicAcls>",
            "<BlockPublicAcls>true</BlockPublicAcls><BlockPublicAcls>true</BlockPublicAcls>",
            "<BlockEverything>true</BlockEverything>",
        ] {
            assert_eq!(read(inner).unwrap_err().code, S3ErrorCode::MalformedXML, "{inner}");
        }
    }

    #[test]
    fn policies_that_are_only_read() {
        assert_eq!(
            encode_public_read_policy(&BucketName::parse("my-bucket").unwrap()),
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"PublicRead","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::my-bucket/*"}]}"#
        );
        assert!(encode_policy_status(false).ends_with(b"<IsPublic>false</IsPublic></PolicyStatus>"));
    }
}
