use super::*;
use crate::SystemRandom;

const ID: &str = "0123456789abcdef0123456789abcdef";

fn block(lines: &str) -> String {
    format!("[[token]]\nid = \"{ID}\"\n{lines}\n")
}

#[test]
fn a_tokens_secret_is_the_hash_of_its_value() {
    // reference vector: value `example-token-value`, padded here to the least length that is accepted
    assert_eq!(
        SecretAccessKey::of_value("example-token-value").expose(),
        "2d38400385ce4bd5280b72ae6c99e3d821c1fe3a53ab9887c59e4d58bbee60d9"
    );
    let value = "v".repeat(40);
    let file =
        TokenFile::parse(&block(&format!("value = \"{value}\"\npermission = \"admin-read-write\""))).unwrap();
    assert_eq!(file.tokens[0].key.secret.expose(), SecretAccessKey::of_value(&value).expose());
    assert_eq!(file.tokens[0].key.id, ID);
}

#[test]
fn new_tokens_differ_and_round_trip() {
    let buckets = BucketScope::Only(BTreeSet::from([BucketName::parse("a-bucket").unwrap()]));
    let scope = Scope::new(Permission::ObjectReadWrite, buckets);
    let one = Token::new(&SystemRandom, "it's \"mine\"", scope.clone());
    let two = Token::new(&SystemRandom, "other", Scope::admin());
    assert_ne!(one.value, two.value);
    for keep_value in [true, false] {
        let text = format!("{}\n{}", one.to_toml(keep_value), two.to_toml(keep_value));
        let file = TokenFile::parse(&text).unwrap();
        assert_eq!(file.tokens[0].name, "it's \"mine\"");
        assert_eq!(file.tokens[0].key.scope, scope);
        assert_eq!(file.tokens[1].key.scope, Scope::admin());
        for (read, made) in file.tokens.iter().zip([&one, &two]) {
            assert_eq!(read.key.id, made.key.id);
            assert_eq!(read.key.secret.expose(), made.key.secret.expose());
            assert_eq!(read.value.is_some(), keep_value);
        }
    }
    let value = one.value.as_deref().unwrap();
    assert!(value.len() == 53 && !format!("{one:?}").contains(value));
}

#[test]
fn what_is_wrong_is_named_without_the_secret() {
    let secret = "hush".repeat(16);
    let good = format!("secret = \"{secret}\"\npermission = \"object-read-only\"");
    let table = [
        (String::new(), "no [[token]] block"),
        ("key = 1".into(), "key is no key"),
        (format!("\nvalue = {secret}"), "not TOML; look at line 2"),
        (block(&format!("secret = \"{secret}\"")), "permission is missing"),
        (block(&format!("secret = \"{secret}\"\npermission = \"root\"")), "is no permission"),
        (block("secret = \"short\"\npermission = \"object-read-only\""), "at least 32 characters"),
        (block(&format!("{good}\nvalue = \"{secret}\"")), "a value and a secret"),
        (block(&format!("{good}\nbuckets = [\"No\"]")), "is no bucket's name"),
        (block(&format!("{good}\nbucket = \"a\"")), "bucket is no key"),
        (format!("{}{}", block(&good), block(&good)), "another token's"),
        (block(&good).replace(ID, "x"), "id is missing"),
        (
            block(&format!("secret = \"{secret}\"\npermission = \"admin-read-only\"\nbuckets = [\"abc\"]")),
            "reaches the whole account",
        ),
    ];
    for (text, expected) in table {
        let what = TokenFile::parse(&text).unwrap_err();
        assert!(what.contains(expected), "{text}: {what}");
        assert!(!what.contains("hush"), "{what}");
    }
}

#[test]
fn a_file_that_everybody_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.toml");
    let missing = TokenFile::read(&path).unwrap_err().to_string();
    assert!(missing.contains("larder token new"), "{missing}");
    let text = Token::new(&SystemRandom, "t", Scope::admin()).to_toml(false);
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = TokenFile::read(&path).unwrap_err().to_string();
    assert!(refused.contains("chmod 600"), "{refused}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(TokenFile::read(&path).unwrap().tokens.len(), 1);
}
