//! What reqwest's errors mean: an error comes in, a kind with its reasons goes out.
//!
//! The kinds carry what matters for asking again; reasons never hold the URL.

use std::error::Error;
use std::io;

use super::failure::{Failure, Transport};
use crate::escape::escape;

/// An error before the head of the answer arrived.
pub(super) fn in_head(error: &reqwest::Error) -> Failure {
    let kind = if is_certificate(error) {
        Transport::Certificate
    } else if error.is_timeout() {
        Transport::Timeout
    } else if error.is_dns() {
        Transport::Dns
    } else if error.is_connect() {
        Transport::Connect
    } else {
        Transport::Broken
    };
    Failure::Transport { kind, text: reasons(error) }
}

/// An error in the body: whatever reqwest calls it, the answer is not whole.
pub(super) fn in_body(error: &reqwest::Error) -> Failure {
    let kind = if error.is_timeout() { Transport::Timeout } else { Transport::Body };
    Failure::Transport { kind, text: reasons(error) }
}

/// The chain of an error's reasons, without the URL that reqwest's own text repeats.
pub(super) fn reasons(error: &(dyn Error + 'static)) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for error in chain(error) {
        let text = match error.downcast_ref::<reqwest::Error>() {
            // Says no more than its kind, which is told already.
            Some(error) if error.source().is_some() => continue,
            _ => error.to_string(),
        };
        if !reasons.iter().any(|reason| reason.contains(&text)) {
            reasons.push(text);
        }
    }
    escape(&reasons.join(": "))
}

fn is_certificate(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|error| matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))))
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
