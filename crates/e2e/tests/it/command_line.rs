//! The client half of `larder` against a real server: what it presigns, explains, stores and sets.

mod objects;
mod presign;
mod settings;
mod tokens;

use e2e::{Larder, Said, command};

/// A command with the environment that `larder dev` prints. None of the secrets may show, but those that it is asked for.
fn run(larder: &Larder, arguments: &[&str], input: &[u8]) -> Said {
    let said = command(&larder.environment(), arguments, input);
    for secret in [&larder.secret, &larder.api_token] {
        let shown = [said.text(), said.err.clone()].concat();
        assert!(!shown.contains(secret.as_str()), "{arguments:?} shows a secret:\n{shown}");
    }
    said
}

fn fine(larder: &Larder, arguments: &[&str]) -> String {
    run(larder, arguments, b"").fine()
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn exit_codes_and_failures_say_what_why_and_how_to_mend() {
    let larder = Larder::dev();
    let elsewhere = ["object", "list", "user-uploads", "--endpoint", "http://127.0.0.1:1"];
    for (arguments, code, words) in [
        (vec!["object", "head", "user-uploads/none"], 1, vec!["show user-uploads/none: 404"]),
        (
            vec!["object", "get", "no-bucket/none", "-"],
            1,
            vec!["404 NoSuchBucket: The specified bucket does not exist."],
        ),
        (vec!["bucket", "create", "user-uploads"], 1, vec!["create user-uploads: ", "10004"]),
        (vec!["bucket", "info", "absent"], 1, vec!["show absent: 404 10006"]),
        (elsewhere.to_vec(), 1, vec!["gives no answer", "check that the server runs"]),
        (vec!["object", "get", "user-uploads"], 2, vec!["names no object; write bucket/key"]),
        (vec!["presign", "get", "user-uploads/a", "--expires", "8d"], 2, vec!["is not between 1s and 7d"]),
        (
            vec!["presign", "get", "user-uploads/a", "--profile", "absent"],
            2,
            vec!["the profile absent has none"],
        ),
        (vec!["object", "put", "user-uploads/a", "/nonexistent"], 2, vec!["/nonexistent cannot be read"]),
        (vec!["frobnicate"], 2, vec!["unrecognized subcommand"]),
        (vec!["--help"], 0, vec![]),
    ] {
        let said = run(&larder, &arguments, b"");
        assert_eq!(said.code, code, "{arguments:?}: {}", said.err);
        assert!(code == 0 || said.out.is_empty(), "{arguments:?} fails on standard output");
        for word in words {
            assert!(said.err.contains(word), "{arguments:?}: {word:?} is not in {}", said.err);
        }
    }
    let nobody = command(&[], &["object", "list", "user-uploads"], b"");
    assert!(nobody.code == 2 && nobody.err.contains("set R2_ACCESS_KEY_ID"), "{}", nobody.err);
    let nobody = command(&[], &["bucket", "list"], b"");
    assert!(nobody.code == 2 && nobody.err.contains("CLOUDFLARE_ACCOUNT_ID"), "{}", nobody.err);
    // the server's own hint
    let mut wrong = larder.environment();
    wrong.retain(|(name, _)| *name != "R2_SECRET_ACCESS_KEY");
    wrong.push(("R2_SECRET_ACCESS_KEY", "another".to_owned()));
    let said = command(&wrong, &["object", "list", "user-uploads"], b"");
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("403 SignatureDoesNotMatch")
            && said.err.contains("\n  nothing in the request explains it"),
        "{}",
        said.err
    );
}

#[test]
fn a_profile_is_read_as_awss_tools_read_it() {
    let larder = Larder::dev();
    let folder = e2e::scratch_folder();
    let (credentials, config) = (folder.path().join("credentials"), folder.path().join("config"));
    let pair =
        format!("aws_access_key_id = {}\naws_secret_access_key = {}\n", larder.access_key_id, larder.secret);
    std::fs::write(&credentials, format!("[local]\n{pair}")).unwrap();
    std::fs::write(
        &config,
        format!("[profile local]\nendpoint_url = {}\nregion = auto\n", larder.endpoint()),
    )
    .unwrap();
    let mut environment = vec![
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.display().to_string()),
        ("AWS_CONFIG_FILE", config.display().to_string()),
    ];
    let put = ["object", "put", "user-uploads/a", "-", "--profile", "local"];
    assert_eq!(command(&environment, &put, b"x").code, 0);
    environment.push(("AWS_PROFILE", "local".to_owned()));
    assert_eq!(command(&environment, &["object", "get", "user-uploads/a", "-"], b"").fine(), "x");
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = command(&[], &["completions", shell], b"").fine();
        assert!(script.contains("temp-credentials") && script.contains("max-bytes"), "{shell}");
    }
}
