//! Certificates for the real services of these tests, made anew in each run.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// What the services show, and who vouches for it. All in PEM.
pub struct Certificates {
    /// The authority behind `certificate`.
    pub authority: String,
    /// An authority that has nothing to do with it, of the same name.
    pub stranger: String,
    /// For 127.0.0.1, and not for localhost.
    pub certificate: String,
    pub key: String,
}

impl Certificates {
    pub fn shared() -> &'static Self {
        static CERTIFICATES: OnceLock<Certificates> = OnceLock::new();
        CERTIFICATES.get_or_init(|| {
            let ((authority, issuer), (stranger, _)) = (authority(), authority());
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            Self { authority, stranger, certificate: certificate.pem(), key: key.serialize_pem() }
        })
    }

    /// Writes the certificate and its key, readable by their owner alone, into a directory.
    pub fn install(&self, directory: &Path) -> (PathBuf, PathBuf) {
        use std::os::unix::fs::PermissionsExt as _;
        let (certificate, key) = (directory.join("certificate.pem"), directory.join("key.pem"));
        for (path, pem) in [(&certificate, &self.certificate), (&key, &self.key)] {
            std::fs::write(path, pem).unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        (certificate, key)
    }
}

fn authority() -> (String, Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, "an authority of one's own");
    let key = KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap().pem(), Issuer::new(params, key))
}
