//! The server's secret key and what is made with it.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::secret::{Fresh, RefreshSecret};

/// The shortest key taken, in bytes: HS256 wants one as long as its hash (RFC 7518 §3.2).
pub const MIN_KEY_BYTES: usize = 32;

/// The keys of one server: one signs access tokens, one makes children of refresh tokens.
#[derive(Clone)]
pub struct Keys {
    access: Hmac<Sha256>,
    refresh: Hmac<Sha256>,
}

impl Keys {
    /// Takes the signing key. Access tokens are signed with these very bytes, so that any other
    /// service that holds the key can check them.
    ///
    /// # Errors
    /// [`WeakKey`] when it is shorter than [`MIN_KEY_BYTES`].
    pub fn new(material: &[u8]) -> Result<Self, WeakKey> {
        if material.len() < MIN_KEY_BYTES {
            return Err(WeakKey);
        }
        let access = Hmac::<Sha256>::new_from_slice(material).map_err(|_| WeakKey)?;
        let derived = access.clone().chain_update(b"tokenkeep refresh derivation 1").finalize();
        let refresh = Hmac::<Sha256>::new_from_slice(&derived.into_bytes()).map_err(|_| WeakKey)?;
        Ok(Self { access, refresh })
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

    /// The child of a refresh token, the same one whenever it is asked for again.
    ///
    /// The salt is drawn anew for each rotation and stored with the spent parent. So a child takes
    /// three things to know: the key (in the server), the salt (in the store), the parent (at the client).
    pub(super) fn child(&self, parent: &RefreshSecret, salt: &[u8; 32]) -> RefreshSecret {
        let mac = self.refresh.clone().chain_update(parent.bytes()).chain_update(salt);
        RefreshSecret::from_bytes(mac.finalize().into_bytes().into())
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 32] {
        self.access.clone().chain_update(message).finalize().into_bytes().into()
    }

    /// Compares in constant time.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.access.clone().chain_update(message).verify_slice(signature).is_ok()
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
        let signature = keys.sign(message.as_bytes());
        assert_eq!(URL_SAFE_NO_PAD.encode(signature), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert!(keys.verify(message.as_bytes(), &signature));
        assert!(!keys.verify(&message.as_bytes()[1..], &signature));
    }

    #[test]
    fn refuses_a_key_shorter_than_the_hash() {
        assert_eq!(Keys::new(&[7; 31]).err(), Some(WeakKey));
        assert!(Keys::new(&[7; 32]).is_ok());
    }
}
