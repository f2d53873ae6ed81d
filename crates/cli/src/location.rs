//! Where an object or a folder of objects is, as people type it: `bucket/key`, `s3://bucket/key`.

use std::fmt;

use domain::{BucketName, ObjectKey};

#[cfg(test)]
mod tests;

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectPath {
    pub(crate) bucket: BucketName,
    pub(crate) key: ObjectKey,
}

/// A bucket, and what its keys begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PrefixPath {
    pub(crate) bucket: BucketName,
    /// May be empty.
    pub(crate) prefix: String,
}

impl ObjectPath {
    /// Reads `bucket/key`; the key is taken as it is, its slashes and percent signs too.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (bucket, key) = split(text);
        let bucket = bucket_name(bucket)?;
        let key = key.filter(|key| !key.is_empty()).ok_or_else(|| {
            format!("{text:?} names no object; write bucket/key, such as user-uploads/avatars/1.jpg")
        })?;
        let key = ObjectKey::parse(key).map_err(|error| format!("{error}"))?;
        Ok(Self { bucket, key })
    }
}

impl PrefixPath {
    /// Reads `bucket` or `bucket/prefix`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (bucket, prefix) = split(text);
        Ok(Self { bucket: bucket_name(bucket)?, prefix: prefix.unwrap_or_default().to_owned() })
    }
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bucket, self.key)
    }
}

/// A bucket's name, as an argument.
pub(crate) fn bucket_name(text: &str) -> Result<BucketName, String> {
    BucketName::parse(text).map_err(|_| {
        format!("{text:?} is no bucket's name: 3 to 63 lower-case letters, digits and hyphens, at the ends no hyphen")
    })
}

fn split(text: &str) -> (&str, Option<&str>) {
    let rest = text.strip_prefix("s3://").or_else(|| text.strip_prefix("r2://")).unwrap_or(text);
    rest.split_once('/').map_or((rest, None), |(bucket, key)| (bucket, Some(key)))
}
