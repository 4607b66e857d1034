//! The base URL: the one host a run talks to, refused where it would endanger the token.

use std::fmt;

use url::{Host, Url};

use super::ConfigError;

/// Where plain http is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// To this machine only: elsewhere the token would be readable on the way.
    Loopback,
    /// Anywhere: the operator answers for the network.
    Anywhere,
}

/// Scheme, host and path prefix of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// The API's own address.
    pub const PRODUCTION: &str = "https://api.linqapp.com";

    /// A base URL from its text: https, or plain http where `plain_http` allows it.
    ///
    /// # Errors
    /// If it is no URL, of another scheme, or carries user, password, query or fragment.
    /// The error does not repeat a URL that may hold a password.
    pub fn parse(text: &str, plain_http: PlainHttp) -> Result<Self, ConfigError> {
        let refuse = |reason: String| Err(ConfigError::BaseUrl(reason));
        let url = match Url::parse(text) {
            Ok(url) => url,
            Err(error) => return refuse(format!("is no URL: {error}")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(
                "holds a user or password: a token is given by LINQ_INTEGRATION_TOKEN or --token-file".into(),
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("has a query or a fragment: give scheme, host and, if there is one, a path".into());
        }
        let base = Self(url);
        match base.0.scheme() {
            "https" => Ok(base),
            "http" if base.is_loopback() || plain_http == PlainHttp::Anywhere => Ok(base),
            "http" => refuse(format!(
                "{base} is plain http to another machine, where the token could be read on the way: use https, or --allow-plain-http"
            )),
            scheme => refuse(format!("has the scheme {scheme}: it must be https")),
        }
    }

    /// Whether it names this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// The address of a path below it, such as `api/partner/v2/contacts`.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{path}", self.0.path().trim_end_matches('/')));
        url
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
    fn https_and_loopback_are_let_through() {
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
    fn what_endangers_the_token_is_refused_without_repeating_it() {
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
    fn paths_are_joined_below_it() {
        let join = |text| BaseUrl::parse(text, PlainHttp::Loopback).unwrap().join("api/v2").to_string();
        assert_eq!(join("https://host"), "https://host/api/v2");
        assert_eq!(join("https://host/prefix/"), "https://host/prefix/api/v2");
    }
}
