//! What holds for any request and any document: what is read can be written and read again, what is hostile is refused
//! within bounds, and the functions that fuzzers call hold for arbitrary bytes.

mod fuzzed;
mod hostile;
mod round_trips;
mod settings;
