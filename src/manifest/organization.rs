//! An opaque key for the organization whose contacts were read.
//!
//! The API has no id for the organization of a token, so the key is a digest of base URL and token: equal for all runs
//! that use them, and different once the token changes. It is one-way and cut to 64 bits, so that it reveals nothing
//! about the token.

use super::record::SourceRecord;
use crate::checksum::Checksum;
use crate::config::{ContactsConfig, ExportConfig, Source};

/// Separates this digest from any other use of the same token.
const PURPOSE: &str = "linq-export, organization key, 1";
const DIGITS: usize = 16;

/// The server and the organization that a run reads.
pub(crate) fn source_of(config: &ExportConfig) -> SourceRecord {
    let base_url = match config.source {
        Source::Api => config.contacts.base_url.to_string(),
        Source::Sandbox => "sandbox".to_owned(),
    };
    SourceRecord { organization: key(&base_url, &config.contacts), base_url }
}

/// The key, as 16 hexadecimal digits. `base_url` is the one in the manifest.
fn key(base_url: &str, config: &ContactsConfig) -> String {
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
    fn each_server_and_token_has_its_own_key() {
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
