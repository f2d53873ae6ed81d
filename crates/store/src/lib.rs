//! The object store itself: buckets, objects, credentials, reclaim. The only caller of meta and blob.
