//! Temporary credentials: made, verified, and tampered with.

use std::collections::BTreeSet;

use auth::temporary::{SESSION_TOKEN_BYTES_MAX, VALIDITY_S_MAX, Verified, issue, parse_actions, verify};
use auth::{AccessKey, Action, Claims, Paths, Permission, Scope, SecretAccessKey, Session, TokenFault};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use domain::{AccountId, BucketName};
use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;
use sha2::{Sha256, Sha512};

const ACCOUNT: &str = "123456789abcdef0123456789abcdef0";
const PARENT: &str = "0123456789abcdef0123456789abcdef";
const SECRET: &str = "2d38400385ce4bd5280b72ae6c99e3d821c1fe3a53ab9887c59e4d58bbee60d9";
const HOST: &str = "123456789abcdef0123456789abcdef0.r2.cloudflarestorage.com";
const NOW_S: i64 = 1_767_323_045;
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn parent() -> AccessKey {
    AccessKey { id: PARENT.into(), secret: SecretAccessKey::new(SECRET), scope: Scope::admin() }
}

fn account() -> AccountId {
    AccountId::parse(ACCOUNT).expect("valid")
}

fn claims() -> Claims {
    Claims {
        account: account(),
        issuer: PARENT.into(),
        audience: HOST.into(),
        issued_s: NOW_S,
        expires_s: NOW_S + 900,
        session: Session {
            permission: Permission::ObjectReadOnly,
            bucket: BucketName::parse("my-bucket").expect("valid"),
            actions: None,
            paths: Some(Paths { prefixes: vec!["photos/".into()], objects: Vec::new() }),
        },
    }
}

fn check_at(token: &str, now_s: i64) -> Result<Verified, TokenFault> {
    verify(token, &parent(), &account(), now_s, |host| host == HOST)
}

fn check(token: &str) -> Result<Verified, TokenFault> {
    check_at(token, NOW_S)
}

/// What is said of a token that is refused.
fn refused(token: &str) -> String {
    match check(token) {
        Err(TokenFault::Invalid(what)) => what,
        other => panic!("{other:?}"),
    }
}

fn session_token(jwt: &str) -> String {
    STANDARD.encode(format!("jwt/{jwt}"))
}

