//! Every permission and action, in scope and out of it, as a table.

use std::collections::BTreeSet;

use auth::{
    AccessKey, Action, BucketScope, Caller, Denial, Grant, Paths, Permission, Scope, SecretAccessKey,
    Session, Target,
};
use domain::{AccountId, BucketName, Error, ObjectKey};

fn name(text: &str) -> BucketName {
    BucketName::parse(text).expect("valid")
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).expect("valid")
}

fn caller(scope: Scope) -> Caller {
    let account = AccountId::parse("123456789abcdef0123456789abcdef0").expect("valid");
    Caller::Known { account, access_key_id: "k".into(), scope, origin: None }
}

fn only(text: &str) -> BucketScope {
    BucketScope::Only(BTreeSet::from([name(text)]))
}

/// A column for each action, in the order of `Action::ALL`.
fn granted<'a>(caller: &Caller, target: impl Into<Target<'a>>) -> String {
    let target = target.into();
    let may = |action: &Action| caller.allow(*action, target).is_ok();
    Action::ALL.iter().map(|action| if may(action) { 'y' } else { '-' }).collect()
}

//   account, buckets: ListBuckets Create Delete Head Location ReadSettings WriteSettings
//   lists: V1 V2 versions uploads parts | reads: Get Head other | writes: Put Copy other Create Part PartCopy Complete Abort
//   deletes: one many | ManageTokens VerifyToken ReadAuditLog EvaluateCors Reclaim
const ALL: &str = "yyyyyyy yyyyy yyy yyyyyyyy yy yyyy-";
const READ_ALL: &str = "y--yyy- yyyyy yyy -------- -- -yyy-";
const OBJECTS: &str = "---yy-- yyyyy yyy yyyyyyyy yy -y-y-";
const READ_OBJECTS: &str = "---yy-- yyyyy yyy -------- -- -y-y-";
const NOTHING: &str = "------- ----- --- -------- -- -y---";
/// As `NOTHING` of a temporary credential whose parent reaches the bucket: CORS is open to all.
const CORS_ONLY: &str = "------- ----- --- -------- -- ---y-";
const LEVELS: [(Permission, &str); 4] = [
    (Permission::AdminReadWrite, ALL),
    (Permission::AdminReadOnly, READ_ALL),
    (Permission::ObjectReadWrite, OBJECTS),
    (Permission::ObjectReadOnly, READ_OBJECTS),
];

fn columns(text: &str) -> String {
    text.replace(' ', "")
}

/// As of a temporary credential: it has nothing to do with tokens.
fn of_session(text: &str) -> String {
    let tokens = [Action::ManageTokens, Action::VerifyToken, Action::ReadAuditLog];
    let column = |(action, c)| if tokens.contains(&action) { '-' } else { c };
    Action::ALL.into_iter().zip(columns(text).chars()).map(column).collect()
}

/// What both allow.
fn both(a: &str, b: &str) -> String {
    columns(a)
        .chars()
        .zip(columns(b).chars())
        .map(|(a, b)| if a == 'y' && b == 'y' { 'y' } else { '-' })
        .collect()
}

#[test]
fn every_permission_and_action() {
    let (inside, outside, k) = (name("inside"), name("outside"), key("k"));
    for (permission, expected) in LEVELS {
        let expected = columns(expected);
        let all = caller(Scope::new(permission, BucketScope::All));
        let bound = caller(Scope::new(permission, only("inside")));
        for target in [
            Target::Bucket(&inside),
            Target::SomeKeys(&inside),
            Target::Prefix(&inside, ""),
            Target::Key(&inside, &k),
        ] {
            assert_eq!(granted(&all, target), expected, "{permission:?}, all buckets, {target:?}");
            assert_eq!(granted(&bound, target), expected, "{permission:?}, in scope, {target:?}");
        }
        assert_eq!(granted(&all, None), expected, "{permission:?}, the account");
        assert_eq!(granted(&bound, (&outside, &k)), columns(NOTHING), "{permission:?}, out of scope");
        assert_eq!(granted(&bound, None), columns(NOTHING), "{permission:?}, no bucket");
    }
    assert_eq!(granted(&Caller::Anonymous, Some(&inside)), columns(CORS_ONLY));
    assert!(Action::ALL.iter().all(|action| Caller::System.allow(*action, None).is_ok()));
    assert_eq!(granted(&caller(Scope::of(Vec::new())), Some(&inside)), columns(NOTHING), "no grant");
}

#[test]
fn one_of_several_grants_is_enough() {
    let scope = Scope::of(vec![
        Grant { permission: Permission::ObjectReadOnly, buckets: only("read") },
        Grant { permission: Permission::ObjectReadWrite, buckets: only("write") },
    ]);
    let (caller, k) = (caller(scope), key("k"));
    assert_eq!(granted(&caller, (&name("read"), &k)), columns(READ_OBJECTS));
    assert_eq!(granted(&caller, (&name("write"), &k)), columns(OBJECTS));
    assert_eq!(granted(&caller, (&name("other"), &k)), columns(NOTHING));
}

fn session(permission: Permission) -> Session {
    Session { permission, bucket: name("inside"), actions: None, paths: None }
}

