//! What HTTP doors share, whatever they speak: bodies in with a limit on pauses, objects out piece by piece, request ids.

mod incoming;
mod refused;
mod reply_body;
mod request_id;

pub use incoming::{Frames, Incoming, expects_continue, is_framing_known};
pub use refused::{Refused, note_refused, origin};
pub use reply_body::ReplyBody;
pub use request_id::RequestIds;
