//! A CompleteMultipartUpload document.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| s3_wire::fuzzing::complete_xml(data));
