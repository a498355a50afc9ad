//! One key that signs and checks.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::keys::Algorithm;

/// A key with its id. No `Debug`: there is nothing to show.
#[derive(Clone)]
pub struct Signer {
    id: String,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Secret(Hmac<Sha256>),
    Public(SigningKey),
}

impl Signer {
    pub(super) fn secret(key: Hmac<Sha256>) -> Self {
        // Says nothing of the key, and is the same wherever the key is.
        let id = key.clone().chain_update(b"tokenkeep key id 1").finalize().into_bytes();
        Self { id: short(&id), key: Key::Secret(key) }
    }

    pub(super) fn public(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        // RFC 7638 §3, RFC 8037 §2: the members in this order, without white space.
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        Self { id: URL_SAFE_NO_PAD.encode(Sha256::digest(canonical)), key: Key::Public(key) }
    }

    /// The `kid` in what it signs.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        match self.key {
            Key::Secret(_) => Algorithm::Hs256,
            Key::Public(_) => Algorithm::EdDsa,
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::Secret(key) => key.clone().chain_update(message).finalize().into_bytes().to_vec(),
            Key::Public(key) => key.sign(message).to_bytes().to_vec(),
        }
    }

    /// Compares in constant time.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            Key::Secret(key) => key.clone().chain_update(message).verify_slice(signature).is_ok(),
            Key::Public(key) => Signature::from_slice(signature)
                .is_ok_and(|signature| key.verifying_key().verify_strict(message, &signature).is_ok()),
        }
    }

    /// The public key as a JWK, if it has one.
    pub(super) fn jwk(&self) -> Option<Value> {
        let Key::Public(key) = &self.key else {
            return None;
        };
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        Some(json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.id, "use": "sig", "alg": "EdDSA" }))
    }
}

fn short(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037 appendix A: the key, its thumbprint and its signature.
    #[test]
    fn signs_and_names_itself_as_the_standard_says() {
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let signer = Signer::public(&seed.try_into().unwrap());
        assert_eq!(signer.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(signer.jwk().unwrap()["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = signer.sign(message);
        assert_eq!(
            URL_SAFE_NO_PAD.encode(&signature),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
        assert!(signer.verifies(message, &signature) && !signer.verifies(&message[1..], &signature));
    }
}
