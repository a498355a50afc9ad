//! The server's secret keys and what is made with them.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::secret::{Fresh, RefreshSecret, TokenHash};
use super::signer::Signer;

/// The shortest key taken, in bytes: HS256 wants one as long as its hash (RFC 7518 §3.2).
pub const MIN_KEY_BYTES: usize = 32;

/// The kinds of signed tokens, each with a secret of its own. (A refresh token is not signed: it is a secret itself.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Shown with each request.
    Access,
    /// Mailed, to show that the address is the user's.
    EmailVerification,
    /// Mailed, to set a new password.
    PasswordReset,
}

/// How access tokens are signed. What is mailed only we read, and is signed with HS256 always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256 (RFC 7518 §3.2): whoever can check can also sign.
    #[default]
    Hs256,
    /// Ed25519 (RFC 8037): anybody may check, with the public key.
    EdDsa,
}

impl Algorithm {
    /// Its name in a token's header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// The keys of one server. All of them follow from one secret, the material; a retired one may go on checking
/// what it has signed.
#[derive(Clone)]
pub struct Keys {
    algorithm: Algorithm,
    current: Ring,
    retired: Vec<Ring>,
}

/// What follows from one secret.
#[derive(Clone)]
struct Ring {
    access: Signer,
    access_public: Signer,
    email_verification: Signer,
    password_reset: Signer,
    refresh: Hmac<Sha256>,
}

impl Keys {
    /// Takes the signing key. Access tokens are signed with these very bytes, so that any other
    /// service that holds the key can check them.
    ///
    /// # Errors
    /// [`WeakKey`] when it is shorter than [`MIN_KEY_BYTES`].
    pub fn new(material: &[u8]) -> Result<Self, WeakKey> {
        Ok(Self { algorithm: Algorithm::Hs256, current: Ring::new(material)?, retired: Vec::new() })
    }

    /// A key nobody knows and nobody can restore: every token dies with the process.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn ephemeral() -> Result<Self, getrandom::Error> {
        let bits = Fresh::draw()?.bits("signing key");
        // 32 bytes are never too short.
        Self::new(&bits).map_err(|WeakKey| getrandom::Error::UNSUPPORTED)
    }

    /// Signs access tokens so. Those signed the other way stay good as long as they live.
    #[must_use]
    pub fn with_algorithm(self, algorithm: Algorithm) -> Self {
        Self { algorithm, ..self }
    }

    /// Adds keys that sign nothing any more and still check.
    #[must_use]
    pub fn with_retired(mut self, retired: Self) -> Self {
        self.retired.push(retired.current);
        self.retired.extend(retired.retired);
        self
    }

    /// The public keys as a JWK set (RFC 7517, RFC 8037); empty where access tokens are signed with a secret.
    #[must_use]
    pub fn public(&self) -> serde_json::Value {
        let keys: Vec<_> = match self.algorithm {
            Algorithm::Hs256 => Vec::new(),
            Algorithm::EdDsa => self.rings().filter_map(|ring| ring.access_public.jwk()).collect(),
        };
        serde_json::json!({ "keys": keys })
    }

    pub(super) fn signer(&self, kind: Kind) -> &Signer {
        self.current.signer(kind, self.algorithm)
    }

    /// Compares in constant time. Without an id only the current key is asked.
    pub(super) fn verifies(
        &self,
        kind: Kind,
        algorithm: &str,
        id: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let algorithm = match (kind, algorithm) {
            (_, "HS256") => Algorithm::Hs256,
            (Kind::Access, "EdDSA") => Algorithm::EdDsa,
            _ => return false,
        };
        let known = |ring: &&Ring| id.is_none_or(|id| id == ring.signer(kind, algorithm).id());
        let ring = match id {
            None => Some(&self.current),
            Some(_) => self.rings().find(known),
        };
        ring.is_some_and(|ring| ring.signer(kind, algorithm).verifies(message, signature))
    }

    /// The child of a refresh token, the same one whenever it is asked for again.
    ///
    /// The salt is drawn anew for each rotation and stored with the spent parent. So a child takes
    /// three things to know: the key (in the server), the salt (in the store), the parent (at the client).
    pub(super) fn child(&self, parent: &RefreshSecret, salt: &[u8; 32]) -> RefreshSecret {
        self.current.child(parent, salt)
    }

    /// The child that was made before, with whichever key that was; `None` when that key is gone.
    pub(super) fn child_again(
        &self,
        parent: &RefreshSecret,
        salt: &[u8; 32],
        made: TokenHash,
    ) -> Option<RefreshSecret> {
        self.rings().map(|ring| ring.child(parent, salt)).find(|child| child.hash() == made)
    }

    fn rings(&self) -> impl Iterator<Item = &Ring> {
        std::iter::once(&self.current).chain(&self.retired)
    }
}

impl Ring {
    fn new(material: &[u8]) -> Result<Self, WeakKey> {
        if material.len() < MIN_KEY_BYTES {
            return Err(WeakKey);
        }
        let root = Hmac::<Sha256>::new_from_slice(material).map_err(|_| WeakKey)?;
        let derived = |label: &str| -> [u8; 32] { root.clone().chain_update(label).finalize().into_bytes().into() };
        let secret = |label| Hmac::<Sha256>::new_from_slice(&derived(label)).map_err(|_| WeakKey);
        Ok(Self {
            access_public: Signer::public(&derived("tokenkeep access ed25519 1")),
            email_verification: Signer::secret(secret("tokenkeep email verification 1")?),
            password_reset: Signer::secret(secret("tokenkeep password reset 1")?),
            refresh: secret("tokenkeep refresh derivation 1")?,
            access: Signer::secret(root),
        })
    }

    const fn signer(&self, kind: Kind, algorithm: Algorithm) -> &Signer {
        match (kind, algorithm) {
            (Kind::Access, Algorithm::Hs256) => &self.access,
            (Kind::Access, Algorithm::EdDsa) => &self.access_public,
            (Kind::EmailVerification, _) => &self.email_verification,
            (Kind::PasswordReset, _) => &self.password_reset,
        }
    }

    fn child(&self, parent: &RefreshSecret, salt: &[u8; 32]) -> RefreshSecret {
        let mac = self.refresh.clone().chain_update(parent.bytes()).chain_update(salt);
        RefreshSecret::from_bytes(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// The signing key is shorter than [`MIN_KEY_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeakKey;

impl fmt::Display for WeakKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the signing key is too short: at least {MIN_KEY_BYTES} bytes are needed")
    }
}

impl std::error::Error for WeakKey {}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    /// RFC 7515 appendix A.1.
    #[test]
    fn signs_as_the_standard_says() {
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
            eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let keys = Keys::new(&URL_SAFE_NO_PAD.decode(key).unwrap()).unwrap();
        let signature = keys.signer(Kind::Access).sign(message.as_bytes());
        assert_eq!(URL_SAFE_NO_PAD.encode(&signature), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let verifies = |message| keys.verifies(Kind::Access, "HS256", None, message, &signature);
        assert!(verifies(message.as_bytes()));
        assert!(!verifies(&message.as_bytes()[1..]));
    }

    #[test]
    fn refuses_a_key_shorter_than_the_hash() {
        assert_eq!(Keys::new(&[7; 31]).err(), Some(WeakKey));
        assert!(Keys::new(&[7; 32]).is_ok());
    }
}
