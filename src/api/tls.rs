//! Explains why a TLS certificate was rejected, and what to do about it.
//!
//! Names and times come from the server, so they are escaped.

use chrono::{DateTime, SecondsFormat};
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

use crate::text::sanitize::escape;

/// What is wrong with the server's TLS certificate, and what to do about it.
pub(crate) fn reason(error: &CertificateError) -> String {
    match error {
        // Another CA with the same name but another key shows up as a bad signature.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "it is signed by a CA that this machine does not trust; if you trust it (a company proxy's, your own), \
             add the CA certificate with --ca-cert or SSL_CERT_FILE"
                .to_owned()
        }
        CertificateError::Expired => expired(""),
        CertificateError::ExpiredContext { time, not_after } => {
            expired(&format!(" on {} (local time: {})", instant(*not_after), instant(*time)))
        }
        CertificateError::NotValidYet => not_yet_valid(""),
        CertificateError::NotValidYetContext { time, not_before } => {
            not_yet_valid(&format!(", only from {} (local time: {})", instant(*not_before), instant(*time)))
        }
        CertificateError::NotValidForName => wrong_name("of the requested host"),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<_> = presented.iter().map(|name| bare(name)).collect();
            wrong_name(&escape(&format!("{}, only for {}", expected.to_str(), names.join(", "))))
        }
        CertificateError::Revoked => "its CA has revoked it: do not trust this server".to_owned(),
        other => escape(&other.to_string()),
    }
}

fn expired(when: &str) -> String {
    format!("it has expired{when}: the server's operator must renew it, unless this machine's clock is wrong")
}

fn not_yet_valid(when: &str) -> String {
    format!("it is not yet valid{when}: check this machine's clock")
}

fn wrong_name(names: &str) -> String {
    format!("it is not valid for the name {names}: check --base-url, or whether a proxy answers instead of the server")
}

fn instant(time: UnixTime) -> String {
    let instant = i64::try_from(time.as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    instant.map_or_else(|| time.as_secs().to_string(), |instant| instant.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// The name in `DnsName("name")`, webpki's notation.
fn bare(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::ServerName;

    use super::*;

    #[test]
    fn every_rejection_is_explained_with_a_remedy() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expected = ServerName::try_from("api.example.com").unwrap();
        let presented = vec![r#"DnsName("a.example")"#.to_owned(), "IpAddress(10.0.0.1)\u{1b}".to_owned()];
        for (error, says) in [
            (CertificateError::UnknownIssuer, "does not trust"),
            (CertificateError::BadSignature, "--ca-cert or SSL_CERT_FILE"),
            (CertificateError::Expired, "it has expired: the server's operator"),
            (
                CertificateError::ExpiredContext { time: at(1_700_000_000), not_after: at(1_600_000_000) },
                "expired on 2020-09-13T12:26:40Z (local time: 2023-11-14T22:13:20Z): the",
            ),
            (CertificateError::NotValidYet, "it is not yet valid: check this machine's clock"),
            (
                CertificateError::NotValidYetContext { time: at(0), not_before: at(1_600_000_000) },
                "not yet valid, only from 2020-09-13T12:26:40Z (local time: 1970-01-01T00:00:00Z)",
            ),
            (CertificateError::NotValidForName, "for the name of the requested host: check --base-url"),
            (
                CertificateError::NotValidForNameContext { expected, presented },
                "the name api.example.com, only for a.example, IpAddress(10.0.0.1)\\u{1b}: check",
            ),
            (CertificateError::Revoked, "revoked"),
            (CertificateError::BadEncoding, "BadEncoding"),
        ] {
            assert!(reason(&error).contains(says), "{error:?}: {}", reason(&error));
        }
    }
}
