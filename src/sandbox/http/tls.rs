//! TLS: the certificate the sandbox presents, the protocols it offers, and the acceptor.
//!
//! The certificate authority and the TLS certificate are created at startup and kept in memory only.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

use super::socket::Socket;

/// How a sandbox serves TLS. The default is a valid certificate, HTTP/2 and HTTP/1.1.
///
/// To test an unknown authority, do not give [`Sandbox::ca_pem`](crate::sandbox::Sandbox::ca_pem) to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Tls {
    /// The certificate.
    pub certificate: Certificate,
    /// The protocols.
    pub protocols: Protocols,
}

impl Tls {
    /// TLS with this certificate and these protocols.
    #[must_use]
    pub fn new(certificate: Certificate, protocols: Protocols) -> Self {
        Self { certificate, protocols }
    }
}

/// The TLS certificate to present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Certificate {
    /// Valid for `localhost`, 127.0.0.1, `::1` and the listen address.
    #[default]
    Good,
    /// Expired on 2021-01-01.
    Expired,
    /// Valid for `elsewhere.invalid`.
    WrongName,
}

/// The protocols offered by ALPN, in order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocols {
    /// HTTP/2, then HTTP/1.1.
    #[default]
    Http2AndHttp1,
    /// Only HTTP/1.1.
    Http1,
}

impl Certificate {
    /// The values by name.
    pub const NAMES: [(&'static str, Self); 3] =
        [("good", Self::Good), ("expired", Self::Expired), ("wrong-name", Self::WrongName)];
}

/// Accepts TLS connections.
#[derive(Clone)]
pub(in crate::sandbox) struct Acceptor(TlsAcceptor);

impl Acceptor {
    /// An acceptor for `address`, and its certificate authority as PEM.
    pub(in crate::sandbox) fn new(tls: Tls, address: IpAddr) -> io::Result<(Self, String)> {
        let (chain, key, ca_pem) = issue(tls.certificate, address).map_err(io::Error::other)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(io::Error::other)?;
        let protocols: &[&[u8]] = match tls.protocols {
            Protocols::Http2AndHttp1 => &[b"h2", b"http/1.1"],
            Protocols::Http1 => &[b"http/1.1"],
        };
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok((Self(TlsAcceptor::from(Arc::new(config))), ca_pem))
    }

    pub(in crate::sandbox) async fn accept(&self, socket: Socket) -> io::Result<TlsStream<Socket>> {
        self.0.accept(socket).await
    }
}

/// A certificate chain with its key, and the new authority that signed it as PEM.
type Issued = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>, String);

/// Creates a certificate authority, and a certificate signed by it.
fn issue(certificate: Certificate, address: IpAddr) -> Result<Issued, rcgen::Error> {
    let (ca, ca_key, key) = (authority(), KeyPair::generate()?, KeyPair::generate()?);
    let ca_pem = ca.self_signed(&ca_key)?.pem();
    let signed = leaf(certificate, address)?.signed_by(&key, &Issuer::new(ca, ca_key))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok((vec![signed.der().clone()], key, ca_pem))
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "linq-export sandbox");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf(certificate: Certificate, address: IpAddr) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "linq-export sandbox server");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.subject_alt_names = match certificate {
        Certificate::WrongName => vec![name("elsewhere.invalid")?],
        Certificate::Good | Certificate::Expired => {
            let addresses = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST), address];
            let names = addresses.map(SanType::IpAddress);
            [name("localhost")?].into_iter().chain(names).collect()
        }
    };
    if certificate == Certificate::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    Ok(params)
}

fn name(name: &str) -> Result<SanType, rcgen::Error> {
    Ok(SanType::DnsName(Ia5String::try_from(name)?))
}
