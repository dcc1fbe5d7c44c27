//! A demo certificate authority and the SPIFFE certificates of the workloads.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Error, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use time::{Duration, OffsetDateTime};

use crate::Workload;

/// A certificate authority that lives as long as one mesh; its key is never
/// written to disk.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// Certificate and key of one workload.
#[derive(Debug)]
pub struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

/// Where the PEM files are that an Envoy reads.
#[derive(Clone, Debug)]
pub struct Files {
    /// The authority's certificate.
    pub authority: PathBuf,
    /// The workload's certificate.
    pub certificate: PathBuf,
    /// The workload's private key.
    pub key: PathBuf,
}

impl Authority {
    /// Makes a new authority.
    ///
    /// # Errors
    ///
    /// When the system has no randomness to give.
    pub fn new() -> Result<Self> {
        let mut params = lasting_a_week(CertificateParams::default());
        params.distinguished_name.push(DnType::CommonName, "loopback mesh authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        Ok(Self { issuer })
    }

    /// Issues a certificate whose only URI name is the workload's SPIFFE ID.
    ///
    /// It carries a DNS name as well, for clients that know nothing of SPIFFE.
    ///
    /// # Errors
    ///
    /// When the names do not fit into a certificate.
    pub fn issue(&self, workload: &Workload) -> Result<Identity> {
        let mut params = lasting_a_week(CertificateParams::default());
        params.distinguished_name.push(DnType::CommonName, workload.service_account.as_str());
        params.subject_alt_names = vec![
            SanType::URI(workload.spiffe_id().as_str().try_into()?),
            SanType::DnsName(workload.host().as_str().try_into()?),
        ];
        self.sign(params)
    }

    /// Issues a certificate with these URI names, as no authority should: several,
    /// none, or bytes that are no URI.
    ///
    /// # Errors
    ///
    /// When there is no randomness.
    pub fn issue_odd(&self, uris: &[&[u8]]) -> Result<Identity> {
        let mut params = lasting_a_week(CertificateParams::default());
        params.distinguished_name.push(DnType::CommonName, "odd");
        if !uris.is_empty() {
            let names = uris.iter().flat_map(|uri| der(URI_NAME, uri)).collect::<Vec<_>>();
            let names = der(SEQUENCE, &names);
            let extension = CustomExtension::from_oid_content(SUBJECT_ALT_NAME, names);
            params.custom_extensions.push(extension);
        }
        self.sign(params)
    }

    fn sign(&self, mut params: CertificateParams) -> Result<Identity> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Identity { certificate, key })
    }

    /// A client in TLS who trusts this authority, and presents the certificate of
    /// `identity`, or none.
    ///
    /// # Errors
    ///
    /// When the certificates are not such as a client takes.
    pub fn client(&self, identity: Option<&Identity>) -> Result<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.certificate_der().to_vec()))?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        Ok(match identity {
            None => config.with_no_client_auth(),
            Some(identity) => {
                let key = PrivateKeyDer::try_from(identity.key_der().to_vec());
                config.with_client_auth_cert(
                    vec![identity.certificate_der().to_vec().into()],
                    key.map_err(Error::msg)?,
                )?
            }
        })
    }

    /// The authority's certificate in DER, for clients to trust.
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        self.issuer.der()
    }
}

impl Identity {
    /// The certificate in DER.
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        self.certificate.der()
    }

    /// The private key as PKCS #8 in DER.
    #[must_use]
    pub fn key_der(&self) -> &[u8] {
        self.key.serialized_der()
    }

    /// Writes what an Envoy needs into `folder`.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn write(&self, authority: &Authority, folder: &Path) -> Result<Files> {
        let files = Files {
            authority: folder.join("authority.pem"),
            certificate: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
        };
        fs::write(&files.authority, authority.issuer.pem())?;
        fs::write(&files.certificate, self.certificate.pem())?;
        fs::write(&files.key, self.key.serialize_pem())?;
        Ok(files)
    }
}

/// The extension with the names of a certificate.
const SUBJECT_ALT_NAME: &[u64] = &[2, 5, 29, 17];
const SEQUENCE: u8 = 0x30;
/// The choice of a name that is a URI.
const URI_NAME: u8 = 0x86;

/// A value in the encoding of certificates. Libraries that write these do not write
/// names that are not text.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let length = match (high, low) {
        (0, 0..=0x7f) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag], length.as_slice(), content].concat()
}

/// An hour back, because clocks differ; a week on, because a demo may stay open.
fn lasting_a_week(mut params: CertificateParams) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::hours(1);
    params.not_after = now + Duration::days(7);
    params
}
