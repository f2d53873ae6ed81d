//! A browser's form, cut in different places.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| s3_wire::fuzzing::form(data));
