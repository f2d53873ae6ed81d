//! The JSON of a form's policy.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| s3_wire::fuzzing::post_policy(data));
