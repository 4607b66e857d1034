//! TLS, its certificates, and HTTP/2 over TLS, with hyper's client.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::{self, SendRequest};
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use linq_export::sandbox::{Certificate, Fault, Protocol, Protocols, Sandbox, Tls};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::client::{Client, TOKEN, start, target};

async fn secure(certificate: Certificate, protocols: Protocols, faults: &[&str]) -> Sandbox {
    start(|config| {
        config.tls = Some(Tls::new(certificate, protocols));
        config.latency = Duration::from_millis(20);
        config.faults = faults.iter().map(|rule| rule.parse().unwrap()).collect();
    })
    .await
}

/// Connects to `name`, trusting the authority in `ca_pem`, and offering these protocols.
async fn connect(
    sandbox: &Sandbox,
    ca_pem: &str,
    name: &'static str,
    alpn: &[&[u8]],
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    let stream = TcpStream::connect(sandbox.address()).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name).unwrap(), stream).await
}

async fn refusal(certificate: Certificate, ca_pem: Option<&str>) -> String {
    let sandbox = secure(certificate, Protocols::default(), &[]).await;
    let ca_pem = ca_pem.unwrap_or(sandbox.ca_pem().unwrap());
    let refused = connect(&sandbox, ca_pem, "localhost", &[]).await.unwrap_err();
    refused.to_string()
}

#[tokio::test]
async fn a_good_certificate_is_believed_under_its_names() {
    let sandbox = secure(Certificate::Good, Protocols::default(), &[]).await;
    assert_eq!(sandbox.base_url(), format!("https://localhost:{}", sandbox.address().port()));
    for name in ["localhost", "127.0.0.1", "::1"] {
        let stream = connect(&sandbox, sandbox.ca_pem().unwrap(), name, &[]).await.unwrap();
        assert_eq!(Client(stream).send("GET", &target(1), TOKEN).await.rows(), 100);
    }
    assert_eq!(start(|_| {}).await.ca_pem(), None);
}

#[tokio::test]
async fn bad_certificates_are_refused_for_what_is_bad_about_them() {
    let expired = refusal(Certificate::Expired, None).await;
    assert!(expired.contains("expired"), "{expired}");
    let wrong_name = refusal(Certificate::WrongName, None).await;
    assert!(wrong_name.contains("not valid for name"), "{wrong_name}");
    let other = secure(Certificate::Good, Protocols::default(), &[]).await;
    let unknown = refusal(Certificate::Good, other.ca_pem()).await;
    assert!(unknown.contains("UnknownIssuer") || unknown.contains("BadSignature"), "{unknown}");
}

#[tokio::test]
async fn protocols_are_agreed_upon() {
    const BOTH: &[&[u8]] = &[b"h2", b"http/1.1"];
    for (protocols, offered, agreed) in [
        (Protocols::Http2AndHttp1, BOTH, Some(&b"h2"[..])),
        (Protocols::Http1, BOTH, Some(b"http/1.1")),
        (Protocols::Http2AndHttp1, &[b"http/1.1"], Some(b"http/1.1")),
        (Protocols::Http2AndHttp1, &[], None),
    ] {
        let sandbox = secure(Certificate::Good, protocols, &[]).await;
        let stream = connect(&sandbox, sandbox.ca_pem().unwrap(), "localhost", offered).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed);
    }
}

/// An HTTP/2 connection, and the task that ends with it.
struct Http2(SendRequest<Empty<Bytes>>, JoinHandle<hyper::Result<()>>);

impl Http2 {
    async fn connect(sandbox: &Sandbox) -> Self {
        let stream = connect(sandbox, sandbox.ca_pem().unwrap(), "localhost", &[b"h2"]).await.unwrap();
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        Self(sender, tokio::spawn(connection))
    }

    async fn page(&self, page: u64) -> hyper::Result<(StatusCode, Bytes)> {
        let request = Request::get(format!("https://localhost{}", target(page)))
            .header("x-linq-integration-token", "sandbox-token")
            .body(Empty::new())
            .unwrap();
        let response = self.0.clone().send_request(request).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}

fn reason(error: &hyper::Error) -> Option<h2::Reason> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return error.reason();
        }
        source = error.source();
    }
    None
}

#[tokio::test]
async fn http_2_answers_requests_side_by_side() {
    let sandbox = secure(Certificate::Good, Protocols::default(), &["500:page=2"]).await;
    let client = Http2::connect(&sandbox).await;
    let (one, two) = tokio::join!(client.page(1), client.page(2));
    assert_eq!((one.unwrap().0, two.unwrap().0), (StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR));
    assert!(sandbox.requests().iter().all(|seen| seen.protocol == Protocol::Http2));
}

#[tokio::test]
async fn a_refused_stream_leaves_the_connection_alone() {
    let sandbox = secure(Certificate::Good, Protocols::default(), &["refused-stream:page=2,times=1"]).await;
    let client = Http2::connect(&sandbox).await;
    let (one, two) = tokio::join!(client.page(1), client.page(2));
    assert_eq!(one.unwrap().0, StatusCode::OK);
    assert_eq!(reason(&two.unwrap_err()), Some(h2::Reason::REFUSED_STREAM));
    assert_eq!(client.page(2).await.unwrap().0, StatusCode::OK);
}

#[tokio::test]
async fn goaway_refuses_one_stream_answers_the_others_and_ends_the_connection() {
    let sandbox = secure(Certificate::Good, Protocols::default(), &["goaway:page=2"]).await;
    let client = Http2::connect(&sandbox).await;
    let (one, two, three) = tokio::join!(client.page(1), client.page(2), client.page(3));
    assert_eq!((one.unwrap().0, three.unwrap().0), (StatusCode::OK, StatusCode::OK));
    assert_eq!(reason(&two.unwrap_err()), Some(h2::Reason::REFUSED_STREAM));
    client.1.await.unwrap().unwrap();
    let requests = sandbox.requests();
    let faulty: Vec<_> = requests.iter().filter(|seen| seen.fault() == Some(&Fault::GoAway)).collect();
    assert_eq!((faulty.len(), faulty[0].page), (1, Some(2)));
}

#[tokio::test]
async fn bodies_break_under_http_2_too() {
    for fault in ["reset", "reset-body", "short-body"] {
        let sandbox = secure(Certificate::Good, Protocols::default(), &[&format!("{fault}:page=2")]).await;
        let client = Http2::connect(&sandbox).await;
        assert_eq!(client.page(1).await.unwrap().0, StatusCode::OK);
        let error = client.page(2).await.unwrap_err();
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        assert!(!source.is_empty(), "{fault}: {error:?}");
    }
}

#[tokio::test]
async fn a_body_stalls_under_http_2_and_other_streams_go_on() {
    let sandbox = secure(Certificate::Good, Protocols::default(), &["stalled-body:page=2"]).await;
    let client = Http2::connect(&sandbox).await;
    // That nothing happens shows only while waiting.
    let stalled = tokio::time::timeout(Duration::from_millis(150), client.page(2));
    let (stalled, one) = tokio::join!(stalled, client.page(1));
    assert!(stalled.is_err());
    assert_eq!(one.unwrap().0, StatusCode::OK);
}
