//! S3's HTTP and XML language in both directions: route, decode, encode, error table, screening table.
