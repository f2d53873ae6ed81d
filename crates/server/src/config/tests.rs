use super::*;

const MINIMAL: &str = "data = \"/d\"\ncredentials = \"/c\"\nhosts = [\"files.example.com\"]\n";

fn nothing(_: &str) -> Option<String> {
    None
}

#[test]
fn a_short_file_is_enough() {
    let config = Config::parse(MINIMAL, &nothing).unwrap();
    assert_eq!(config.data, PathBuf::from("/d"));
    assert_eq!(config.listen, "127.0.0.1:9000".parse().unwrap());
    assert_eq!(config.hosts, ["files.example.com"]);
    assert_eq!(config.inline_max_bytes, 1 << 20);
    assert_eq!(config.strict_r2, StrictR2::Nowhere);
    assert_eq!(config.account_id, None);
    assert_eq!(config.trusted_proxies, []);
    assert_eq!(config.encryption_keys, None);
    assert_eq!((config.audit, config.key_rates), (AuditSettings::default(), KeyRates::default()));
}

#[test]
fn the_audit_log_and_the_rate_of_keys_are_settings() {
    let lines =
        "audit_retention = \"7d\"\naudit_size = \"2 MiB\"\naudit_refused = false\nkey_rate = \"5/s burst 9\"";
    let config = Config::parse(&format!("{MINIMAL}{lines}"), &nothing).unwrap();
    let retention = Duration::from_secs(7 * 24 * 60 * 60);
    assert_eq!(config.audit, AuditSettings { retention, max_bytes: 2 << 20, refusals: false });
    assert_eq!(config.key_rates, KeyRates { each: RateLimit::new(5, 9), ..KeyRates::default() });
    let environment =
        |name: &str| (name == "LARDER_KEY_RATE").then(|| "b = 2/s burst 3, 1/s, a=4/s".to_owned());
    let rates = Config::parse(MINIMAL, &environment).unwrap().key_rates;
    let of = [("a", RateLimit::new(4, 4)), ("b", RateLimit::new(2, 3))];
    let of = of.into_iter().map(|(id, limit)| (id.to_owned(), limit.unwrap())).collect();
    assert_eq!(rates, KeyRates { each: RateLimit::new(1, 1), of });
}

#[test]
fn the_environment_wins() {
    let environment = |name: &str| match name {
        "LARDER_HOSTS" => Some("a.example, b.example:9000".to_owned()),
        "LARDER_TRUSTED_PROXIES" => Some("10.0.0.0/8,::1".to_owned()),
        "LARDER_STRICT_R2" => Some("true".to_owned()),
        "LARDER_INLINE_MAX" => Some("64 KiB".to_owned()),
        "LARDER_ENCRYPTION_KEYS" => Some("/run/secrets/keys".to_owned()),
        _ => None,
    };
    let config = Config::parse(MINIMAL, &environment).unwrap();
    assert_eq!(config.hosts, ["a.example", "b.example:9000"]);
    assert_eq!(
        config.trusted_proxies.iter().map(IpRange::to_string).collect::<Vec<_>>(),
        ["10.0.0.0/8", "::1/128"]
    );
    assert_eq!(config.strict_r2, StrictR2::Everywhere);
    assert_eq!(config.inline_max_bytes, 64 << 10);
    assert_eq!(config.encryption_keys, Some(EncryptionKeys::File("/run/secrets/keys".into())));
}

#[test]
fn keys_come_from_a_file_or_the_environment() {
    let environment = |name: &str| (name == encryption_keys::LINES).then(|| "one AAAA".to_owned());
    let config = Config::parse(MINIMAL, &environment).unwrap();
    assert_eq!(config.encryption_keys, Some(EncryptionKeys::Lines("one AAAA".to_owned())));
    let both = Config::parse(&format!("{MINIMAL}encryption_keys = \"/keys\""), &environment);
    assert!(both.unwrap_err().to_string().contains("only one can count"));
}

