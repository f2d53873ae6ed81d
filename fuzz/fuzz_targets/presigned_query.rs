//! A presigned request's target and headers, judged as the server would.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sigv4::fuzzing::presigned_query(data));
