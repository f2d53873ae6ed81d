//! Temporary credentials end to end: made by `larder temp-credentials` and by signers of other languages, used by SDKs.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use e2e::{Larder, binary, exchange, run_script};

use crate::clients::python;
use crate::rust_sdk::client_of;

/// What the command prints, by the name of the variable.
fn temp_credentials(larder: &Larder, arguments: &[&str]) -> HashMap<String, String> {
    let mut command = Command::new(binary());
    command.args(["temp-credentials", "--bucket", &larder.bucket]).args(arguments).envs(larder.environment());
    let output = command.output().expect("larder runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).expect("text");
    said.lines().filter_map(|line| line.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

fn client(larder: &Larder, arguments: &[&str]) -> Client {
    let made = temp_credentials(larder, arguments);
    let value = |name: &str| made[name].clone();
    let token = Some(value("AWS_SESSION_TOKEN"));
    let (id, secret) = (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"));
    client_of(larder, Credentials::new(id, secret, token, None, "test"))
}

#[tokio::test]
async fn rust_sdk_with_a_temporary_credential() {
    let larder = Larder::dev();
    let bucket = &larder.bucket;
    let client = client(&larder, &["--permission", "object-read-write", "--prefix", "in/"]);
    let body = || ByteStream::from_static(b"content");
    client.put_object().bucket(bucket).key("in/a").body(body()).send().await.unwrap();
    let refused = client.put_object().bucket(bucket).key("out").body(body()).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));
    let listed = client.list_objects_v2().bucket(bucket).prefix("in/").send().await.unwrap();
    assert_eq!(listed.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(), ["in/a"]);
    let refused = client.list_objects_v2().bucket(bucket).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));

    let begun = client.create_multipart_upload().bucket(bucket).key("in/large").send().await.unwrap();
    let id = begun.upload_id().unwrap();
    let part = client.upload_part().bucket(bucket).key("in/large").upload_id(id).part_number(1).body(body());
    let part = part.send().await.unwrap();
    let part = CompletedPart::builder().part_number(1).e_tag(part.e_tag().unwrap()).build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = client.complete_multipart_upload().bucket(bucket).key("in/large").upload_id(id);
    complete.multipart_upload(parts).send().await.unwrap();
    let refused = client.create_multipart_upload().bucket(bucket).key("out").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));

    let expires = PresigningConfig::expires_in(std::time::Duration::from_secs(60)).unwrap();
    let url = client.get_object().bucket(bucket).key("in/large").presigned(expires.clone()).await.unwrap();
    let target = |url: &str| url.split_once(&larder.endpoint()).unwrap().1.to_owned();
    let host = larder.signer().host;
    let reply = exchange(larder.address, "GET", &target(url.uri()), &[("host", &host)], b"");
    assert_eq!((reply.status, reply.body.as_slice()), (200, b"content".as_slice()));
    assert!(!larder.log().contains(&target(url.uri())), "a URL holds the session token");
    let url = client.get_object().bucket(bucket).key("out").presigned(expires).await.unwrap();
    let reply = exchange(larder.address, "GET", &target(url.uri()), &[("host", &host)], b"");
    assert_eq!(reply.verdict(), (403, "AccessDenied".to_owned()));
}

#[test]
fn the_command_prints_json_and_says_what_is_wrong() {
    let larder = Larder::dev();
    let run = |arguments: &[&str], environment: &[(&str, String)]| {
        let mut command = Command::new(binary());
        command.arg("temp-credentials").args(arguments).env_clear().envs(environment.iter().cloned());
        let output = command.output().expect("larder runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let environment = larder.environment();
    let (ok, json, _) = run(&["--bucket", "user-uploads", "--json"], &environment);
    assert!(ok && json.starts_with("{\"AccessKeyId\":") && json.contains("\"Version\":1}"), "{json}");
    for (arguments, environment, expected) in [
        (vec!["--bucket", "user-uploads"], &[][..], "R2_ACCESS_KEY_ID is not set"),
        (vec!["--bucket", "No"], &environment, "is no bucket's name"),
        (vec!["--bucket", "abc", "--permission", "all"], &environment, "they are admin-read-write,"),
        (
            vec!["--bucket", "abc", "--action", "Everything"],
            &environment,
            "Everything is no action; they are",
        ),
        (vec!["--bucket", "abc", "--ttl", "604801"], &environment, "that must be 1 to 604800"),
        (vec!["--bucket", "abc", "--ttl", "0"], &environment, "that must be 1 to 604800"),
        (vec!["--bucket", "abc", "--account", "me"], &environment, "is no account id"),
    ] {
        let (ok, said, complained) = run(&arguments, environment);
        assert!(!ok && said.is_empty() && complained.contains(expected), "{arguments:?}: {complained}");
        assert!(!complained.contains(&larder.secret));
    }
}

#[test]
fn boto3_with_temporary_credentials() {
    let larder = Larder::dev();
    let made =
        temp_credentials(&larder, &["--permission", "object-read-write", "--prefix", "by-command/in/"]);
    let environment: Vec<_> =
        made.iter().map(|(n, v)| (n.replace("AWS_", "TEMPORARY_"), v.as_str())).collect();
    let environment: Vec<_> = environment.iter().map(|(n, v)| (n.as_str(), *v)).collect();
    let said = run_script(&larder, &python(), &["python/temporary.py"], &environment);
    assert_eq!(said.lines().filter(|line| line.starts_with("ok ")).count(), 9, "{said}");
}

#[test]
fn aws_sdk_js_v3_with_temporary_credentials() {
    let larder = Larder::dev();
    let said = run_script(&larder, Path::new("node"), &["js/temporary.mjs"], &[]);
    assert_eq!(said.lines().filter(|line| line.starts_with("ok ")).count(), 3, "{said}");
}
