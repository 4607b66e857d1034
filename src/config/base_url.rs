//! The base URL: the only host that a run talks to. URLs that would expose the token are refused.

use std::fmt;

use url::{Host, Url};

use super::ConfigError;

/// Where plain http is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// On this machine only: on a network, the token would be readable.
    Loopback,
    /// Anywhere: the operator trusts the network.
    Anywhere,
}

/// Scheme, host and path prefix of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// The text of [`BaseUrl::production`].
    pub const PRODUCTION: &str = "https://api.linqapp.com";

    /// The base URL of the Linq Partner API: `https://api.linqapp.com`.
    ///
    /// # Panics
    /// Never: the URL is valid.
    #[must_use]
    pub fn production() -> Self {
        Self(Url::parse(Self::PRODUCTION).expect("a valid URL"))
    }

    /// Parses a base URL: https, or plain http where `plain_http` allows it.
    ///
    /// # Errors
    /// If the URL is invalid, has another scheme, contains the API's own path, or carries user, password, query or
    /// fragment. The error does not repeat a URL that may contain a password.
    pub fn parse(text: &str, plain_http: PlainHttp) -> Result<Self, ConfigError> {
        let refuse = |reason: String| Err(ConfigError::BaseUrl(reason));
        if !text.contains("://") {
            return refuse(without_scheme(text));
        }
        let url = match Url::parse(text) {
            Ok(url) => url,
            Err(error) => return refuse(format!("is invalid: {error}")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(
                "must not contain a user or password; the token goes into LINQ_INTEGRATION_TOKEN or --token-file"
                    .into(),
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("must not have a query or fragment, only a scheme, a host and optionally a path".into());
        }
        if url.path().contains(API) {
            let prefix = url.path().split(API).next().unwrap_or_default();
            return refuse(format!(
                "must not include the API's path: use {}{prefix}",
                url.origin().ascii_serialization()
            ));
        }
        let base = Self(url);
        match base.0.scheme() {
            "https" => Ok(base),
            "http" if base.is_loopback() || plain_http == PlainHttp::Anywhere => Ok(base),
            "http" => refuse(
                "must use https: plain http to another host would expose the token (override with --allow-plain-http)"
                    .into(),
            ),
            scheme => refuse(format!("must use https, not {scheme}")),
        }
    }

    /// Whether the host is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// The URL of a path below the base URL, such as `api/partner/v2/contacts`.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{path}", self.0.path().trim_end_matches('/')));
        url
    }
}

/// Where the API's own paths begin. Requests append them to the base URL.
const API: &str = "/api/partner";

/// Why a text without `://` is refused. It is repeated only if it looks like a host: anything else may be a secret.
fn without_scheme(text: &str) -> String {
    let host = text.split(['/', ':']).next().unwrap_or_default();
    let is_local = host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    let is_host = is_local || host.contains('.');
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:/".contains(&byte));
    match (is_host && is_plain, is_local) {
        (true, true) => format!("needs a scheme: http://{text}"),
        (true, false) => format!("needs a scheme: https://{text}"),
        (false, _) => format!("needs a scheme and a host, such as {}", BaseUrl::PRODUCTION),
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_loopback_are_allowed() {
        for text in [
            "https://api.linqapp.com",
            "https://host/prefix/",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(BaseUrl::parse(text, PlainHttp::Loopback).is_ok(), "{text}");
        }
        assert!(BaseUrl::parse("http://10.0.0.1", PlainHttp::Anywhere).is_ok());
    }

    #[test]
    fn refuses_what_exposes_the_token_unseen() {
        for text in [
            "http://api.linqapp.com",
            "http://127.0.0.1.example.com",
            "ftp://127.0.0.1",
            "https://user:hunter2@host",
            "https://hunter2@host",
            "https://host?token=hunter2",
            "https://host#hunter2",
            "api.linqapp.com",
            "",
        ] {
            let error = BaseUrl::parse(text, PlainHttp::Loopback).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_missing_scheme_is_named() {
        for (text, says) in [
            ("example.com", "needs a scheme: https://example.com"),
            ("example.com:8443/crm", "needs a scheme: https://example.com:8443/crm"),
            ("localhost:8080", "needs a scheme: http://localhost:8080"),
            ("127.0.0.1:8080", "needs a scheme: http://127.0.0.1:8080"),
            ("hunter2", "needs a scheme and a host, such as https://api.linqapp.com"),
            ("me:hunter2@example.com", "needs a scheme and a host, such as https://api.linqapp.com"),
        ] {
            let error = BaseUrl::parse(text, PlainHttp::Loopback).unwrap_err();
            assert_eq!(error, ConfigError::BaseUrl(says.to_owned()), "{text}");
        }
    }

    #[test]
    fn the_path_of_an_endpoint_is_refused() {
        let refused = |text| BaseUrl::parse(text, PlainHttp::Loopback).unwrap_err().to_string();
        let error = refused("https://api.linqapp.com/api/partner/v2/contacts");
        assert!(error.ends_with("must not include the API's path: use https://api.linqapp.com"), "{error}");
        let error = refused("https://host/prefix/api/partner/");
        assert!(error.ends_with("use https://host/prefix"), "{error}");
    }

    #[test]
    fn paths_are_joined_below_the_base_url() {
        let join = |text| BaseUrl::parse(text, PlainHttp::Loopback).unwrap().join("api/v2").to_string();
        assert_eq!(join("https://host"), "https://host/api/v2");
        assert_eq!(join("https://host/prefix/"), "https://host/prefix/api/v2");
    }
}
