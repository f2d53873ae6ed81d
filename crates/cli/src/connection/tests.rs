use super::*;

fn connection(profile: Option<&str>) -> Connection {
    Connection { endpoint: None, profile: profile.map(str::to_owned), region: None, virtual_host: false }
}

fn with<T>(variables: &[(&str, &str)], ask: impl FnOnce(&Surroundings<'_>) -> T) -> T {
    let variable =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let profiles = Profiles::parse(
        "[work]\naws_access_key_id = work-id\naws_secret_access_key = work-secret\n",
        "[profile work]\nendpoint_url = http://work:1\nregion = eu\n[profile made]\ncredential_process = x\n",
    );
    ask(&Surroundings { variable: &variable, profiles })
}

const R2: [(&str, &str); 3] =
    [("R2_ACCESS_KEY_ID", "r2-id"), ("R2_SECRET_ACCESS_KEY", "r2-secret"), ("R2_ENDPOINT", "http://r2:2")];
const AWS: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "aws-id"),
    ("AWS_SECRET_ACCESS_KEY", "aws-secret"),
    ("AWS_SESSION_TOKEN", "aws-token"),
    ("AWS_ENDPOINT_URL", "http://aws:3"),
];

#[test]
fn who_signs_for_what_is_found_in_order() {
    let table = [
        (None, R2.to_vec(), "r2-id", "http://r2:2", "auto"),
        (None, AWS.to_vec(), "aws-id", "http://aws:3", "auto"),
        (None, [&R2[..], &AWS].concat(), "r2-id", "http://r2:2", "auto"),
        (None, [&AWS[..], &R2[2..]].concat(), "aws-id", "http://aws:3", "auto"),
        (Some("work"), [&R2[..], &AWS].concat(), "work-id", "http://work:1", "eu"),
        (None, vec![("AWS_PROFILE", "work"), ("AWS_REGION", "us")], "work-id", "http://work:1", "us"),
    ];
    for (profile, variables, id, endpoint, region) in table {
        let signing = with(&variables, |around| connection(profile).signing_from(around)).unwrap();
        let found =
            (signing.credentials.access_key_id.as_str(), signing.endpoint.url(), signing.region.as_str());
        assert_eq!(found, (id, endpoint.to_owned(), region), "{variables:?}");
    }
    let aws = with(&AWS, |around| connection(None).credentials_from(around)).unwrap();
    assert_eq!(aws.session_token.unwrap().expose(), "aws-token");
}

#[test]
fn what_is_missing_is_named() {
    let said = |profile: Option<&str>, variables: &[(&str, &str)]| {
        with(variables, |around| connection(profile).signing_from(around)).unwrap_err().to_string()
    };
    assert!(said(None, &[]).contains("set R2_ACCESS_KEY_ID"));
    assert!(said(None, &R2[..1]).contains("R2_SECRET_ACCESS_KEY is not"));
    assert!(said(None, &R2[..2]).contains("--endpoint"));
    assert!(said(Some("absent"), &R2).contains("the profile absent has none"));
    assert!(said(Some("made"), &R2).contains("credential_process"));
    let wrong = [&R2[..2], &[("R2_ENDPOINT", "r2:2")]].concat();
    assert!(said(None, &wrong).starts_with("the endpoint of R2_ENDPOINT:"));
}
