//! API tokens as the REST API gets them: the value itself, of which the server knows the hash that is also an S3 secret.

use auth::AccessKey;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use super::Credentials;

impl Credentials {
    /// The key of an API token's value. Every key is compared, each in constant time.
    ///
    /// Spec: R2 docs, API tokens: the secret access key is the lower-case hex SHA-256 of the token's value.
    #[must_use]
    pub fn find_bearer(&self, token: &str) -> Option<&AccessKey> {
        let hash = Sha256::digest(token.as_bytes());
        let secret: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let is_it = |key: &AccessKey| key.secret.expose().as_bytes().ct_eq(secret.as_bytes());
        self.by_id.values().fold(None, |found, key| if is_it(key).into() { Some(key) } else { found })
    }
}

#[cfg(test)]
mod tests {
    use auth::{Scope, SecretAccessKey};

    use super::*;

    #[test]
    fn a_token_is_found_by_its_value_and_not_by_its_hash() {
        // printf %s cfat_token | sha256sum
        let hash = "9fc193b981b221520f02a2735164a09aa23e45fd148e4b0bf6c681424f96c71f";
        let key = |id: &str, secret: &str| AccessKey {
            id: id.to_owned(),
            secret: SecretAccessKey::new(secret),
            scope: Scope::admin(),
        };
        let credentials = Credentials::new([key("a", hash), key("b", "cfat_other")]);
        assert_eq!(credentials.find_bearer("cfat_token").map(|key| key.id.as_str()), Some("a"));
        for wrong in ["", "cfat_toke", "cfat_token ", "cfat_other", hash] {
            assert!(credentials.find_bearer(wrong).is_none(), "{wrong}");
        }
    }
}
