use super::*;

fn settings() -> TokenSettings {
    let policy = TokenPolicy {
        groups: vec![PermissionGroup::BucketItemRead],
        resources: vec![TokenResource::AllBuckets],
    };
    TokenSettings { name: "app".into(), policies: vec![policy], ..TokenSettings::default() }
}

#[test]
fn what_cannot_be_kept_is_refused() {
    assert_eq!(settings().check(), Ok(()));
    let at = Timestamp::from_seconds;
    let of = |groups: &[PermissionGroup], resources: &[TokenResource]| {
        let policy = TokenPolicy { groups: groups.to_vec(), resources: resources.to_vec() };
        TokenSettings { policies: vec![policy], ..settings() }
    };
    use PermissionGroup as G;
    use TokenResource as R;
    let bucket = R::Bucket(Jurisdiction::Default, BucketName::parse("abc").unwrap());
    assert_eq!(of(&[G::StorageRead, G::StorageWrite], &[R::Account]).check(), Ok(()));
    assert_eq!(of(&[G::BucketItemWrite], &[bucket.clone(), R::AllBuckets]).check(), Ok(()));
    let wrong = [
        TokenSettings { name: String::new(), ..settings() },
        TokenSettings { name: "x".repeat(121), ..settings() },
        TokenSettings { name: "a\nb".into(), ..settings() },
        TokenSettings { policies: Vec::new(), ..settings() },
        TokenSettings { not_before: Some(at(2)), expires: Some(at(2)), ..settings() },
        TokenSettings { ip_in: vec![IpRange::parse("::1").unwrap(); 1_001], ..settings() },
        of(&[], &[R::Account]),
        of(&[G::StorageWrite], &[]),
        of(&[G::StorageWrite], &[R::AllBuckets]),
        of(&[G::StorageWrite], &[R::Account, bucket]),
        of(&[G::BucketItemRead], &[R::Account]),
    ];
    for settings in wrong {
        assert!(matches!(settings.check(), Err(Error::InvalidApiToken { .. })), "{settings:?}");
    }
}

#[test]
fn status_follows_the_switch_and_the_clock() {
    let at = Timestamp::from_seconds;
    let timed = TokenSettings { not_before: Some(at(10)), expires: Some(at(20)), ..settings() };
    for (s, status) in [
        (9, TokenStatus::NotYet),
        (10, TokenStatus::Active),
        (19, TokenStatus::Active),
        (20, TokenStatus::Expired),
    ] {
        assert_eq!(timed.status(at(s)), status, "{s}");
        assert_eq!(TokenSettings { disabled: true, ..timed.clone() }.status(at(s)), TokenStatus::Disabled);
    }
    assert_eq!(settings().status(at(0)), TokenStatus::Active);
}

#[test]
fn groups_jurisdictions_and_ids_have_their_names() {
    for (group, id, _) in PermissionGroup::ALL {
        assert_eq!(PermissionGroup::parse(id), Some(group));
    }
    assert_eq!(PermissionGroup::parse("0"), None);
    for jurisdiction in [Jurisdiction::Default, Jurisdiction::Eu, Jurisdiction::Fedramp] {
        assert_eq!(Jurisdiction::parse(jurisdiction.name()), Some(jurisdiction));
    }
    assert!(is_token_id("0123456789abcdef0123456789abcdef"));
    assert!(!is_token_id("0123456789ABCDEF0123456789abcdef") && !is_token_id(""));
}
