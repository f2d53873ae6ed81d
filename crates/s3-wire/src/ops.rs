//! One module per operation, named after it, beside what several share (`bucket_settings`, `customer_key`, `integrity`,
//! `listing`). `decode` turns a request's head or document into checked input, `encode` an answer into headers or a
//! document. Nothing here decides or stores.

pub mod bucket_settings;
pub mod create_bucket;
pub mod customer_key;
pub mod delete_object;
pub mod delete_objects;
pub mod get_bucket_cors;
pub mod get_bucket_location;
pub mod get_object;
pub mod head_bucket;
pub mod integrity;
pub mod list_buckets;
pub mod list_objects;
pub mod list_objects_v2;
pub mod listing;
pub mod put_bucket_cors;
pub mod put_object;

pub use customer_key::CustomerKey;
pub use integrity::Integrity;
