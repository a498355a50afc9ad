//! The signing key on disk: written once, readable by its owner alone.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::{Keys, WeakKey};
use super::secret::Fresh;

/// Reads the key in the file at `path`; makes one, with mode 0600, when there is no such file.
///
/// The key is the file's text, without the white space around it.
///
/// # Errors
/// [`KeyFileError`], naming the file and what is wrong with it.
pub fn load_or_create(path: &Path) -> Result<Keys, KeyFileError> {
    let fail = |cause| KeyFileError { path: path.to_owned(), cause };
    let text = match create(path) {
        Ok(text) => text,
        Err(Cause::Io(error)) if error.kind() == ErrorKind::AlreadyExists => read(path).map_err(fail)?,
        Err(cause) => return Err(fail(cause)),
    };
    Keys::new(text.trim().as_bytes()).map_err(|weak| fail(Cause::Weak(weak)))
}

/// Reads the key in the file at `path`, which must be there.
///
/// # Errors
/// [`KeyFileError`], naming the file and what is wrong with it.
pub fn load(path: &Path) -> Result<Keys, KeyFileError> {
    let fail = |cause| KeyFileError { path: path.to_owned(), cause };
    Keys::new(read(path).map_err(fail)?.trim().as_bytes()).map_err(|weak| fail(Cause::Weak(weak)))
}

fn create(path: &Path) -> Result<String, Cause> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let key = URL_SAFE_NO_PAD.encode(Fresh::draw().map_err(Cause::Random)?.bits("signing key"));
    file.write_all(format!("{key}\n").as_bytes())?;
    file.sync_all()?;
    Ok(key)
}

fn read(path: &Path) -> Result<String, Cause> {
    let mut file = File::open(path)?;
    check_mode(&file)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(unix)]
fn check_mode(file: &File) -> Result<(), Cause> {
    let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata()?) & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(Cause::Readable(mode)) }
}

#[cfg(not(unix))]
fn check_mode(_: &File) -> Result<(), Cause> {
    Ok(())
}

/// Why a key file cannot be used.
#[derive(Debug)]
pub struct KeyFileError {
    path: PathBuf,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Io(io::Error),
    Random(getrandom::Error),
    Readable(u32),
    Weak(WeakKey),
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.cause {
            Cause::Io(error) => write!(f, "the key file {path} cannot be used: {error}"),
            Cause::Random(error) => write!(f, "no key could be made for {path}: {error}"),
            Cause::Readable(mode) => {
                write!(f, "the key file {path} is open to others (mode {mode:04o}); run: chmod 600 {path}")
            }
            Cause::Weak(weak) => write!(f, "the key file {path} cannot be used: {weak}"),
        }
    }
}

impl std::error::Error for KeyFileError {}
