//! One attempt: a GET of one page, or of one contact, up to the last byte of the response.
//!
//! The token is sent in a sensitive header, and only to the base URL: redirects are not followed. Bodies are bounded in
//! size and time.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CACHE_CONTROL, HeaderMap, HeaderValue};
use reqwest::{Certificate, Response, StatusCode, Url, Version};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::time::timeout;

use super::failure::{FailureKind, SetupError};
use super::memory_budget::{NoRoom, Share, needs};
use super::rate_limit_headers::{self, Quota};
use super::refusal::Refusal;
use super::{error_body, freshness, refusal, transport};
use crate::config::{ContactsConfig, Timeouts, Token};
use crate::page::Asked;
use crate::resource::PATH;
use crate::text::sanitize::escape;

const TOKEN_HEADER: &str = "x-linq-integration-token";
const USER_AGENT: &str = concat!("linq-export/", env!("CARGO_PKG_VERSION"));
/// A page of 100 contacts has about 50 kB. A decompressed body beyond this limit is something else.
const LARGEST_PAGE: usize = 8 << 20;
/// How long an idle connection is kept: shorter than load balancers do, so that none is closed while in use.
const IDLE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    contacts: Url,
    timeouts: Timeouts,
    /// Removed from everything that a server says.
    pub token: Token,
}

/// A complete response with status 200.
#[derive(Debug)]
pub(crate) struct Answer {
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The version of HTTP.
    pub version: &'static str,
    /// What is left of the quota, if the server says so.
    pub quota: Option<Quota>,
}

impl Client {
    pub fn new(config: &ContactsConfig) -> Result<Self, SetupError> {
        // A program that uses this library may have installed a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut token =
            HeaderValue::from_str(config.token.expose()).map_err(|error| SetupError::Http(error.to_string()))?;
        token.set_sensitive(true);
        let headers = HeaderMap::from_iter([
            (reqwest::header::HeaderName::from_static(TOKEN_HEADER), token),
            (ACCEPT, HeaderValue::from_static("application/json")),
            // A cached page shows the list at another time than its neighbors.
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ]);
        let mut builder = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(USER_AGENT)
            // A redirect would send the token to another host.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .timeout(config.timeouts.attempt)
            .connect_timeout(config.timeouts.connect)
            .pool_idle_timeout(IDLE)
            .http2_adaptive_window(true);
        let contacts = config.base_url.join(PATH);
        let authorities = authorities(&config.ca_certificates)?;
        let loopback = config.base_url.is_loopback();
        if loopback {
            // Requests to this machine must not go through a proxy from the environment.
            builder = builder.no_proxy();
        }
        builder = if loopback && contacts.scheme() == "http" {
            // No certificate is verified then, and a minimal container has no root certificates.
            builder.tls_certs_only(authorities)
        } else {
            builder.tls_certs_merge(authorities)
        };
        let http = builder.build().map_err(|error| {
            let reasons = transport::reasons(&error);
            SetupError::Http(format!("{reasons} (add CA certificates with --ca-cert or SSL_CERT_FILE)"))
        })?;
        Ok(Self { http, contacts, timeouts: config.timeouts, token: config.token.clone() })
    }

    /// Requests a page once. The body is read as long as `share` can grow with it.
    pub async fn get(&self, asked: Asked, share: &Share) -> Result<Result<Answer, NoRoom>, FailureKind> {
        let mut url = self.contacts.clone();
        url.query_pairs_mut()
            .append_pair("page", &asked.page.to_string())
            .append_pair("per_page", &asked.per_page.to_string());
        self.request(url, share).await
    }

