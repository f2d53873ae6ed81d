//! PutBucketEncryption: accepted when it asks for what every bucket has, AES256 with keys of the server's own.

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::xml::{self, Element, Limits};

const LIMITS: Limits = Limits { bytes: 64 * 1024, elements: 16 };

/// Checks the document.
///
/// # Errors
/// `InvalidEncryptionAlgorithmError` for another algorithm; `NotImplemented` for a key of a key service or kinds of
/// encryption that are to be blocked; `MalformedXML`, `MaxMessageLengthExceeded`.
///
/// Spec: Amazon S3 API, PutBucketEncryption; R2 release notes (AES256 only).
pub fn decode(body: &[u8]) -> Result<(), S3Error> {
    let root = xml::parse(body, LIMITS)?.expect_root("ServerSideEncryptionConfiguration")?;
    match root.children()? {
        [rule] if rule.name() == "Rule" => check_rule(rule),
        _ => Err(S3Error::malformed_xml("The document holds one Rule.")),
    }
}

fn check_rule(rule: &Element) -> Result<(), S3Error> {
    let mut is_default = false;
    for child in rule.children()? {
        match child.name() {
            "ApplyServerSideEncryptionByDefault" if !is_default => {
                check_default(child)?;
                is_default = true;
            }
            // there are no key services to spare requests to
            "BucketKeyEnabled" if matches!(child.leaf_text()?.trim_ascii(), "true" | "false") => {}
            name @ "BlockedEncryptionTypes" => return Err(S3Error::not_implemented_text(name)),
            _ => return Err(child.unexpected()),
        }
    }
    if is_default {
        Ok(())
    } else {
        Err(S3Error::malformed_xml("A Rule needs ApplyServerSideEncryptionByDefault."))
    }
}

fn check_default(default: &Element) -> Result<(), S3Error> {
    let mut algorithm = None;
    for child in default.children()? {
        match child.name() {
            "SSEAlgorithm" if algorithm.is_none() => algorithm = Some(child.leaf_text()?.trim_ascii()),
            name @ "KMSMasterKeyID" => return Err(S3Error::not_implemented_text(name)),
            _ => return Err(child.unexpected()),
        }
    }
    match algorithm {
        Some("AES256") => Ok(()),
        Some(_) => Err(S3Error::new(S3ErrorCode::InvalidEncryptionAlgorithmError)),
        None => Err(S3Error::malformed_xml("ApplyServerSideEncryptionByDefault needs an SSEAlgorithm.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rule: &str) -> Result<(), S3Error> {
        let root = "ServerSideEncryptionConfiguration";
        decode(format!("<{root}>{rule}</{root}>").as_bytes())
    }

    fn with(default: &str) -> String {
        format!(
            "<Rule><ApplyServerSideEncryptionByDefault>{default}</ApplyServerSideEncryptionByDefault></Rule>"
        )
    }

    #[test]
    fn what_every_bucket_has_may_be_asked_for() {
        assert_eq!(
            decode(&crate::ops::bucket_settings::encryption()),
            Ok(()),
            "the answer is a question too"
        );
        let aes = with("<SSEAlgorithm>AES256</SSEAlgorithm>");
        assert_eq!(read(&aes), Ok(()));
        let table = [
            (with("<SSEAlgorithm>aws:kms</SSEAlgorithm>"), S3ErrorCode::InvalidEncryptionAlgorithmError),
            (with("<KMSMasterKeyID>k</KMSMasterKeyID>"), S3ErrorCode::NotImplemented),
            ("<Rule><BlockedEncryptionTypes/></Rule>".into(), S3ErrorCode::NotImplemented),
            (with(""), S3ErrorCode::MalformedXML),
            ("<Rule/>".into(), S3ErrorCode::MalformedXML),
            ("<Rule><BucketKeyEnabled>yes</BucketKeyEnabled></Rule>".into(), S3ErrorCode::MalformedXML),
            (String::new(), S3ErrorCode::MalformedXML),
            (aes.repeat(2), S3ErrorCode::MalformedXML),
        ];
        for (rule, code) in table {
            assert_eq!(read(&rule).unwrap_err().code, code, "{rule}");
        }
    }
}
