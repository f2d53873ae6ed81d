//! The source of a copy.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| s3_wire::fuzzing::copy_source(data));