fn temporary(parent: &Scope, session: Session) -> Caller {
    caller(parent.narrowed(session))
}

#[test]
fn a_temporary_credential_may_no_more_than_its_parent() {
    let (inside, outside, k) = (name("inside"), name("outside"), key("k"));
    for (parent, of_parent) in LEVELS {
        for (child, of_child) in LEVELS {
            let what = format!("{child:?} of {parent:?}");
            let caller = temporary(&Scope::new(parent, BucketScope::All), session(child));
            assert_eq!(granted(&caller, (&inside, &k)), of_session(&both(of_parent, of_child)), "{what}");
            assert_eq!(granted(&caller, (&outside, &k)), columns(CORS_ONLY), "{what}, another bucket");
            assert_eq!(granted(&caller, None), columns(CORS_ONLY), "{what}, the account");
            let elsewhere = temporary(&Scope::new(parent, only("outside")), session(child));
            assert_eq!(
                granted(&elsewhere, (&inside, &k)),
                of_session(NOTHING),
                "{what}, not the parent's bucket"
            );
            assert_eq!(granted(&elsewhere, (&outside, &k)), columns(CORS_ONLY), "{what}, not its own bucket");
        }
    }
}

#[test]
fn a_list_of_actions_allows_what_it_names_and_nothing_else() {
    let (inside, k) = (name("inside"), key("k"));
    let mut named = 0;
    for action in Action::ALL {
        let Some(text) = action.name() else { continue };
        assert_eq!(Action::parse(text), Some(action));
        named += 1;
        let narrow =
            Session { actions: Some(BTreeSet::from([action])), ..session(Permission::AdminReadWrite) };
        let admin = temporary(&Scope::admin(), narrow.clone());
        for other in Action::ALL {
            let allowed = other == action || other == Action::EvaluateCors;
            assert_eq!(admin.allow(other, (&inside, &k)).is_ok(), allowed, "{other:?} with {text}");
        }
        let reader = temporary(&Scope::new(Permission::ObjectReadOnly, BucketScope::All), narrow);
        let read = Permission::ObjectReadOnly.allows(action);
        assert_eq!(reader.allow(action, (&inside, &k)).is_ok(), read, "{text} of a reader");
    }
    assert_eq!(named, 16, "those of R2's documentation");
    for text in ["", "HeadBucket", "getobject", "ListObjects", "*", "s3:GetObject"] {
        assert_eq!(Action::parse(text), None, "{text}");
    }
}

#[test]
fn paths_reach_their_keys_and_nothing_of_the_bucket_beside_them() {
    let inside = name("inside");
    let paths = Paths {
        prefixes: vec!["photos/".into(), "caf\u{e9}/".into()],
        objects: vec!["avatars/me.png".into(), "no\u{308}te".into()],
    };
    for permission in [Permission::AdminReadWrite, Permission::ObjectReadWrite] {
        let narrow = Session { paths: Some(paths.clone()), ..session(permission) };
        let caller = temporary(&Scope::admin(), narrow);
        let reached = |target: Target<'_>| {
            let keys = caller.allow(Action::GetObject, target).is_ok();
            assert_eq!(caller.allow(Action::PutObject, target).is_ok(), keys, "{target:?}");
            keys
        };
        for yes in ["photos/a", "photos/", "photos/../b", "cafe\u{301}/x", "avatars/me.png", "n\u{f6}te"] {
            assert!(reached(Target::Key(&inside, &key(yes))), "{yes}");
        }
        for no in ["photo", "photos", "Photos/a", "/photos/a", "avatars/me.png2", "avatars/", "cafe/x", "b"] {
            assert!(!reached(Target::Key(&inside, &key(no))), "{no}");
        }
        let listed = |prefix| caller.allow(Action::ListObjectsV2, Target::Prefix(&inside, prefix)).is_ok();
        assert!(listed("photos/") && listed("photos/2026") && listed("cafe\u{301}/"));
        for no in ["", "p", "photos", "avatars/", "avatars/me.png"] {
            assert!(!listed(no), "{no}");
        }
        assert!(reached(Target::SomeKeys(&inside)), "each is asked about later");
        // what asks about the bucket as a whole, by mistake or not, is refused
        assert_eq!(granted(&caller, Some(&inside)), columns("---yy-- ----- --- -------- -- ---y-"));
        let settings = [Action::ReadBucketSettings, Action::WriteBucketSettings, Action::DeleteBucket];
        for action in settings {
            assert_eq!(
                caller.allow(action, (&inside, &key("photos/a"))),
                Err(Error::AccessDenied),
                "{action:?}"
            );
        }
    }
}

