//! Versions on the wire: a bucket's versioning as a document, the `versionId` of a request, and the headers of a reply
//! that is about one version.

use bytes::Bytes;
use domain::versioning::Deletion;
use domain::{VersionId, Versioning};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::headers::set;
use crate::query::Query;
use crate::xml::{self, Limits, Writer};

const LIMITS: Limits = Limits { bytes: 64 * 1024, elements: 8 };

/// Reads a `VersioningConfiguration`: [`Versioning::Enabled`] or [`Versioning::Suspended`].
///
/// # Errors
/// `IllegalVersioningConfigurationException` without a status; `NotImplemented` for deletion that needs a second
/// factor; `MalformedXML`, `MaxMessageLengthExceeded`.
///
/// Spec: Amazon S3 API, PutBucketVersioning.
pub fn decode(body: &[u8]) -> Result<Versioning, S3Error> {
    let root = xml::parse(body, LIMITS)?.expect_root("VersioningConfiguration")?;
    let mut status = None;
    for child in root.children()? {
        match (child.name(), child.leaf_text()?.trim_ascii()) {
            ("Status", text) if status.is_none() => status = Some(text),
            ("MfaDelete", "Disabled") => {}
            ("MfaDelete", _) => return Err(S3Error::not_implemented_text("MfaDelete")),
            _ => return Err(child.unexpected()),
        }
    }
    match status {
        Some("Enabled") => Ok(Versioning::Enabled),
        Some("Suspended") => Ok(Versioning::Suspended),
        Some("") | None => Err(S3Error::new(S3ErrorCode::IllegalVersioningConfigurationException)),
        Some(_) => Err(S3Error::malformed_xml("Status is Enabled or Suspended.")),
    }
}

/// Writes a `VersioningConfiguration`; an empty one for a bucket that never kept versions.
///
/// Spec: Amazon S3 API, GetBucketVersioning.
#[must_use]
pub fn encode(versioning: Versioning) -> Bytes {
    let mut xml = Writer::with_capacity(192);
    xml.open_root("VersioningConfiguration");
    match versioning {
        Versioning::Off => {}
        Versioning::Enabled => xml.leaf("Status", "Enabled"),
        Versioning::Suspended => xml.leaf("Status", "Suspended"),
    }
    xml.close("VersioningConfiguration");
    xml.finish()
}

/// The version that a request names with `versionId`; an empty one is none.
///
/// # Errors
/// `InvalidArgument` for text that is no version's id.
///
/// Spec: Amazon S3 API, GetObject, HeadObject, DeleteObject, object tagging, URI request parameters.
pub fn version_id(query: &Query) -> Result<Option<VersionId>, S3Error> {
    parse_version_id(query, "versionId")
}

/// A version's id in a parameter of any name.
pub(crate) fn parse_version_id(query: &Query, parameter: &'static str) -> Result<Option<VersionId>, S3Error> {
    query.get(parameter).filter(|text| !text.is_empty()).map(|text| parse(text, parameter)).transpose()
}

/// A version's id in text that came as `argument`.
///
/// # Errors
/// `InvalidArgument` for text that is no version's id.
pub fn parse(text: &str, argument: &str) -> Result<VersionId, S3Error> {
    /// Longer than any id of any S3.
    const ECHO_MAX_CHARS: usize = 64;
    VersionId::parse(text).ok_or_else(|| {
        S3Error::invalid_argument("Invalid version id specified")
            .with_extra("ArgumentName", argument)
            .with_extra("ArgumentValue", text.chars().take(ECHO_MAX_CHARS).collect::<String>())
    })
}

/// Sets the header that names the version a reply is about.
pub fn set_version_id(headers: &mut HeaderMap, version: VersionId) {
    set(headers, HeaderName::from_static("x-amz-version-id"), version.to_string());
}

/// Sets the header that says that what was found is a delete marker.
///
/// Spec: Amazon S3 API, GetObject, `x-amz-delete-marker`.
pub fn set_delete_marker(headers: &mut HeaderMap) {
    headers.insert(HeaderName::from_static("x-amz-delete-marker"), HeaderValue::from_static("true"));
}

/// Sets the headers of a reply to DeleteObject: which version it was about, and whether that is a delete marker.
///
/// Spec: Amazon S3 API, DeleteObject, response headers.
pub fn set_deletion(headers: &mut HeaderMap, deletion: Deletion) {
    match deletion {
        Deletion::Object => {}
        Deletion::Version(version) => set_version_id(headers, version),
        Deletion::Marker(version) | Deletion::NewMarker(version) => {
            set_version_id(headers, version);
            set_delete_marker(headers);
        }
    }
}