fn mac<M: hmac::Mac + hmac::KeyInit>(secret: &str, signed: &str) -> Vec<u8> {
    let mut mac = <M as hmac::KeyInit>::new_from_slice(secret.as_bytes()).expect("any length");
    hmac::Mac::update(&mut mac, signed.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A token of any header and payload, signed as it should be.
fn signed(header: &str, payload: &str) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(mac::<Hmac<Sha256>>(SECRET, &text));
    session_token(&format!("{text}.{signature}"))
}

/// A payload with one claim replaced, or left out.
fn with_claim(name: &str, value: Option<&str>) -> String {
    let mut claims = vec![
        ("sub", format!("{ACCOUNT:?}")),
        ("iss", format!("{PARENT:?}")),
        ("aud", format!("{HOST:?}")),
        ("iat", NOW_S.to_string()),
        ("exp", (NOW_S + 900).to_string()),
        ("bucket", r#""my-bucket""#.to_owned()),
        ("scope", r#""object-read-write""#.to_owned()),
    ];
    claims.retain(|(known, _)| *known != name);
    claims.extend(value.map(|value| (name, value.to_owned())));
    let members: Vec<String> = claims.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn the_reference_vector() {
    let made = issue(&SecretAccessKey::new(SECRET), &claims()).expect("issues");
    assert_eq!(made.access_key_id, PARENT);
    assert_eq!(made.secret.expose(), "59f1f62b0bad5d54636b68252430105a9c91712a760711966327ceaf17280b84");
    let jwt = STANDARD.decode(made.session_token.expose()).expect("base64");
    let jwt = String::from_utf8(jwt).expect("text");
    assert!(
        jwt.starts_with("jwt/") && jwt.ends_with(".JIsE2nE-t-Jzn8wyX1n_R5mPFDhz74SeND97YK00MXk"),
        "{jwt}"
    );
    let verified = check(made.session_token.expose()).expect("holds");
    assert_eq!(verified.secret.expose(), made.secret.expose());
    assert_eq!(verified.session, claims().session);
    let shown = format!("{made:?} {verified:?}");
    assert!(!shown.contains(made.secret.expose()) && !shown.contains(made.session_token.expose()), "{shown}");
}

#[test]
fn it_holds_from_its_issue_to_its_end() {
    let made = issue(&SecretAccessKey::new(SECRET), &claims()).expect("issues");
    let at = |now_s| check_at(made.session_token.expose(), now_s);
    assert!(at(NOW_S).is_ok() && at(NOW_S + 899).is_ok());
    // the signer's clock may be ahead a little
    assert!(at(NOW_S - 900).is_ok());
    assert!(
        matches!(at(NOW_S - 901), Err(TokenFault::Invalid(what)) if what.contains("clock of the signer"))
    );
    for late in [NOW_S + 900, NOW_S + 901, i64::MAX] {
        assert!(
            matches!(at(late), Err(TokenFault::Expired(what)) if what.contains("It expired at 2026-01-02T03:19:05"))
        );
    }
}

#[test]
fn validity_is_one_second_to_a_week() {
    let secret = SecretAccessKey::new(SECRET);
    for (seconds, holds) in [
        (i64::MIN, false),
        (-1, false),
        (0, false),
        (1, true),
        (VALIDITY_S_MAX, true),
        (VALIDITY_S_MAX + 1, false),
        (i64::MAX, false),
    ] {
        let claims = Claims { expires_s: NOW_S.saturating_add(seconds), ..claims() };
        assert_eq!(issue(&secret, &claims).is_ok(), holds, "{seconds}");
        let token = signed(HEADER, &with_claim("exp", Some(&claims.expires_s.to_string())));
        assert_eq!(check(&token).is_ok(), holds, "{seconds}");
    }
}

#[test]
fn claims_that_are_not_those_of_a_credential_are_refused_by_name() {
    assert!(check(&signed(HEADER, &with_claim("jti", Some("\"an-id\"")))).is_ok(), "an id means nothing");
    assert!(check(&signed(HEADER, &with_claim("nbf", Some(&NOW_S.to_string())))).is_ok());
    assert!(check(&signed(r#"{"typ":"JWT","alg":"HS256","kid":"1"}"#, &with_claim("", None))).is_ok());
    let other_account = "\"00000000000000000000000000000000\"";
    let table = [
        (
            "sub",
            Some(other_account),
            "claim sub is 00000000000000000000000000000000, which is not this account",
        ),
        ("sub", Some("\"me\""), "claim sub is me, which is no account id"),
        ("sub", None, "missing field `sub`"),
        ("iss", Some("\"11111111111111111111111111111111\""), "claim iss is not the access key id"),
        ("iss", None, "missing field `iss`"),
        ("aud", Some("\"s3.amazonaws.com\""), "claim aud is s3.amazonaws.com; it must be the host"),
        ("aud", Some("\"a\\nb\""), "claim aud is a?b;"),
        ("aud", Some("[]"), "expected a string"),
        ("aud", None, "missing field `aud`"),
        ("iat", Some("\"1767323045\""), "expected i64"),
        ("iat", Some("1767323045.5"), "expected i64"),
        ("iat", None, "missing field `iat`"),
        ("exp", None, "missing field `exp`"),
        ("exp", Some("99999999999999999999"), "expected i64"),
        ("nbf", Some("1767329999"), "nbf is ahead"),
        ("bucket", Some("\"*\""), "claim bucket is *, which is no bucket's name"),
        ("bucket", Some("[\"my-bucket\"]"), "expected a string"),
        ("bucket", None, "missing field `bucket`"),
        ("scope", Some("\"admin\""), "claim scope is admin; the permissions are admin-read-write,"),
        ("scope", None, "missing field `scope`"),
        ("actions", Some("[]"), "claim actions names none"),
        (
            "actions",
            Some("[\"GetObject\",\"DeleteBucket\"]"),
            "DeleteBucket is no action; they are HeadObject,",
        ),
        ("actions", Some("\"GetObject\""), "expected a sequence"),
        ("paths", Some("{}"), "claim paths names no key"),
        ("paths", Some("{\"prefixPaths\":[],\"objectPaths\":[]}"), "claim paths names no key"),
        ("paths", Some("{\"prefixPaths\":\"a/\"}"), "expected a sequence"),
        ("paths", Some("{\"prefixPaths\":[\"a/\"],\"deny\":[]}"), "unknown field `deny`"),
        ("paths", Some("{\"prefixPaths\":[\"a/\"],\"prefixPaths\":[\"\"]}"), "duplicate field `prefixPaths`"),
        ("paths", Some("[\"a/\"]"), ""),
        ("admin", Some("true"), "unknown field `admin`"),
        ("jti", Some("1"), "expected a string"),
    ];
    for (name, value, expected) in table {
        let what = refused(&signed(HEADER, &with_claim(name, value)));
        assert!(what.contains(expected), "{name} = {value:?}: {what}");
        assert!(!what.contains(SECRET));
    }
    let payload = with_claim("", None);
    let twice = payload.replacen("\"scope\":", "\"scope\":\"object-read-only\",\"scope\":", 1);
    assert!(refused(&signed(HEADER, &twice)).contains("duplicate field `scope`"));
    for broken in
        ["", "{}", "null", "[]", "{", &format!("{payload}x"), &format!("{payload}{payload}"), "\u{feff}{}"]
    {
        refused(&signed(HEADER, broken));
    }
}

#[test]
fn only_hs256_by_the_parent_is_taken() {
    let payload = URL_SAFE_NO_PAD.encode(with_claim("", None));
    let header = |text: &str| URL_SAFE_NO_PAD.encode(text);
    for (text, expected) in [
        (r#"{"alg":"none"}"#, "is none; it must be HS256"),
        (r#"{"alg":"HS512","typ":"JWT"}"#, "is HS512; it must be HS256"),
        (r#"{"alg":"hs256"}"#, "is hs256; it must be HS256"),
        (r#"{"alg":"RS256"}"#, "is RS256"),
        (r#"{"alg":"HS256","alg":"none"}"#, "duplicate field `alg`"),
        (r#"{"alg":"HS256","crit":["exp"]}"#, "crit"),
        (r#"{"typ":"JWT"}"#, "missing field `alg`"),
        (r#"{"alg":null}"#, "header"),
        ("", "header"),
    ] {
        // signed as it says, and as it should be
        let text = format!("{}.{payload}", header(text));
        let by_sha256 = URL_SAFE_NO_PAD.encode(mac::<Hmac<Sha256>>(SECRET, &text));
        let by_sha512 = URL_SAFE_NO_PAD.encode(mac::<Hmac<Sha512>>(SECRET, &text));
        for signature in [by_sha256.as_str(), &by_sha512, ""] {
            let what = refused(&session_token(&format!("{text}.{signature}")));
            assert!(what.contains(expected), "{what}");
        }
    }
    let text = format!("{}.{payload}", header(HEADER));
    let no_parent = ["", "0000", ACCOUNT, PARENT, &SECRET[1..], &SECRET.to_uppercase()];
    for secret in no_parent {
        let signature = URL_SAFE_NO_PAD.encode(mac::<Hmac<Sha256>>(secret, &text));
        assert!(
            refused(&session_token(&format!("{text}.{signature}"))).contains("is not signed with the secret")
        );
    }
    // the 32 bytes that the text stands for are another key
    let bytes: Vec<u8> =
        (0..32).map(|n| u8::from_str_radix(&SECRET[2 * n..2 * n + 2], 16).expect("hex")).collect();
    let mut mac = Hmac::<Sha256>::new_from_slice(&bytes).expect("any length");
    mac.update(text.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    assert!(
        refused(&session_token(&format!("{text}.{signature}"))).contains("is not signed with the secret")
    );
}

#[test]
fn another_form_of_the_same_token_is_another_token() {
    let made = issue(&SecretAccessKey::new(SECRET), &claims()).expect("issues");
    let token = made.session_token.expose();
    let jwt = String::from_utf8(STANDARD.decode(token).expect("base64")).expect("text");
    let jwt = jwt.strip_prefix("jwt/").expect("its kind");
    let (text, signature) = jwt.rsplit_once('.').expect("three parts");
    let wrong = [
        String::new(),
        jwt.to_owned(),
        STANDARD.encode(jwt),
        STANDARD.encode(format!("JWT/{jwt}")),
        STANDARD.encode(format!("jwt/ {jwt}")),
        STANDARD.encode(format!("jwt/{jwt}\n")),
        URL_SAFE.encode(format!("jwt/{jwt}\u{ff}~~~")),
        format!("{token}="),
        format!(" {token}"),
        token.trim_end_matches('=').to_owned() + "!",
        session_token(text),
        session_token(&format!("{text}.")),
        session_token(&format!("{text}.{signature}.{signature}")),
        session_token(&format!("{text}.{signature}=")),
        session_token(&format!("{text}.{}", &signature[..signature.len() - 1])),
        // the last character of a signature has bits that mean nothing
        session_token(&format!("{text}.{}l", &signature[..signature.len() - 1])),
        session_token(&jwt.replace('.', "..")),
        "A".repeat(SESSION_TOKEN_BYTES_MAX + 1),
    ];
    for wrong in wrong {
        refused(&wrong);
    }
}

#[test]
fn many_paths_fit_within_the_bound() {
    let secret = SecretAccessKey::new(SECRET);
    let of = |count: usize| {
        let prefixes = (0..count).map(|n| format!("customers/{n:08}/")).collect();
        let session = Session { paths: Some(Paths { prefixes, objects: Vec::new() }), ..claims().session };
        issue(&secret, &Claims { session, ..claims() })
    };
    assert!(check(of(300).expect("issues").session_token.expose()).is_ok());
    assert!(matches!(of(3_000), Err(TokenFault::Invalid(what)) if what.contains("name fewer paths")));
    assert!(parse_actions(&["GetObject".into(), "PutObject".into()]).is_ok());
}

fn sessions() -> impl Strategy<Value = Session> {
    let level = prop::sample::select(Permission::NAMES.map(|(_, level)| level).to_vec());
    let named: Vec<Action> = Action::ALL.into_iter().filter(|action| action.name().is_some()).collect();
    let actions = prop::option::of(prop::collection::btree_set(prop::sample::select(named), 1..5));
    let texts = || prop::collection::vec(".{0,12}", 0..4);
    let paths = prop::option::of((texts(), texts()).prop_filter("some path", |(a, b)| a.len() + b.len() > 0));
    (level, "[a-z0-9]{3,63}", actions, paths).prop_map(|(permission, bucket, actions, paths)| Session {
        permission,
        bucket: BucketName::parse(&bucket).expect("valid"),
        actions: actions.map(BTreeSet::from_iter),
        paths: paths.map(|(prefixes, objects)| Paths { prefixes, objects }),
    })
}

proptest! {
    #[test]
    fn what_is_issued_is_what_is_verified(session in sessions(), validity_s in 1..=VALIDITY_S_MAX) {
        let claims = Claims { session, expires_s: NOW_S + validity_s, ..claims() };
        let made = issue(&SecretAccessKey::new(SECRET), &claims).expect("issues");
        let verified = check(made.session_token.expose()).expect("holds");
        prop_assert_eq!(verified.session, claims.session);
        prop_assert_eq!(verified.secret.expose(), made.secret.expose());
    }

    #[test]
    fn no_changed_byte_passes(session in sessions(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let made = issue(&SecretAccessKey::new(SECRET), &Claims { session, ..claims() }).expect("issues");
        let mut jwt = STANDARD.decode(made.session_token.expose()).expect("base64");
        let at = at.index(jwt.len());
        prop_assume!(jwt[at] != to);
        jwt[at] = to;
        prop_assert!(check(&STANDARD.encode(&jwt)).is_err());
        jwt.truncate(at);
        prop_assert!(check(&STANDARD.encode(&jwt)).is_err());
    }

    #[test]
    fn any_text_is_refused_and_none_panics(text in ".{0,200}", signed_text in ".{0,100}") {
        prop_assert!(check(&text).is_err());
        prop_assert!(check(&session_token(&text)).is_err());
        prop_assert!(check(&signed(HEADER, &signed_text)).is_err());
        prop_assert!(check(&signed(&signed_text, &signed_text)).is_err());
    }
}
