//! One module per operation, named after it, beside what several share (`bucket_settings`, `customer_key`, `integrity`,
//! `listing`, `parts`).
//! `decode` turns a request's head or document into checked input, `encode` an answer into headers or a document.
//! Nothing here decides or stores. Operations that only send or fetch one document are in the module of its noun:
//! `lifecycle`, `object_lock`, `public_access`, `tagging`, `versioning`.

pub mod abort_multipart_upload;
pub mod bucket_settings;
pub mod complete_multipart_upload;
pub mod copy_object;
pub mod create_bucket;
pub mod create_multipart_upload;
pub mod customer_key;
pub mod delete_object;
pub mod delete_objects;
pub mod get_bucket_cors;
pub mod get_bucket_location;
pub mod get_object;
pub mod get_object_attributes;
pub mod head_bucket;
pub mod integrity;
pub mod list_buckets;
pub mod list_multipart_uploads;
pub mod list_object_versions;
pub mod list_objects;
pub mod list_objects_v2;
pub mod list_parts;
pub mod listing;
pub mod parts;
pub mod post_object;
pub mod put_bucket_cors;
pub mod put_bucket_encryption;
pub mod put_object;
pub mod upload_part;
pub mod upload_part_copy;

pub use customer_key::CustomerKey;
pub use integrity::Integrity;
