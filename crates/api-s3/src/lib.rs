//! S3 requests to store calls to S3 responses.
