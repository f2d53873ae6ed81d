//! S3 requests to store calls to S3 responses.
//!
//! `pipeline` is the one list of steps every request goes through; `handlers` has one file for each operation. Nothing
//! here touches a disk or decides who may do what.

mod authorise;
mod body;
mod call;
mod cors;
mod door;
mod error;
mod form_body;
mod handlers;
mod head;
mod hoist;
mod identify;
mod pipeline;
mod reply;

mod upload_limits;

pub use door::{Door, DoorSettings};
pub use exchange::ReplyBody;
pub use exchange::StrictR2;
