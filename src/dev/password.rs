//! Passwords: argon2id, off the async threads, a few at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;

/// How much work a password hash takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordWork {
    /// Memory, KiB; at least 8.
    pub memory_kib: u32,
    /// Passes over it; at least 1.
    pub passes: u32,
    /// How many hashes are computed at a time; the others wait.
    pub at_once: usize,
    /// How many may wait. Who comes after them is told to come again: a queue without an end serves nobody.
    pub waiting: usize,
}

impl Default for PasswordWork {
    /// 19 MiB and 2 passes: the OWASP minimum for argon2id.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, at_once: 2, waiting: 64 }
    }
}

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    argon2: Argon2<'static>,
    gate: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// Checked when there is no such user, so that the answer takes as long.
    decoy: String,
    computed: Arc<AtomicU64>,
}

impl Passwords {
    /// Sets up, hashing once.
    ///
    /// # Errors
    /// [`PasswordError`] when the work is out of argon2's range.
    pub fn new(work: PasswordWork) -> Result<Self, PasswordError> {
        let params = Params::new(work.memory_kib, work.passes, 1, None)
            .map_err(|error| PasswordError::Broken(error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = hash(&argon2, "nobody's password")?;
        let at_once = work.at_once.max(1);
        let queue = Arc::new(Semaphore::new(at_once.saturating_add(work.waiting).min(Semaphore::MAX_PERMITS)));
        Ok(Self { argon2, gate: Arc::new(Semaphore::new(at_once)), queue, decoy, computed: Arc::default() })
    }

    /// The PHC string to store for a password.
    ///
    /// # Errors
    /// [`PasswordError`] when the system has no memory or no randomness for it.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let argon2 = self.argon2.clone();
        self.off_thread(move || hash(&argon2, &password)).await?
    }

    /// Whether `password` is the one behind `stored`. With no `stored` it takes as long and says no.
    ///
    /// # Errors
    /// [`PasswordError`] when the stored hash cannot be read.
    pub async fn check(&self, password: String, stored: Option<String>) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let phc = stored.unwrap_or_else(|| self.decoy.clone());
        let argon2 = self.argon2.clone();
        let matches = self.off_thread(move || {
            let parsed = PasswordHash::new(&phc).map_err(|error| PasswordError::Broken(error.to_string()))?;
            Ok(argon2.verify_password(password.as_bytes(), &parsed).is_ok())
        });
        Ok(matches.await?? && known)
    }

    /// How many hashes have been computed since the setup, for whatever purpose.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let Ok(place) = Arc::clone(&self.queue).try_acquire_owned() else {
            return Err(PasswordError::Busy);
        };
        // The permit goes along: a request that is given up still occupies its thread.
        let permit = Arc::clone(&self.gate).acquire_owned().await;
        self.computed.fetch_add(1, Ordering::Relaxed);
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((permit, place));
            result
        });
        task.await.map_err(|error| PasswordError::Broken(error.to_string()))
    }
}

/// A password could not be hashed or checked; says nothing of the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordError {
    /// Too many are waiting already.
    Busy,
    /// The system has no memory or no randomness, or a stored hash cannot be read.
    Broken(String),
}

impl std::fmt::Display for PasswordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Busy => f.write_str("too many passwords are waiting to be hashed"),
            Self::Broken(cause) => write!(f, "password hashing failed: {cause}"),
        }
    }
}

impl std::error::Error for PasswordError {}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String, PasswordError> {
    let hash = argon2.hash_password(password.as_bytes()).map_err(|error| PasswordError::Broken(error.to_string()))?;
    Ok(hash.to_string())
}
