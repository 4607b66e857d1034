//! Translates reqwest's errors into failures.
//!
//! Their texts never contain the URL.

use std::error::Error;
use std::io;

use super::failure::{FailureKind, PROXY_AUTHENTICATION, ServerMessage, Transport};
use super::tls;
use crate::config::Timeouts;
use crate::text::humanize::seconds;
use crate::text::sanitize::escape;

/// The HTTP client's texts for a proxy that answers CONNECT with 407, and for a proxy of an unsupported kind. It has no
/// types for them.
const PROXY_SAYS: [&str; 2] = ["tunnel error: proxy authorization required", "unsupported scheme "];

pub(crate) fn in_head(error: &reqwest::Error, timeouts: Timeouts) -> FailureKind {
    let says = |start| chain(error).map(ToString::to_string).find(|text| text.starts_with(start));
    if says(PROXY_SAYS[0]).is_some() {
        let message = ServerMessage::default();
        return FailureKind::Status {
            status: PROXY_AUTHENTICATION,
            message,
            retry_after: None,
            is_rate_limit: false,
            denies_contact: false,
            location: None,
        };
    }
    if let Some(rejected) = rejected_certificate(error) {
        return FailureKind::Transport { at: Transport::Certificate, text: tls::reason(rejected) };
    }
    let timed_out = |text| FailureKind::Transport { at: Transport::Timeout, text };
    if error.is_timeout() {
        return timed_out(if error.is_connect() {
            format!("not connected after {}", seconds(timeouts.connect))
        } else {
            format!("no response after {} (--timeout)", seconds(timeouts.attempt))
        });
    }
    if let Some(text) = says(PROXY_SAYS[1]) {
        return FailureKind::Transport { at: Transport::Proxy, text: escape(&text) };
    }
    let at = if error.is_dns() {
        Transport::Dns
    } else if error.is_connect() {
        Transport::Connect
    } else {
        Transport::Broken
    };
    FailureKind::Transport { at, text: reasons(error) }
}

/// An error in the body. Whatever reqwest calls it, the response is incomplete.
pub(crate) fn in_body(error: &reqwest::Error, timeouts: Timeouts) -> FailureKind {
    if error.is_timeout() {
        let text = format!("the response was incomplete after {} (--timeout)", seconds(timeouts.attempt));
        return FailureKind::Transport { at: Transport::Timeout, text };
    }
    FailureKind::Transport { at: Transport::Body, text: reasons(error) }
}

pub(crate) fn silent(timeouts: Timeouts) -> FailureKind {
    let text = format!("the response stalled for {}", seconds(timeouts.silence));
    FailureKind::Transport { at: Transport::Timeout, text }
}

/// The causes of an error, without the URL that reqwest's own text repeats.
pub(crate) fn reasons(error: &(dyn Error + 'static)) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for error in chain(error) {
        let text = error.to_string();
        // rustls appends a link to its documentation.
        let text = text.split(": https://docs.rs/").next().unwrap_or_default().to_owned();
        // rustls takes the first bytes of a plain HTTP response for a TLS record.
        let is_plain = text.ends_with("corrupt message of type InvalidContentType");
        let text = if is_plain { "the port does not speak TLS".to_owned() } else { text };
        // Both say no more than their kind, which is told already.
        let is_envelope = error.is::<reqwest::Error>() || text.starts_with("client error (");
        if (is_envelope && error.source().is_some()) || reasons.iter().any(|reason| reason.contains(&text)) {
            continue;
        }
        reasons.push(match text.strip_prefix("tunnel error: ") {
            Some(text) => format!("proxy from the environment (HTTPS_PROXY, NO_PROXY): {text}"),
            None => text,
        });
    }
    escape(&reasons.join(": "))
}

fn rejected_certificate<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::CertificateError> {
    chain(error).find_map(|error| match error.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(rejected)) => Some(rejected),
        _ => None,
    })
}

fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

/// The cause of an error, including the one that `io::Error` hides from `source`.
fn cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}
