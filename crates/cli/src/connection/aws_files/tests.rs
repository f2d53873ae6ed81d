use proptest::prelude::*;

use super::*;

const CREDENTIALS: &str = "\
# made by hand
[default]
aws_access_key_id = id-of-default
aws_secret_access_key=secret=of#default ; a comment
[work]
aws_access_key_id = id-of-work
aws_secret_access_key = secret-of-work
aws_session_token = token-of-work
[half]
aws_access_key_id = id
";

const CONFIG: &str = "\
[default]
region = eu-central-1
[profile work]
region=auto
services = local
endpoint_url = http://other.example:1
s3 =
    addressing_style = path
[profile  plain ]
endpoint_url = http://plain.example
aws_access_key_id = id-in-config
aws_secret_access_key = secret-in-config
[services local]
s3 =
  endpoint_url = http://127.0.0.1:9000
dynamodb =
  endpoint_url = http://wrong.example
";

#[test]
fn profiles_by_example() {
    let profiles = Profiles::parse(CREDENTIALS, CONFIG);
    let pair = |name: &str| {
        profiles.credentials(name).map(|found| {
            let token = found.session_token.map(|token| token.expose().to_owned());
            (found.access_key_id, found.secret.expose().to_owned(), token)
        })
    };
    let own = |text: &str| text.to_owned();
    assert_eq!(pair("default"), Some((own("id-of-default"), own("secret=of#default"), None)));
    assert_eq!(pair("work"), Some((own("id-of-work"), own("secret-of-work"), Some(own("token-of-work")))));
    assert_eq!(pair("plain"), Some((own("id-in-config"), own("secret-in-config"), None)));
    assert_eq!((pair("half"), pair("absent")), (None, None));
    assert_eq!(profiles.get("default", "region").as_deref(), Some("eu-central-1"));
    assert_eq!(profiles.endpoint("work").as_deref(), Some("http://127.0.0.1:9000"));
    assert_eq!(profiles.endpoint("plain").as_deref(), Some("http://plain.example"));
    assert_eq!(profiles.get("work", "s3.addressing_style").as_deref(), Some("path"));
    assert_eq!(profiles.endpoint("default"), None);
}

#[test]
fn a_file_that_is_not_there_is_empty_and_another_is_an_error() {
    let absent = Some(PathBuf::from("/nonexistent/credentials"));
    assert!(Profiles::read(absent, None).unwrap().credentials("default").is_none());
    assert!(Profiles::read(Some(PathBuf::from("/")), None).is_err());
}

proptest! {
    #[test]
    fn any_text_is_read(text in "([\\[\\]a-z_ =#;\\n\\t.]|\\PC){0,200}") {
        let profiles = Profiles::parse(&text, &text);
        let _ = (profiles.credentials("default"), profiles.endpoint("a"));
    }

    #[test]
    fn what_is_written_is_found(name in "[a-z][a-z0-9-]{0,20}", id in "[!-~&&[^#;]]{1,40}", secret in "[!-~&&[^#;]]{1,40}") {
        let text = format!("[{name}]\naws_access_key_id={id}\n aws_secret_access_key = {secret} # note\n");
        let found = Profiles::parse(&text, "").credentials(&name).unwrap();
        prop_assert_eq!((found.access_key_id.as_str(), found.secret.expose()), (id.as_str(), secret.as_str()));
    }
}
