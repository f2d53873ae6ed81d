//! One module per operation, named after it, beside what several share (`bucket_settings`, `integrity`, `listing`).
//! `decode` turns a request's head or document into checked input, `encode` an answer into headers or a document.
//! Nothing here decides or stores. Operations that only send or fetch one document are in the module of its noun:
//! `lifecycle`, `object_lock`, `public_access`, `tagging`, `versioning`.

pub mod bucket_settings;
pub mod create_bucket;
pub mod delete_object;
pub mod delete_objects;
pub mod get_bucket_cors;
pub mod get_bucket_location;
pub mod get_object;
pub mod head_bucket;
pub mod integrity;
pub mod list_buckets;
pub mod list_object_versions;
pub mod list_objects;
pub mod list_objects_v2;
pub mod listing;
pub mod put_bucket_cors;
pub mod put_bucket_encryption;
pub mod put_object;

pub use integrity::Integrity;
