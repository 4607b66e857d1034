//! One attempt: a GET of one page, to the last byte of its answer.
//!
//! What is asked goes out with the token in a sensitive header, to the base URL and nowhere else: no
//! redirect is followed. A body comes back, bounded in size and time, or a failure in plain terms.

use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, HeaderMap, HeaderValue};
use reqwest::{Certificate, Response, StatusCode, Url};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::time::timeout;

use super::error::{Failure, SetupError};
use super::memory_budget::{Share, needs};
use super::rate_limit_headers::{self, Quota};
use super::{error_body, transport};
use crate::config::{ContactsConfig, Timeouts, Token};
use crate::page::Asked;
use crate::text::sanitize::escape;

const PATH: &str = "api/partner/v2/contacts";
const TOKEN_HEADER: &str = "x-linq-integration-token";
const USER_AGENT: &str = concat!("linq-export/", env!("CARGO_PKG_VERSION"));
/// A page of 100 contacts has some 50 kB; beyond this, decompressed, it is something else.
const LARGEST_PAGE: usize = 8 << 20;
/// How long an idle connection is kept: shorter than load balancers do, so that they close none in use.
const IDLE: Duration = Duration::from_secs(30);

/// The HTTP client, set up for one base URL and token.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    contacts: Url,
    timeouts: Timeouts,
    /// What nothing that a server says may show.
    pub token: Token,
}

/// An answer of status 200.
#[derive(Debug)]
pub(crate) struct Answer {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// What the server says is left of its quota.
    pub quota: Option<Quota>,
}

/// What came of asking for a page.
#[derive(Debug)]
pub(crate) enum Reading {
    Whole(Answer),
    /// A page for which there is no room now: so much is needed.
    NoRoom {
        needed: usize,
    },
}

impl Client {
    pub fn new(config: &ContactsConfig) -> Result<Self, SetupError> {
        // Whoever links this library may have chosen a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut token =
            HeaderValue::from_str(config.token.expose()).map_err(|error| SetupError::Http(error.to_string()))?;
        token.set_sensitive(true);
        let headers = HeaderMap::from_iter([
            (reqwest::header::HeaderName::from_static(TOKEN_HEADER), token),
            (ACCEPT, HeaderValue::from_static("application/json")),
            // A page from a cache shows the list of another instant than the pages beside it.
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
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
            SetupError::Http(format!("{reasons} (authorities to trust can be given by --ca-cert or SSL_CERT_FILE)"))
        })?;
        Ok(Self { http, contacts, timeouts: config.timeouts, token: config.token.clone() })
    }

    /// Asks for a page once. Its body is read as far as `share` can grow with it.
    pub async fn get(&self, asked: Asked, share: &Share) -> Result<Reading, Failure> {
        let mut url = self.contacts.clone();
        url.query_pairs_mut()
            .append_pair("page", &asked.page.to_string())
            .append_pair("per_page", &asked.per_page.to_string());
        let mut response =
            self.http.get(url).send().await.map_err(|error| transport::in_head(&error, self.timeouts))?;
        let headers = std::mem::take(response.headers_mut());
        if response.status() != StatusCode::OK {
            return Err(self.refusal(response, &headers).await);
        }
        // Of a body that is compressed, the length is not known.
        let length = response.content_length().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        let too_large = Err(Failure::TooLarge { limit: LARGEST_PAGE });
        if length.is_some_and(|length| length > LARGEST_PAGE) {
            return too_large;
        }
        let no_room = Ok(Reading::NoRoom { needed: needs(length.unwrap_or(LARGEST_PAGE)) });
        if !share.grow_to(needs(length.unwrap_or_default())) {
            return no_room;
        }
        let mut body = Vec::with_capacity(length.unwrap_or_default());
        let may = |bytes| bytes <= LARGEST_PAGE && share.grow_to(needs(bytes));
        if !self.read(&mut response, &mut body, may).await? {
            return if body.len() > LARGEST_PAGE { too_large } else { no_room };
        }
        let quota = rate_limit_headers::quota(&headers, error_body::date(&headers));
        Ok(Reading::Whole(Answer { headers, body, quota }))
    }

    /// What an answer other than 200 says. Its body may break off: what arrived is shown.
    async fn refusal(&self, mut response: Response, headers: &HeaderMap) -> Failure {
        let status = response.status();
        let mut body = Vec::new();
        let _ = self.read(&mut response, &mut body, |bytes| bytes <= error_body::LARGEST_ERROR).await;
        Failure::Status {
            status: status.as_u16(),
            said: error_body::said(headers, &body, &self.token),
            retry_after: error_body::retry_after(headers, &body),
            location: status.is_redirection().then(|| error_body::location(headers)).flatten(),
        }
    }

    /// Reads a body, decompressed, and stops when it has more bytes than there may be; says whether it is whole. A server
    /// may think about its answer for as long as an attempt may take, but it may not fall silent once it has begun.
    async fn read(
        &self,
        response: &mut Response,
        body: &mut Vec<u8>,
        there_may_be: impl Fn(usize) -> bool,
    ) -> Result<bool, Failure> {
        while there_may_be(body.len()) {
            let chunk = timeout(self.timeouts.silence, response.chunk()).await;
            let chunk = chunk.map_err(|_| transport::silent(self.timeouts))?;
            let Some(chunk) = chunk.map_err(|error| transport::in_body(&error, self.timeouts))? else {
                return Ok(true);
            };
            if body.capacity() - body.len() < chunk.len() {
                // Not twice as much each time: what is not needed counts for as much as what is.
                body.reserve_exact(chunk.len().max(body.len() / 4));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(false)
    }
}

/// The certificates of authorities in a PEM text; none in an empty one.
fn authorities(pem: &[u8]) -> Result<Vec<Certificate>, SetupError> {
    let refuse = |number: usize, error: &dyn std::fmt::Display| {
        SetupError::Authorities(escape(&format!("certificate {number} cannot be read: {error}")))
    };
    let mut authorities = Vec::new();
    for (position, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
        let certificate = certificate.map_err(|error| refuse(position + 1, &error))?;
        authorities.push(Certificate::from_der(&certificate).map_err(|error| refuse(position + 1, &error))?);
        RootCertStore::empty().add(certificate).map_err(|error| refuse(position + 1, &error))?;
    }
    if authorities.is_empty() && !pem.is_empty() {
        return Err(SetupError::Authorities("there is no certificate in PEM among them".to_owned()));
    }
    Ok(authorities)
}