#[test]
fn what_is_wrong_is_named() {
    let table = [
        ("", "data", "is missing"),
        ("dta = 1", "dta", "is no key"),
        ("data = \"/d\"\ncredentials = \"/c\"", "hosts", "names the host names"),
        (&format!("{MINIMAL}listen = \"9000\""), "listen", "is no address with a port"),
        (&format!("{MINIMAL}inline_max = \"8 MiB\""), "inline_max", "is more than 4194304 bytes"),
        (&format!("{MINIMAL}inline_max = 5"), "inline_max", "is no size with a unit"),
        (&format!("{MINIMAL}segment = \"1 MiB\""), "segment", "is less than"),
        (&format!("{MINIMAL}strict_r2 = \"yes\""), "strict_r2", "is true, false, or a list"),
        (&format!("{MINIMAL}strict_r2 = [\"Files\"]"), "strict_r2", "\"Files\" names none"),
        (&format!("{MINIMAL}trusted_proxies = [\"proxy\"]"), "trusted_proxies", "is no address and no range"),
        (&format!("{MINIMAL}trusted_proxies = \"10.0.0.1, ::/0\""), "trusted_proxies", "is everybody"),
        (&format!("{MINIMAL}account_id = \"me\""), "account_id", "32 lower-case hexadecimal"),
        (&format!("{MINIMAL}connections_max = 0"), "connections_max", "from 1 to 1000000"),
        (&format!("{MINIMAL}audit_retention = \"30s\""), "audit_retention", "is less than a minute"),
        (&format!("{MINIMAL}audit_size = \"1 KiB\""), "audit_size", "is less than 1048576 bytes"),
        (&format!("{MINIMAL}audit_refused = \"some\""), "audit_refused", "is true or false"),
        (&format!("{MINIMAL}key_rate = \"many\""), "key_rate", "is no rate"),
        (&format!("{MINIMAL}key_rate = [\"1/s\", \"2/s\"]"), "key_rate", "the second of its kind"),
        (&format!("{MINIMAL}body_idle = {{}}"), "body_idle", "a text, a number"),
        (&MINIMAL.replace("files", "https://files"), "hosts", "neither scheme nor path"),
        (&MINIMAL.replace("files", "*"), "hosts", "wildcard"),
        (&format!("{MINIMAL}public_url = \"files.example.com\""), "public_url", "it is a scheme"),
        ("data = ", "TOML", ""),
    ];
    for (text, key, expected) in table {
        let StartError::Config { place, what } = Config::parse(text, &nothing).unwrap_err() else {
            panic!("not about the configuration: {text}");
        };
        assert_eq!(place, key, "{text}");
        assert!(what.contains(expected), "{text}: {what}");
    }
}

#[test]
fn strict_r2_can_be_a_list_of_buckets() {
    let names = ["one", "two"].map(|name| BucketName::parse(name).unwrap());
    let config = Config::parse(&format!("{MINIMAL}strict_r2 = [\"one\", \"two\"]"), &nothing).unwrap();
    assert_eq!(config.strict_r2, StrictR2::In(names.to_vec()));
    let environment = |name: &str| (name == "LARDER_STRICT_R2").then(|| "one,two".to_owned());
    assert_eq!(Config::parse(MINIMAL, &environment).unwrap().strict_r2, StrictR2::In(names.to_vec()));
}

#[test]
fn hosts_of_every_honest_form_are_taken() {
    let hosts =
        ["a.example", "A-b.example:9000", "127.0.0.1:9000", "[::1]:9000", "my_box", "xn--bcher-kva.example"];
    let taken = all_hosts("hosts", &hosts.map(str::to_owned), &[]).unwrap();
    assert_eq!(taken, hosts.map(str::to_ascii_lowercase));
    for bad in ["http://a", "a/b", "a b", "*.a", "a@b", "bücher.example"] {
        assert!(all_hosts("hosts", &[bad.to_owned()], &[]).is_err(), "{bad}");
    }
}

#[test]
fn the_names_of_public_urls_are_hosts() {
    let urls = "public_url = [\"https://files.example.com\", \"http://Other.example.com:8080/\"]";
    let config = Config::parse(&format!("{MINIMAL}{urls}"), &nothing).unwrap();
    assert_eq!(config.hosts, ["files.example.com", "other.example.com:8080"]);
    let without_hosts = MINIMAL.replace("hosts = [\"files.example.com\"]", urls);
    assert_eq!(Config::parse(&without_hosts, &nothing).unwrap().hosts.len(), 2);
    let environment =
        |name: &str| (name == "LARDER_PUBLIC_URL").then(|| "http://a.example, https://b.example".to_owned());
    let config = Config::parse(MINIMAL, &environment).unwrap();
    assert_eq!(config.hosts, ["files.example.com", "a.example", "b.example"]);
}

#[test]
fn as_many_names_as_a_signature_is_held_against() {
    let hosts = |count: usize| {
        let list: Vec<String> = (0..count).map(|n| format!("\"h{n}\"")).collect();
        MINIMAL.replace("\"files.example.com\"", &list.join(","))
    };
    assert_eq!(Config::parse(&hosts(HOSTS_MAX), &nothing).unwrap().hosts.len(), HOSTS_MAX);
    let error = Config::parse(&hosts(HOSTS_MAX + 1), &nothing).unwrap_err();
    assert!(error.to_string().contains("11 names"), "{error}");
}

#[test]
fn the_reference_page_is_current() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/config.md");
    let kept = std::fs::read_to_string(&page).unwrap_or_default();
    let current = reference();
    assert!(kept == current, "docs/config.md is not current; it should be:\n\n{current}");
}
