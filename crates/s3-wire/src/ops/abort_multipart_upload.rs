//! AbortMultipartUpload: which upload is given up. The answer is 204 and says nothing.

use crate::ops::parts;
use crate::query::Query;

/// The id of the upload.
#[must_use]
pub fn decode(query: &Query) -> String {
    parts::upload_id(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_upload() {
        assert_eq!(decode(&Query::parse("x-id=AbortMultipartUpload&uploadId=a%2Bb").unwrap()), "a+b");
    }
}
