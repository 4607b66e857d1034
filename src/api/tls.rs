//! A refused certificate in plain words: rustls's error comes in, what is wrong and what to do goes out.
//!
//! Names and times in it are the server's, so they are escaped.

use chrono::{DateTime, SecondsFormat};
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

use crate::text::sanitize::escape;

/// What is wrong with the server's certificate, and what to do about it.
pub(crate) fn reason(error: &CertificateError) -> String {
    match error {
        // A bad signature is what an authority of the same name and another key comes to.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "it is signed by an authority that this machine does not trust; if it is the one to trust (a company \
             proxy's, your own), give that authority's certificate with --ca-cert or SSL_CERT_FILE"
                .to_owned()
        }
        CertificateError::Expired => expired(""),
        CertificateError::ExpiredContext { time, not_after } => {
            expired(&format!(" on {} (here it is {})", instant(*not_after), instant(*time)))
        }
        CertificateError::NotValidYet => not_yet_valid(""),
        CertificateError::NotValidYetContext { time, not_before } => {
            not_yet_valid(&format!(" before {} (here it is {})", instant(*not_before), instant(*time)))
        }
        CertificateError::NotValidForName => wrong_name("the host that was asked for"),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<_> = presented.iter().map(|name| bare(name)).collect();
            wrong_name(&escape(&format!("{}, only for {}", expected.to_str(), names.join(", "))))
        }
        CertificateError::Revoked => "its authority has revoked it: do not trust this server".to_owned(),
        other => escape(&other.to_string()),
    }
}

fn expired(when: &str) -> String {
    format!("it has expired{when}: whoever runs the server must renew it, unless this machine's clock is wrong")
}

fn not_yet_valid(when: &str) -> String {
    format!("it is not valid{when}: is this machine's clock right?")
}

fn wrong_name(names: &str) -> String {
    format!("it is not valid for the name {names}: is --base-url right, or does a proxy answer in its place?")
}

fn instant(time: UnixTime) -> String {
    let instant = i64::try_from(time.as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    instant.map_or_else(|| time.as_secs().to_string(), |instant| instant.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// The name in `DnsName("name")`, as webpki writes it.
fn bare(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::ServerName;

    use super::*;

    #[test]
    fn each_refusal_says_what_is_wrong_and_what_to_do() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expected = ServerName::try_from("api.example.com").unwrap();
        let presented = vec![r#"DnsName("a.example")"#.to_owned(), "IpAddress(10.0.0.1)\u{1b}".to_owned()];
        for (error, says) in [
            (CertificateError::UnknownIssuer, "does not trust"),
            (CertificateError::BadSignature, "--ca-cert or SSL_CERT_FILE"),
            (CertificateError::Expired, "it has expired: whoever runs"),
            (
                CertificateError::ExpiredContext { time: at(1_700_000_000), not_after: at(1_600_000_000) },
                "expired on 2020-09-13T12:26:40Z (here it is 2023-11-14T22:13:20Z): whoever",
            ),
            (CertificateError::NotValidYet, "it is not valid: is this machine's clock right?"),
            (
                CertificateError::NotValidYetContext { time: at(0), not_before: at(1_600_000_000) },
                "not valid before 2020-09-13T12:26:40Z (here it is 1970-01-01T00:00:00Z)",
            ),
            (CertificateError::NotValidForName, "for the name the host that was asked for: is --base-url right"),
            (
                CertificateError::NotValidForNameContext { expected, presented },
                "the name api.example.com, only for a.example, IpAddress(10.0.0.1)\\u{1b}: is",
            ),
            (CertificateError::Revoked, "revoked"),
            (CertificateError::BadEncoding, "BadEncoding"),
        ] {
            assert!(reason(&error).contains(says), "{error:?}: {}", reason(&error));
        }
    }
}
