//! What must not be seen: the refresh token itself. Only its hash is ever stored or logged.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// A refresh token: 256 bits, written as 43 characters of base64url.
///
/// `Debug` is redacted and there is no `Display`; [`RefreshSecret::expose`] is the one way out.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshSecret([u8; 32]);

impl RefreshSecret {
    /// Wraps 256 bits that nobody else can guess.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a token that a client sent; `None` when it cannot be one of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// The token as it goes to the client.
    #[must_use]
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The SHA-256 that stands for the token in the store. 256 random bits need no salt and no slow hash.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0).into())
    }

    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RefreshSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshSecret(…)")
    }
}

/// SHA-256 of a refresh token: its name in the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// A hash as it was stored; `None` unless it has 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }

    /// The 32 bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first eight hex digits: enough to tell tokens apart in a log.
    #[must_use]
    pub fn short(&self) -> String {
        self.0.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({}…)", self.short())
    }
}

/// 256 bits of fresh randomness, handed to a rule so that it needs no generator of its own.
///
/// One value serves one decision: everything random in it (token, identifiers, salt) is drawn from here.
#[derive(Clone)]
pub struct Fresh([u8; 32]);

impl Fresh {
    /// Bits from the operating system.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Reproducible bits for tests and simulations: the `turn`-th draw of `seed`. Never for real tokens.
    #[must_use]
    pub fn seeded(seed: u64, turn: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"tokenkeep simulation");
        hash.update(seed.to_be_bytes());
        hash.update(turn.to_be_bytes());
        Self(hash.finalize().into())
    }

    /// A secret for one purpose: a ticket, say.
    #[must_use]
    pub fn secret(&self, purpose: &str) -> RefreshSecret {
        RefreshSecret::from_bytes(self.bits(purpose))
    }

    pub(super) fn bits(&self, purpose: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(purpose.as_bytes());
        hash.update([0]);
        hash.update(self.0);
        hash.finalize().into()
    }

    pub(super) fn id(&self, purpose: &str) -> String {
        self.bits(purpose).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fresh(…)")
    }
}
