//! What callers may do, and temporary credentials.

mod decisions;
mod temporary;
