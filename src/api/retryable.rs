//! Which failures are worth a retry: the table from statuses and errors to classes.
//!
//! What is done about a class is decided in `fetch/retry.rs`.

use std::fmt;
use std::time::Duration;

use super::failure::{FailureKind, PROXY_AUTHENTICATION, Transport};
use crate::page::FailureClass;

/// How one request for a page failed, and what that means.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Whether and how it is retried.
    pub class: FailureClass,
    /// What went wrong.
    pub kind: FailureKind,
}

impl From<FailureKind> for Failure {
    fn from(kind: FailureKind) -> Self {
        Self { class: classify(&kind), kind }
    }
}

impl Failure {
    /// How long the server asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            FailureKind::Status { retry_after, .. } | FailureKind::NotAPage { retry_after, .. } => retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

fn classify(kind: &FailureKind) -> FailureClass {
    match kind {
        FailureKind::Status { status: 429, .. }
        | FailureKind::Status { status: 403 | 503, retry_after: Some(_), .. }
        | FailureKind::NotAPage { retry_after: Some(_), .. } => FailureClass::RateLimited,
        FailureKind::Status { status: 401 | 403, .. } => FailureClass::Unauthorized,
        // Unsupported methods, versions, loops and extensions, a network that requires a login, and a TLS certificate
        // that a CDN rejects (526), as this program would.
        FailureKind::Status {
            status: PROXY_AUTHENTICATION | 501 | 505 | 506 | 508 | 510 | 511 | 526 | 600.., ..
        }
        | FailureKind::Transport { at: Transport::Certificate | Transport::Proxy, .. } => FailureClass::Unreachable,
        // An unknown 5xx is equivalent to 500 (RFC 9110, section 15).
        FailureKind::Status { status: 408 | 425 | 500..=599, .. } | FailureKind::Transport { .. } => {
            FailureClass::Transient
        }
        FailureKind::InvalidPage { .. } => FailureClass::InvalidPage,
        FailureKind::NotAPage { .. } => FailureClass::NotAPage,
        FailureKind::Status { .. } | FailureKind::TooLarge { .. } | FailureKind::Identity(_) => FailureClass::Rejected,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Write;

    use super::*;
    use crate::api::failure::ServerMessage;

    fn status(status: u16, retry_after: Option<u64>) -> FailureKind {
        let retry_after = retry_after.map(Duration::from_secs);
        FailureKind::Status { status, message: ServerMessage::default(), retry_after, location: None }
    }

    fn not_a_page(retry_after: Option<Duration>) -> FailureKind {
        FailureKind::NotAPage { reason: "no page".into(), message: ServerMessage::default(), retry_after }
    }

    /// Every status with and without Retry-After, and every other kind of failure.
    fn every_failure() -> Vec<(String, FailureKind)> {
        let statuses = (100..=599).filter(|number| *number != 200);
        let mut all: Vec<_> = statuses
            .flat_map(|number| {
                [
                    (number.to_string(), status(number, None)),
                    (format!("{number} with Retry-After"), status(number, Some(1))),
                ]
            })
            .collect();
        let transports = [
            Transport::Dns,
            Transport::Connect,
            Transport::Proxy,
            Transport::Certificate,
            Transport::Timeout,
            Transport::Broken,
            Transport::Body,
        ];
        all.extend(transports.map(|at| (format!("{at:?}"), FailureKind::Transport { at, text: String::new() })));
        let invalid = FailureKind::InvalidPage { reason: "no page".into(), message: ServerMessage::default() };
        all.push(("invalid page".into(), invalid));
        all.push(("not a page".into(), not_a_page(None)));
        all.push(("not a page with Retry-After".into(), not_a_page(Some(Duration::from_secs(1)))));
        all.push(("too large".into(), FailureKind::TooLarge { limit: 1 }));
        all.push(("no id".into(), FailureKind::Identity(String::new())));
        all
    }

    #[test]
    fn every_failure_has_the_class_of_the_table() {
        let mut table: BTreeMap<FailureClass, Vec<String>> = BTreeMap::new();
        for (name, kind) in every_failure() {
            table.entry(classify(&kind)).or_default().push(name);
        }
        let mut printed = String::new();
        for (class, names) in &table {
            // Statuses with Retry-After are shown only if they differ from those without.
            let shown: Vec<_> = names
                .iter()
                .filter(|name| {
                    let without = name.strip_suffix(" with Retry-After");
                    without.is_none_or(|without| !names.iter().any(|name| name == without))
                })
                .collect();
            let statuses = shown.iter().filter(|name| name.parse::<u16>().is_ok()).count();
            let listed = if statuses > 8 {
                let others: Vec<_> =
                    shown.iter().filter(|name| name.parse::<u16>().is_err()).map(|name| name.as_str()).collect();
                format!("{statuses} other statuses, {}", others.join(", "))
            } else {
                shown.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
            };
            writeln!(printed, "{class:?}: {listed}").unwrap();
        }
        println!("{printed}");
        assert_eq!(
            printed,
            "RateLimited: 403 with Retry-After, 429, 503 with Retry-After, not a page with Retry-After\n\
             Transient: 95 other statuses, Dns, Connect, Timeout, Broken, Body\n\
             InvalidPage: invalid page\n\
             NotAPage: not a page\n\
             Unauthorized: 401, 403\n\
             Unreachable: 407, 501, 505, 506, 508, 510, 511, 526, Proxy, Certificate\n\
             Rejected: 393 other statuses, too large, no id\n"
        );
        for transient in [408, 425, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 525, 527, 529, 530, 598, 599]
        {
            assert_eq!(classify(&status(transient, None)), FailureClass::Transient, "{transient}");
        }
        for fatal in [301, 302, 307, 400, 401, 403, 404, 405, 407, 410, 422, 501, 505, 506, 508, 510, 511, 526] {
            let class = classify(&status(fatal, None));
            assert!(!class.may_pass() && class != FailureClass::RateLimited, "{fatal}");
        }
    }
}
