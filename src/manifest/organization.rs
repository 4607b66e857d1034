//! A name for an organisation that gives nothing away.
//!
//! The API has no id for the organisation a token belongs to, so the key is a digest of base URL and
//! token: the same for every run that uses them, another when the token is changed. It is one-way, and
//! cut to 64 bits: neither the token nor any part of it can be had from it.

use crate::checksum::Checksum;
use crate::config::ContactsConfig;

/// Sets this digest apart from any other use of the same token.
const PURPOSE: &str = "linq-export, the key of an organisation, 1";
const DIGITS: usize = 16;

/// The key: 16 hexadecimal digits. `base_url` is as the manifest shows it.
pub(super) fn key(base_url: &str, config: &ContactsConfig) -> String {
    let mut checksum = Checksum::default();
    for part in [PURPOSE, base_url, config.token.expose()] {
        checksum.update(&(part.len() as u64).to_le_bytes());
        checksum.update(part.as_bytes());
    }
    let mut key = checksum.digits();
    key.truncate(DIGITS);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BaseUrl, PlainHttp, Token};

    #[test]
    fn each_pair_of_server_and_token_has_its_key() {
        let key = |url: &str, token: &str| {
            let base_url = BaseUrl::parse("https://host", PlainHttp::Loopback).unwrap();
            key(url, &ContactsConfig::new(base_url, Token::new(token).unwrap()))
        };
        assert_eq!(key("https://a", "token"), key("https://a", "token"));
        let keys = [
            key("https://a", "token"),
            key("https://a", "token2"),
            key("https://b", "token"),
            key("https://at", "oken"),
        ];
        assert!(keys.iter().all(|key| key.len() == DIGITS && !key.contains("token")));
        assert_eq!(std::collections::HashSet::from(keys).len(), 4);
    }
}
