//! An aws-chunked body, cut in different places.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sigv4::fuzzing::aws_chunked(data));
