//! TLS: which certificate the sandbox shows and which protocols it speaks, and the acceptor.
//!
//! The authority and the certificate are made at the start and exist nowhere else. The only
//! secret is the key of that certificate, which dies with the sandbox.

use std::fmt::{self, Display};
use std::io;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::server::TlsStream;

use super::certificates::Issued;
use super::socket::Socket;
use crate::sandbox::parse::ParseError;

/// How a sandbox serves TLS. The default is a good certificate, HTTP/2 and HTTP/1.1.
///
/// That the client does not know the authority is up to the client: it has but to leave out
/// [`super::Sandbox::ca_pem`].
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

/// What is right or wrong with the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Certificate {
    /// Nothing: it is for `localhost`, 127.0.0.1, `::1` and the address listened on. Written `good`.
    #[default]
    Good,
    /// It was valid in 2020. Written `expired`.
    Expired,
    /// It is for `elsewhere.invalid`. Written `wrong-name`.
    WrongName,
}

/// The protocols offered by ALPN, in the order preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocols {
    /// HTTP/2, then HTTP/1.1. Written `h2`.
    #[default]
    Http2AndHttp1,
    /// HTTP/1.1 alone. Written `http/1.1`.
    Http1,
}

/// Turns sockets into TLS streams.
#[derive(Clone)]
pub(in crate::sandbox) struct Acceptor(TlsAcceptor);

impl Acceptor {
    /// An acceptor on `address`, and its authority in PEM.
    pub(in crate::sandbox) fn new(tls: Tls, address: IpAddr) -> io::Result<(Self, String)> {
        let issued = Issued::new(tls.certificate, address).map_err(io::Error::other)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(issued.chain, issued.key)
            .map_err(io::Error::other)?;
        let protocols: &[&[u8]] = match tls.protocols {
            Protocols::Http2AndHttp1 => &[b"h2", b"http/1.1"],
            Protocols::Http1 => &[b"http/1.1"],
        };
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok((Self(TlsAcceptor::from(Arc::new(config))), issued.ca_pem))
    }

    pub(in crate::sandbox) async fn accept(&self, socket: Socket) -> io::Result<TlsStream<Socket>> {
        self.0.accept(socket).await
    }
}

impl FromStr for Certificate {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "good" => Ok(Self::Good),
            "expired" => Ok(Self::Expired),
            "wrong-name" => Ok(Self::WrongName),
            _ => Err(ParseError::new(format!("a certificate is good, expired or wrong-name, not {text:?}"))),
        }
    }
}

impl Display for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Good => "good",
            Self::Expired => "expired",
            Self::WrongName => "wrong-name",
        })
    }
}

impl FromStr for Protocols {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "h2" => Ok(Self::Http2AndHttp1),
            "http/1.1" => Ok(Self::Http1),
            _ => Err(ParseError::new(format!("protocols are h2 (with http/1.1) or http/1.1 alone, not {text:?}"))),
        }
    }
}

impl Display for Protocols {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Http2AndHttp1 => "h2",
            Self::Http1 => "http/1.1",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_writing_and_reading() {
        for certificate in [Certificate::Good, Certificate::Expired, Certificate::WrongName] {
            assert_eq!(certificate.to_string().parse(), Ok(certificate));
        }
        for protocols in [Protocols::Http2AndHttp1, Protocols::Http1] {
            assert_eq!(protocols.to_string().parse(), Ok(protocols));
        }
        assert!("self-signed".parse::<Certificate>().is_err());
        assert!("h3".parse::<Protocols>().is_err());
    }
}
