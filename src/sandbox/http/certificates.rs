//! Makes a fresh authority and a certificate signed by it.

use std::net::IpAddr;

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::tls::Certificate;

/// What a server shows, and what a client needs to believe it.
pub(in crate::sandbox) struct Issued {
    pub(in crate::sandbox) chain: Vec<CertificateDer<'static>>,
    pub(in crate::sandbox) key: PrivateKeyDer<'static>,
    pub(in crate::sandbox) ca_pem: String,
}

impl Issued {
    /// A certificate for `address` and the names of this machine, or a wrong one.
    pub(in crate::sandbox) fn new(certificate: Certificate, address: IpAddr) -> Result<Self, rcgen::Error> {
        let ca_key = KeyPair::generate()?;
        let ca = authority();
        let ca_pem = ca.self_signed(&ca_key)?.pem();
        let issuer = Issuer::new(ca, ca_key);
        let key = KeyPair::generate()?;
        let signed = leaf(certificate, address)?.signed_by(&key, &issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(Self { chain: vec![signed.der().clone()], key, ca_pem })
    }
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
            let addresses = [IpAddr::from([127, 0, 0, 1]), IpAddr::from(std::net::Ipv6Addr::LOCALHOST), address];
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
