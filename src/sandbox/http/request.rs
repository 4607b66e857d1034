//! What a request says, read once from its head.
//!
//! Numbers are kept as sent; the page applies defaults and limits.

use hyper::header::{ACCEPT_ENCODING, USER_AGENT};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Version};

/// The token every sandbox accepts. It gives access to nothing else and is not a secret.
pub const TOKEN: &str = "sandbox-token";
/// The header that carries the token.
const TOKEN_HEADER: &str = "x-linq-integration-token";

/// The protocol of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1 or older.
    Http1,
    /// HTTP/2.
    Http2,
}

/// The parts of a request that matter to the sandbox.
#[derive(Debug)]
pub(in crate::sandbox) struct Request {
    pub(in crate::sandbox) protocol: Protocol,
    pub(in crate::sandbox) method: Method,
    pub(in crate::sandbox) path: String,
    pub(in crate::sandbox) page: Option<u64>,
    pub(in crate::sandbox) per_page: Option<u64>,
    pub(in crate::sandbox) is_authorized: bool,
    pub(in crate::sandbox) user_agent: Option<String>,
    pub(in crate::sandbox) accepts_gzip: bool,
}

impl Request {
    pub(in crate::sandbox) fn read(head: &Parts) -> Self {
        let query = head.uri.query().unwrap_or_default();
        let token = head.headers.get(TOKEN_HEADER);
        let user_agent = head.headers.get(USER_AGENT);
        Self {
            protocol: if head.version == Version::HTTP_2 { Protocol::Http2 } else { Protocol::Http1 },
            method: head.method.clone(),
            path: head.uri.path().to_owned(),
            page: number(query, "page"),
            per_page: number(query, "per_page"),
            is_authorized: token.is_some_and(|token| token.as_bytes() == TOKEN.as_bytes()),
            user_agent: user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            accepts_gzip: accepts_gzip(&head.headers),
        }
    }
}

/// The number of the parameter `name`; the last one wins, as in Rails.
fn number(query: &str, name: &str) -> Option<u64> {
    let mut pairs = query.rsplit('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    value.parse().ok()
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    let mut codings = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case("gzip") && weight.parse() != Ok(0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_from_the_query() {
        assert_eq!(number("page=3&per_page=50", "page"), Some(3));
        assert_eq!(number("page=3&per_page=50", "per_page"), Some(50));
        assert_eq!(number("page=3&page=4", "page"), Some(4));
        for garbage in ["", "page", "page=", "page=x", "page=-1", "page=1.5", "xpage=1"] {
            assert_eq!(number(garbage, "page"), None, "{garbage}");
        }
    }

    #[test]
    fn gzip_is_accepted_unless_its_weight_is_zero() {
        for (value, accepts) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("identity", false),
            ("gzip;q=0", false),
            ("gzip; q=0.0, br", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, value.parse().unwrap());
            assert_eq!(accepts_gzip(&headers), accepts, "{value}");
        }
    }
}