/// Writes what follows the key of a `Deleted` element of DeleteObjects.
///
/// Spec: Amazon S3 API, DeletedObject.
pub(crate) fn write_deletion(xml: &mut Writer, deletion: Deletion) {
    if let Deletion::Version(version) | Deletion::Marker(version) = deletion {
        xml.leaf_display("VersionId", version);
    }
    if let Deletion::Marker(version) | Deletion::NewMarker(version) = deletion {
        xml.leaf("DeleteMarker", "true");
        xml.leaf_display("DeleteMarkerVersionId", version);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inner: &str) -> Result<Versioning, S3Error> {
        decode(format!("<VersioningConfiguration>{inner}</VersioningConfiguration>").as_bytes())
    }

    #[test]
    fn a_bucket_keeps_versions_or_no_longer() {
        for versioning in [Versioning::Enabled, Versioning::Suspended] {
            assert_eq!(decode(&encode(versioning)), Ok(versioning));
        }
        assert_eq!(encode(Versioning::Off), crate::ops::bucket_settings::versioning());
        assert_eq!(
            read("<MfaDelete>Disabled</MfaDelete><Status> Enabled </Status>"),
            Ok(Versioning::Enabled)
        );
        let table = [
            ("", S3ErrorCode::IllegalVersioningConfigurationException),
            ("<Status/>", S3ErrorCode::IllegalVersioningConfigurationException),
            ("<Status>enabled</Status>", S3ErrorCode::MalformedXML),
            ("<Status>Off</Status>", S3ErrorCode::MalformedXML),
            ("<Status>Enabled</Status><Status>Enabled</Status>", S3ErrorCode::MalformedXML),
            ("<Status>Enabled</Status><Other/>", S3ErrorCode::MalformedXML),
            ("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>", S3ErrorCode::NotImplemented),
        ];
        for (inner, code) in table {
            assert_eq!(read(inner).unwrap_err().code, code, "{inner}");
        }
    }

    #[test]
    fn requests_name_versions() {
        let of = |query: &str| version_id(&Query::parse(query).unwrap());
        assert_eq!(of(""), Ok(None));
        assert_eq!(of("versionId="), Ok(None));
        assert_eq!(of("versionId=null"), Ok(Some(VersionId::Null)));
        assert_eq!(of("versionId=000000000000001f"), Ok(Some(VersionId::Number(31))));
        let long = "x".repeat(10_000);
        for bad in ["1f", "undefined", long.as_str()] {
            let error = of(&format!("versionId={bad}")).unwrap_err();
            assert_eq!(error.code, S3ErrorCode::InvalidArgument, "{bad}");
            assert_eq!(error.message, "Invalid version id specified");
            assert!(error.encode("/b/k", "1").len() < 1_000);
        }
    }

    #[test]
    fn replies_name_versions() {
        let mut headers = HeaderMap::new();
        set_version_id(&mut headers, VersionId::Number(31));
        set_delete_marker(&mut headers);
        assert_eq!(headers["x-amz-version-id"], "000000000000001f");
        assert_eq!(headers["x-amz-delete-marker"], "true");

        let id = VersionId::Number(31);
        let table = [
            (Deletion::Object, None, false, ""),
            (
                Deletion::Version(id),
                Some("000000000000001f"),
                false,
                "<VersionId>000000000000001f</VersionId>",
            ),
            (
                Deletion::Marker(id),
                Some("000000000000001f"),
                true,
                "<VersionId>000000000000001f</VersionId><DeleteMarker>true</DeleteMarker>\
                 <DeleteMarkerVersionId>000000000000001f</DeleteMarkerVersionId>",
            ),
            (
                Deletion::NewMarker(VersionId::Null),
                Some("null"),
                true,
                "<DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>null</DeleteMarkerVersionId>",
            ),
        ];
        for (deletion, version, is_marker, elements) in table {
            let mut headers = HeaderMap::new();
            set_deletion(&mut headers, deletion);
            let shown = headers.get("x-amz-version-id").map(|id| id.to_str().unwrap());
            assert_eq!(shown, version, "{deletion:?}");
            assert_eq!(headers.contains_key("x-amz-delete-marker"), is_marker, "{deletion:?}");
            let mut xml = Writer::with_capacity(0);
            write_deletion(&mut xml, deletion);
            assert!(xml.finish().ends_with(format!("?>{elements}").as_bytes()), "{deletion:?}");
        }
    }
}