#[test]
fn a_denial_names_what_forbids() {
    let (inside, outside, k) = (name("inside"), name("outside"), key("k"));
    let bound = caller(Scope::new(Permission::ObjectReadOnly, only("inside")));
    let put = |caller: &Caller, bucket| caller.denial(Action::PutObject, Target::Key(bucket, &k));
    assert_eq!(put(&bound, &inside), Some(Denial::Permission));
    assert_eq!(put(&bound, &outside), Some(Denial::Bucket));
    assert_eq!(put(&Caller::Anonymous, &inside), Some(Denial::Anonymous));
    let by = |session| temporary(&Scope::admin(), session);
    let write = session(Permission::ObjectReadWrite);
    assert_eq!(put(&by(write.clone()), &inside), None);
    assert_eq!(put(&by(write.clone()), &outside), Some(Denial::SessionBucket));
    assert_eq!(put(&by(session(Permission::ObjectReadOnly)), &inside), Some(Denial::SessionPermission));
    let actions = Some(BTreeSet::from([Action::UploadPart]));
    assert_eq!(put(&by(Session { actions, ..write.clone() }), &inside), Some(Denial::SessionActions));
    let paths = Some(Paths { prefixes: vec!["a/".into()], objects: Vec::new() });
    assert_eq!(put(&by(Session { paths, ..write }), &inside), Some(Denial::SessionPaths));
}

#[test]
fn a_secret_never_shows_itself() {
    let key = AccessKey { id: "id".into(), secret: SecretAccessKey::new("hush"), scope: Scope::admin() };
    assert!(!format!("{key:?}").contains("hush"));
}

#[test]
fn a_tokens_policies_are_grants() {
    use domain::TokenSettings;
    use domain::api_token::{Jurisdiction, PermissionGroup as G, TokenPolicy, TokenResource as R};
    let bucket = |jurisdiction| R::Bucket(jurisdiction, name("inside"));
    let k = key("k");
    let of = |groups: &[G], resources: &[R]| {
        let policy = TokenPolicy { groups: groups.to_vec(), resources: resources.to_vec() };
        let settings = TokenSettings { policies: vec![policy], ..TokenSettings::default() };
        caller(Scope::of_token(&settings))
    };
    let at = |caller: &Caller, bucket: &str| granted(caller, (&name(bucket), &k));
    let table = [
        (of(&[G::StorageWrite], &[R::Account]), ALL, ALL),
        (of(&[G::StorageRead], &[R::Account]), READ_ALL, READ_ALL),
        (of(&[G::BucketItemWrite], &[R::AllBuckets]), OBJECTS, OBJECTS),
        (of(&[G::BucketItemRead], &[bucket(Jurisdiction::Default)]), READ_OBJECTS, NOTHING),
        (of(&[G::BucketItemRead, G::BucketItemWrite], &[bucket(Jurisdiction::Default)]), OBJECTS, NOTHING),
        (of(&[G::BucketItemWrite], &[bucket(Jurisdiction::Eu)]), NOTHING, NOTHING),
        (of(&[G::StorageWrite], &[bucket(Jurisdiction::Default)]), NOTHING, NOTHING),
        (of(&[G::StorageWrite], &[R::AllBuckets]), NOTHING, NOTHING),
        (of(&[G::BucketItemWrite], &[R::Account]), NOTHING, NOTHING),
    ];
    for (n, (caller, inside, outside)) in table.iter().enumerate() {
        assert_eq!(at(caller, "inside"), columns(inside), "row {n}");
        assert_eq!(at(caller, "outside"), columns(outside), "row {n}");
    }
}

#[test]
fn a_token_is_used_in_its_time_and_from_its_addresses() {
    use auth::token::{Unusable, new_value, usable};
    use domain::{IpRange, Timestamp, TokenSettings};
    let (at, ip) = (Timestamp::from_seconds, |text: &str| Some(text.parse().expect("an address")));
    let range = |text: &str| vec![IpRange::parse(text).expect("a range")];
    let timed = TokenSettings { not_before: Some(at(10)), expires: Some(at(20)), ..TokenSettings::default() };
    assert_eq!(usable(&timed, at(9), None), Err(Unusable::NotYet(at(10))));
    assert_eq!(usable(&timed, at(10), None), Ok(()));
    assert_eq!(usable(&timed, at(20), None), Err(Unusable::Expired(at(20))));
    let off = TokenSettings { disabled: true, ..timed };
    assert_eq!(usable(&off, at(10), None), Err(Unusable::Disabled));
    let bound = TokenSettings {
        ip_in: range("10.0.0.0/8"),
        ip_not_in: range("10.0.0.1"),
        ..TokenSettings::default()
    };
    assert_eq!(usable(&bound, at(0), ip("10.2.0.1")), Ok(()));
    assert_eq!(usable(&bound, at(0), ip("::ffff:10.2.0.1")), Ok(()));
    for refused in [ip("10.0.0.1"), ip("::ffff:10.0.0.1"), ip("192.0.2.1"), ip("::1"), None] {
        assert_eq!(usable(&bound, at(0), refused), Err(Unusable::Address(refused)));
    }
    let not_in = TokenSettings { ip_not_in: range("::/0"), ..TokenSettings::default() };
    assert_eq!(usable(&not_in, at(0), ip("10.0.0.1")), Ok(()));
    assert!(usable(&not_in, at(0), ip("::1")).is_err() && usable(&not_in, at(0), None).is_err());
    let random = testkit::SeededRandom::new(1);
    let (one, two) = (new_value(&random), new_value(&random));
    assert!(one != two && one.len() == 53 && one.starts_with("cfat_"));
}
