//! What reqwest's errors mean: an error comes in, a kind with its reasons goes out.
//!
//! The kinds carry what matters for asking again; reasons never hold the URL.

use std::error::Error;
use std::io;

use super::error::{Failure, PROXY_AUTHENTICATION, ServerMessage, Transport};
use super::tls;
use crate::config::Timeouts;
use crate::text::humanize::seconds;
use crate::text::sanitize::escape;

/// What the client says of a proxy that answers CONNECT with 407, and of one whose kind it does not know. It has no
/// types for them.
const PROXY_SAYS: [&str; 2] = ["tunnel error: proxy authorization required", "unsupported scheme "];

/// An error before the head of the answer arrived.
pub(crate) fn in_head(error: &reqwest::Error, timeouts: Timeouts) -> Failure {
    let says = |start| chain(error).map(ToString::to_string).find(|text| text.starts_with(start));
    if says(PROXY_SAYS[0]).is_some() {
        let said = ServerMessage::default();
        return Failure::Status { status: PROXY_AUTHENTICATION, said, retry_after: None, location: None };
    }
    if let Some(refused) = refused_certificate(error) {
        return Failure::Transport { kind: Transport::Certificate, text: tls::reason(refused) };
    }
    let timed_out = |text| Failure::Transport { kind: Transport::Timeout, text };
    if error.is_timeout() {
        return timed_out(if error.is_connect() {
            format!("no connection after {}", seconds(timeouts.connect))
        } else {
            format!("no answer after {} (--timeout)", seconds(timeouts.attempt))
        });
    }
    if let Some(text) = says(PROXY_SAYS[1]) {
        return Failure::Transport { kind: Transport::Proxy, text: escape(&text) };
    }
    let kind = if error.is_dns() {
        Transport::Dns
    } else if error.is_connect() {
        Transport::Connect
    } else {
        Transport::Broken
    };
    Failure::Transport { kind, text: reasons(error) }
}

/// An error in the body: whatever reqwest calls it, the answer is not whole.
pub(crate) fn in_body(error: &reqwest::Error, timeouts: Timeouts) -> Failure {
    if error.is_timeout() {
        let text = format!("the answer was not whole after {} (--timeout)", seconds(timeouts.attempt));
        return Failure::Transport { kind: Transport::Timeout, text };
    }
    Failure::Transport { kind: Transport::Body, text: reasons(error) }
}

/// A body that stopped coming.
pub(crate) fn silent(timeouts: Timeouts) -> Failure {
    let text = format!("the answer began, and then nothing came for {}", seconds(timeouts.silence));
    Failure::Transport { kind: Transport::Timeout, text }
}

/// The chain of an error's reasons, without the URL that reqwest's own text repeats.
pub(crate) fn reasons(error: &(dyn Error + 'static)) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for error in chain(error) {
        let text = error.to_string();
        // rustls explains itself with a link.
        let text = text.split(": https://docs.rs/").next().unwrap_or_default().to_owned();
        // Both say no more than their kind, which is told already.
        let is_envelope = error.is::<reqwest::Error>() || text.starts_with("client error (");
        if (is_envelope && error.source().is_some()) || reasons.iter().any(|reason| reason.contains(&text)) {
            continue;
        }
        reasons.push(match text.strip_prefix("tunnel error: ") {
            Some(text) => format!("by the proxy of the environment (HTTPS_PROXY, NO_PROXY): {text}"),
            None => text,
        });
    }
    escape(&reasons.join(": "))
}

fn refused_certificate<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::CertificateError> {
    chain(error).find_map(|error| match error.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(refused)) => Some(refused),
        _ => None,
    })
}

/// An error, and whatever lies behind it.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| behind(*error))
}

/// What an error wraps. `io::Error` hides it from `source`.
fn behind<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}
