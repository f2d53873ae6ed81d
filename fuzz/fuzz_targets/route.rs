//! A request's method, host, target and headers, read into an operation.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| s3_wire::fuzzing::route(data));
