//! What the connections to all clouds have in common: time limits, certificates, and variables of the environment.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::{BackoffConfig, Certificate, ClientOptions, RetryConfig};
use url::Url;

use super::error::StoreError;
use super::requests::{Bucket, HttpRequests, Requests};

const USER_AGENT: &str = concat!("linq-export/", env!("CARGO_PKG_VERSION"));

/// How long failed requests are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Patience {
    /// For a few seconds: a wrong address should be known soon.
    Short,
    /// For four minutes: what has been read would be lost.
    Long,
}

/// What the connections to all clouds have in common.
#[derive(Debug)]
pub(super) struct Settings {
    pub patience: Patience,
    /// Certificates that may sign that of the store, in PEM.
    pub authorities: Vec<u8>,
}

impl Settings {
    /// The options of a client.
    pub fn options(&self, allows_http: bool) -> Result<ClientOptions, StoreError> {
        let agent = http::HeaderValue::from_static(USER_AGENT);
        let mut options = ClientOptions::new()
            .with_user_agent(agent)
            .with_allow_http(allows_http)
            .with_connect_timeout(Duration::from_secs(10));
        options = match self.patience {
            // Reads only: an object may be large, but its bytes must keep coming.
            Patience::Short => options.with_timeout_disabled().with_read_timeout(Duration::from_secs(10)),
            // A part of 8 MiB on a slow line. It is shorter than the time for retries, so that a request that hangs is repeated.
            Patience::Long => options.with_timeout(Duration::from_secs(90)),
        };
        for certificate in Certificate::from_pem_bundle(&self.authorities)? {
            options = options.with_root_certificate(certificate);
        }
        Ok(options)
    }

    /// How a client repeats requests.
    pub fn retry(&self) -> RetryConfig {
        let (max_retries, seconds, longest) = match self.patience {
            Patience::Short => (6, 30, 5),
            Patience::Long => (30, 240, 10),
        };
        let backoff = BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(longest),
            base: 2.0,
        };
        RetryConfig { backoff, max_retries, retry_timeout: Duration::from_secs(seconds) }
    }

    /// The requests to a bucket that its client cannot make.
    pub fn requests(&self, bucket: Bucket) -> Result<Arc<dyn Requests>, StoreError> {
        Ok(Arc::new(HttpRequests::new(bucket, &self.authorities)?))
    }
}

/// The variables of a cloud that the client knows. Empty ones count as unset. Requests are always signed.
pub(super) fn variables<K: FromStr>(prefix: &str) -> impl Iterator<Item = (K, String)> {
    let named =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let prefix = prefix.to_owned();
    named.filter_map(move |(name, value)| {
        let is_meant = name.starts_with(&prefix) && !name.ends_with("SKIP_SIGNATURE") && !value.is_empty();
        Some((name.to_ascii_lowercase().parse().ok().filter(|_| is_meant)?, value))
    })
}

pub(super) fn parsed(url: &str) -> Result<Url, StoreError> {
    Url::parse(url)
        .map_err(|error| StoreError::new(ErrorKind::InvalidInput, format!("the endpoint is not a URL: {error}")))
}

/// A client cannot be made with settings that it does not understand.
pub(super) fn unusable(error: &object_store::Error) -> StoreError {
    StoreError::new(ErrorKind::InvalidInput, StoreError::of(error).to_string())
}

/// Without them, the client would ask the address that clouds answer within their machines, and wait where nothing answers.
pub(super) fn without_credentials(reason: &str) -> StoreError {
    StoreError::new(ErrorKind::PermissionDenied, format!("no credentials: {reason}"))
}

/// Whether an endpoint is plain HTTP on this machine. Elsewhere, everybody on the way could read the contacts.
pub(super) fn is_plain_loopback(endpoint: Option<&str>, variable: &str) -> Result<bool, StoreError> {
    let Some(endpoint) = endpoint else { return Ok(false) };
    let invalid = |reason: String| StoreError::new(ErrorKind::InvalidInput, reason);
    let url =
        Url::parse(endpoint).map_err(|error| invalid(format!("the endpoint in {variable} is not a URL: {error}")))?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "http" if is_loopback => Ok(true),
        "http" => {
            Err(invalid(format!("the endpoint in {variable} must use https: plain http is for this machine only")))
        }
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for (endpoint, due) in [
            (None, Some(false)),
            (Some("http://127.0.0.1:9000"), Some(true)),
            (Some("http://localhost:9000/x"), Some(true)),
            (Some("http://[::1]:9000"), Some(true)),
            (Some("https://s3.example.com"), Some(false)),
            (Some("http://s3.example.com"), None),
            (Some("http://10.0.0.1"), None),
            (Some("s3.example.com"), None),
        ] {
            assert_eq!(is_plain_loopback(endpoint, "X").ok(), due, "{endpoint:?}");
        }
    }
}
