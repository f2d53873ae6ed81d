//! What HTTP doors share, whatever they speak: bodies in with a limit on pauses, objects out piece by piece, request ids.

mod incoming;
mod rate_hint;
mod refused;
mod reply_body;
mod request_id;
mod strict_r2;

pub use incoming::{Frames, Incoming, expects_continue, is_framing_known};
pub use rate_hint::rate_hint;
pub use refused::{Refused, is_audited, note_refused, origin};
pub use reply_body::ReplyBody;
pub use request_id::RequestIds;
pub use strict_r2::StrictR2;
