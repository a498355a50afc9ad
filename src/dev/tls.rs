//! Encrypted connections to what the server stands on: PostgreSQL, Redis, a mail server.
//!
//! Certificates are checked against the authorities that the system trusts (RFC 5280, with the host's name as in
//! RFC 6125) and, where one is named, against an authority of one's own beside them.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::Serializer;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Who is trusted to vouch for a server.
#[derive(Clone, Debug, Default)]
pub(super) struct Trust(Option<Authority>);

#[derive(Clone, Debug)]
struct Authority {
    file: PathBuf,
    pem: Vec<u8>,
}

impl Trust {
    /// The system's authorities, and those in `file`, if there is one.
    pub fn new(file: Option<&Path>) -> Result<Self, InvalidAuthority> {
        // The one provider that is compiled in here. An app that has chosen another keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let Some(file) = file else {
            return Ok(Self(None));
        };
        let invalid = |cause: String| InvalidAuthority { file: file.to_owned(), cause };
        let pem = std::fs::read(file).map_err(|error| invalid(error.to_string()))?;
        let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
        if certificates.map_err(|error| invalid(error.to_string()))?.is_empty() {
            return Err(invalid("it holds no certificate in PEM".to_owned()));
        }
        let file = std::path::absolute(file).map_err(|error| invalid(error.to_string()))?;
        Ok(Self(Some(Authority { file, pem })))
    }

    /// The URL of a PostgreSQL server, where an authority of one's own is to be used: with `sslrootcert`, and
    /// `sslmode=verify-full` unless it says something else.
    pub fn postgres(&self, url: &str) -> String {
        let Some(Authority { file, .. }) = &self.0 else {
            return url.to_owned();
        };
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let named = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .any(|(key, _)| key.replace('-', "") == name || (key == "ssl-ca" && name == "sslrootcert"))
        };
        let mut more = Serializer::new(String::new());
        if !named("sslmode") {
            more.append_pair("sslmode", "verify-full");
        }
        if !named("sslrootcert") {
            more.append_pair("sslrootcert", &file.to_string_lossy());
        }
        let more = more.finish();
        match (more.is_empty(), url.contains('?')) {
            (true, _) => url.to_owned(),
            (false, false) => format!("{url}?{more}"),
            (false, true) => format!("{url}&{more}"),
        }
    }

    /// One's own authority alone.
    pub fn own(&self) -> Option<&[u8]> {
        self.0.as_ref().map(|authority| &*authority.pem)
    }

    /// All authorities in PEM, for those who take either the system's or others; `None` for the system's.
    pub fn all(&self) -> Option<Vec<u8>> {
        let mut pem = self.own()?.to_owned();
        for certificate in rustls_native_certs::load_native_certs().certs {
            let text = STANDARD.encode(&certificate);
            pem.extend(format!("\n-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n").bytes());
        }
        Some(pem)
    }
}

/// The file of one's own authority cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAuthority {
    file: PathBuf,
    cause: String,
}

impl fmt::Display for InvalidAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the certificate authority in {} cannot be used: {}", self.file.display(), self.cause)
    }
}

impl Error for InvalidAuthority {}

/// Something that the server stands on shows a certificate that nobody trusted vouches for, that is not for this host
/// or that has run out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrusted {
    service: &'static str,
    cause: String,
}

impl Untrusted {
    /// What is wrong with the certificate of `service`, if that is why it could not be reached.
    ///
    /// Each of the three clients wraps the cause in its own way, and none lets it be taken out again.
    pub(super) fn behind(service: &'static str, error: &(dyn Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            if let Some(at) = text.find("invalid peer certificate") {
                let cause = text.get(at..).unwrap_or_default().trim_end_matches(')').to_owned();
                return Some(Self { service, cause });
            }
            next = error.source();
        }
        None
    }

    /// Which of them it is.
    #[must_use]
    pub const fn service(&self) -> &'static str {
        self.service
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not trusted: {} (an authority of your own goes into --ca-file)", self.service, self.cause)
    }
}

impl Error for Untrusted {}