    /// Requests one contact once, like a page.
    pub async fn look_up(&self, id: i64, share: &Share) -> Result<Result<Answer, NoRoom>, FailureKind> {
        let mut url = self.contacts.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&id.to_string());
        }
        self.request(url, share).await
    }

    async fn request(&self, url: Url, share: &Share) -> Result<Result<Answer, NoRoom>, FailureKind> {
        let mut response =
            self.http.get(url).send().await.map_err(|error| transport::in_head(&error, self.timeouts))?;
        let (headers, version) = (std::mem::take(response.headers_mut()), version(response.version()));
        if response.status() != StatusCode::OK {
            return Err(self.not_ok(response, &headers).await);
        }
        // The length of a compressed body is unknown.
        let length = response.content_length().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        let too_large = Err(FailureKind::TooLarge { limit: LARGEST_PAGE });
        if length.is_some_and(|length| length > LARGEST_PAGE) {
            return too_large;
        }
        let no_room = Ok(Err(NoRoom { needed: needs(length.unwrap_or(LARGEST_PAGE)) }));
        if !share.grow_to(needs(length.unwrap_or_default())) {
            return no_room;
        }
        let mut body = Vec::with_capacity(length.unwrap_or_default());
        let has_room = |bytes| bytes <= LARGEST_PAGE && share.grow_to(needs(bytes));
        if !self.read(&mut response, &mut body, has_room).await? {
            return if body.len() > LARGEST_PAGE { too_large } else { no_room };
        }
        let quota = rate_limit_headers::quota(&headers);
        body.shrink_to_fit();
        Ok(Ok(Answer { headers, body: body.into(), version, quota }))
    }

    /// The failure that a status other than 200 means. If the body is cut off, the part that arrived is shown.
    async fn not_ok(&self, mut response: Response, headers: &HeaderMap) -> FailureKind {
        let status = response.status();
        let mut body = Vec::new();
        let _ = self.read(&mut response, &mut body, |bytes| bytes <= error_body::LARGEST_ERROR).await;
        let Refusal { retry_after, is_rate_limit } = refusal::read(status.as_u16(), headers, &body);
        FailureKind::Status {
            status: status.as_u16(),
            message: error_body::server_message(headers, &body, &self.token),
            retry_after,
            is_rate_limit,
            denies_contact: error_body::denies_contact(&body) && !freshness::is_cached(headers),
            location: status.is_redirection().then(|| error_body::location(headers)).flatten(),
        }
    }

    /// Reads a body, decompressed, until `has_room` refuses its size; returns whether it is complete. A server may take
    /// the whole timeout before it starts to respond, but must not pause for long once it has started.
    async fn read(
        &self,
        response: &mut Response,
        body: &mut Vec<u8>,
        has_room: impl Fn(usize) -> bool,
    ) -> Result<bool, FailureKind> {
        while has_room(body.len()) {
            let chunk = timeout(self.timeouts.silence, response.chunk()).await;
            let chunk = chunk.map_err(|_| transport::silent(self.timeouts))?;
            let Some(chunk) = chunk.map_err(|error| transport::in_body(&error, self.timeouts))? else {
                return Ok(true);
            };
            if body.capacity() - body.len() < chunk.len() {
                // Not doubled, because unused capacity is memory, too.
                body.reserve_exact(chunk.len().max(body.len() / 4));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(false)
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}

/// The CA certificates in a PEM text, which may be empty.
fn authorities(pem: &[u8]) -> Result<Vec<Certificate>, SetupError> {
    let refuse = |number: usize, error: &dyn std::fmt::Display| {
        SetupError::Authorities(escape(&format!("cannot read certificate {number}: {error}")))
    };
    let mut authorities = Vec::new();
    for (position, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
        let certificate = certificate.map_err(|error| refuse(position + 1, &error))?;
        authorities.push(Certificate::from_der(&certificate).map_err(|error| refuse(position + 1, &error))?);
        RootCertStore::empty().add(certificate).map_err(|error| refuse(position + 1, &error))?;
    }
    if authorities.is_empty() && !pem.is_empty() {
        return Err(SetupError::Authorities("no PEM certificate found".to_owned()));
    }
    Ok(authorities)
}
