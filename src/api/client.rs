//! One attempt: a GET of one page, to the last byte of its answer.
//!
//! What is asked goes out with the token in a sensitive header, to the base URL and nowhere else: no
//! redirect is followed. A body comes back, bounded in size and time, or a failure in plain terms.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{Certificate, Response, StatusCode, Url};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::failure::{ApiError, Failure};
use super::hints::{self, Quota};
use super::{transport, wire};
use crate::config::{ContactsConfig, Token};
use crate::escape::escape;
use crate::page::Asked;

const PATH: &str = "api/partner/v2/contacts";
const TOKEN_HEADER: &str = "x-linq-integration-token";
const USER_AGENT: &str = concat!("linq-export/", env!("CARGO_PKG_VERSION"));
/// A page of 100 contacts has some 50 kB; beyond this, decompressed, it is something else.
const LARGEST_PAGE: usize = 8 << 20;
/// How long an idle connection is kept: shorter than load balancers do, so that they close none in use.
const IDLE: Duration = Duration::from_secs(30);

/// The HTTP client, set up for one base URL and token.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    contacts: Url,
    /// What nothing that a server says may show.
    pub token: Token,
}

/// An answer of status 200.
#[derive(Debug)]
pub(super) struct Answer {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// What the server says is left of its quota.
    pub quota: Option<Quota>,
}

impl Client {
    pub fn new(config: &ContactsConfig) -> Result<Self, ApiError> {
        // Whoever links this library may have chosen a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut token =
            HeaderValue::from_str(config.token.expose()).map_err(|error| ApiError::Setup(error.to_string()))?;
        token.set_sensitive(true);
        let headers = HeaderMap::from_iter([
            (reqwest::header::HeaderName::from_static(TOKEN_HEADER), token),
            (ACCEPT, HeaderValue::from_static("application/json")),
        ]);
        let mut builder = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(USER_AGENT)
            // A redirect would carry the token to another host, sensitive or not.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .timeout(config.timeouts.attempt)
            .connect_timeout(config.timeouts.connect)
            .read_timeout(config.timeouts.silence)
            .pool_idle_timeout(IDLE)
            .http2_adaptive_window(true);
        let contacts = config.base_url.join(PATH);
        let authorities = authorities(&config.ca_certificates)?;
        let loopback = config.base_url.is_loopback();
        if loopback {
            // A proxy from the environment would get what is meant for this machine.
            builder = builder.no_proxy();
        }
        builder = if loopback && contacts.scheme() == "http" {
            // No authority is asked then, and a small container has none.
            builder.tls_certs_only(authorities)
        } else {
            builder.tls_certs_merge(authorities)
        };
        let http = builder.build().map_err(|error| {
            let reasons = transport::reasons(&error);
            ApiError::Setup(format!("{reasons} (authorities to trust can be given by --ca-cert or SSL_CERT_FILE)"))
        })?;
        Ok(Self { http, contacts, token: config.token.clone() })
    }

    /// Asks for a page once.
    pub async fn get(&self, asked: Asked) -> Result<Answer, Failure> {
        let mut url = self.contacts.clone();
        url.query_pairs_mut()
            .append_pair("page", &asked.page.to_string())
            .append_pair("per_page", &asked.per_page.to_string());
        let mut response = self.http.get(url).send().await.map_err(|error| transport::in_head(&error))?;
        let headers = std::mem::take(response.headers_mut());
        if response.status() != StatusCode::OK {
            return Err(refusal(response, &headers, &self.token).await);
        }
        let body = read(&mut response, LARGEST_PAGE).await?;
        if body.len() > LARGEST_PAGE {
            return Err(Failure::TooLarge { limit: LARGEST_PAGE });
        }
        let quota = hints::quota(&headers, wire::date(&headers));
        Ok(Answer { headers, body, quota })
    }
}

/// The certificates of authorities in a PEM text; none in an empty one.
fn authorities(pem: &[u8]) -> Result<Vec<Certificate>, ApiError> {
    let refuse = |number: usize, error: &dyn std::fmt::Display| {
        ApiError::Authorities(escape(&format!("certificate {number} cannot be read: {error}")))
    };
    let mut authorities = Vec::new();
    for (position, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
        let certificate = certificate.map_err(|error| refuse(position + 1, &error))?;
        authorities.push(Certificate::from_der(&certificate).map_err(|error| refuse(position + 1, &error))?);
        RootCertStore::empty().add(certificate).map_err(|error| refuse(position + 1, &error))?;
    }
    if authorities.is_empty() && !pem.is_empty() {
        return Err(ApiError::Authorities("there is no certificate in PEM among them".to_owned()));
    }
    Ok(authorities)
}

/// What an answer other than 200 says. Its body may break off: what arrived is shown.
async fn refusal(mut response: Response, headers: &HeaderMap, token: &Token) -> Failure {
    let status = response.status();
    let body = read(&mut response, wire::LARGEST_ERROR).await.unwrap_or_default();
    Failure::Status {
        status: status.as_u16(),
        said: wire::said(headers, &body, token),
        retry_after: wire::retry_after(headers, &body),
        location: status.is_redirection().then(|| wire::location(headers)).flatten(),
    }
}

/// Reads a body, decompressed, and stops soon after `most` bytes.
async fn read(response: &mut Response, most: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while body.len() <= most
        && let Some(chunk) = response.chunk().await.map_err(|error| transport::in_body(&error))?
    {
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
