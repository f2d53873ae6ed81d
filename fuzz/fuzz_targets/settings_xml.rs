//! Documents of bucket and object settings; the same bytes also as tags in a header and as upload rules.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    s3_wire::fuzzing::settings_xml(data);
    s3_wire::fuzzing::tagging_header(data);
    s3_wire::fuzzing::upload_rules_json(data);
});
