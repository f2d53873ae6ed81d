use http::StatusCode;
use proptest::prelude::*;

use super::*;

fn connection() -> RestConnection {
    RestConnection { api_url: None, account: None, jurisdiction: None }
}

fn opened(variables: &[(&str, &str)]) -> Result<Rest, Failure> {
    let variable =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    connection().open_with(&variable)
}

#[test]
fn where_and_who_come_from_the_environment() {
    let all = [
        ("CLOUDFLARE_API_BASE_URL", "http://127.0.0.1:9000/client/v4/"),
        ("CLOUDFLARE_ACCOUNT_ID", "0123"),
        ("CLOUDFLARE_API_TOKEN", "secret"),
    ];
    let rest = opened(&all).unwrap();
    assert_eq!((rest.base.as_str(), rest.account.as_str()), ("http://127.0.0.1:9000/client/v4", "0123"));
    assert_eq!(opened(&all[1..]).unwrap().base, CLOUDFLARE);
    for (missing, word) in [(1, "CLOUDFLARE_ACCOUNT_ID"), (2, "CLOUDFLARE_API_TOKEN")] {
        let kept: Vec<_> =
            all.iter().enumerate().filter(|(i, _)| *i != missing).map(|(_, pair)| *pair).collect();
        let said = opened(&kept).err().unwrap().to_string();
        assert!(said.contains(word) && !said.contains("secret"), "{said}");
    }
    for wrong in ["127.0.0.1:9000", "ftp://a/client/v4", ""] {
        let said = opened(&[("CLOUDFLARE_API_BASE_URL", wrong), all[1], all[2]]).err();
        assert!(said.is_some_and(|said| said.to_string().contains("the API's URL")), "{wrong}");
    }
}

#[test]
fn answers_by_example() {
    let said =
        |status, body: &str| envelope("list buckets", status, body.as_bytes()).err().unwrap().to_string();
    let refused = r#"{"success":false,"errors":[{"code":10006,"message":"No such bucket","error_chain":[{"code":1,"message":"Make it."}],"source":{"pointer":"/name"}}],"result":null}"#;
    assert_eq!(
        said(StatusCode::NOT_FOUND, refused),
        "list buckets: 404 10006: No such bucket\n  Make it. (at /name)"
    );
    assert!(said(StatusCode::OK, "<html>").contains("no document of the REST API"));
    assert!(said(StatusCode::OK, "{}").starts_with("list buckets: 200"));
    let fine = r#"{"success":true,"errors":[],"result":{"a":1},"result_info":{"cursor":"next"}}"#;
    let reply = envelope("", StatusCode::OK, fine.as_bytes()).ok().unwrap();
    assert_eq!((reply.result["a"].as_u64(), reply.cursor.as_deref()), (Some(1), Some("next")));
}

proptest! {
    #[test]
    fn any_answer_is_read_or_refused(body in "\\PC{0,100}|\\{\"success\":(true|false),\"errors\":[\\[\\]{}0-9\"a-z:,]{0,30}\\}") {
        let _ = envelope("x", StatusCode::OK, body.as_bytes());
    }
}
