//! Documents of bucket and object settings; the same bytes also as tags in a header.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    s3_wire::fuzzing::settings_xml(data);
    s3_wire::fuzzing::tagging_header(data);
});
