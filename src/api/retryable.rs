//! Which failures are worth a retry: the table from statuses and errors to classes.
//!
//! What is done about a class is decided in `fetch/retry.rs`.

use std::fmt;
use std::time::Duration;

use super::failure::{FailureKind, PROXY_AUTHENTICATION, Transport};
use super::refusal::RATE_LIMITED;
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

    /// Whether only the other pages can tell what this means: a 503 that says nothing about a rate limit. Beside pages that
    /// succeed it is a refusal, such as that of nginx's `limit_req`; otherwise the server is down.
    pub(crate) fn may_be_refusal(&self) -> bool {
        matches!(self.kind, FailureKind::Status { status: 503, retry_after: None, is_rate_limit: false, .. })
    }

    /// The same failure, taken as rate limiting.
    pub(crate) fn into_refusal(self) -> Self {
        Self { class: FailureClass::RateLimited, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        let is_explicit = matches!(self.kind, FailureKind::Status { status, .. } if RATE_LIMITED.contains(&status));
        if self.class == FailureClass::RateLimited && !is_explicit {
            f.write_str("; taken as rate limiting")?;
        }
        Ok(())
    }
}

fn classify(kind: &FailureKind) -> FailureClass {
    match kind {
        FailureKind::Status { status, .. } if RATE_LIMITED.contains(status) => FailureClass::RateLimited,
        // As GitHub answers a used-up quota. A 502 or 504 comes from a proxy whose server does not respond.
        FailureKind::Status { status: 403 | 503, retry_after, is_rate_limit, .. }
        | FailureKind::NotAPage { retry_after, is_rate_limit, .. }
            if retry_after.is_some() || *is_rate_limit =>
        {
            FailureClass::RateLimited
        }
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

    /// What a response says about rate limits besides its status.
    #[derive(Clone, Copy, PartialEq)]
    enum Says {
        Nothing,
        RetryAfter,
        RateLimit,
    }

    impl Says {
        const ALL: [(&str, Self); 3] =
            [("", Self::Nothing), (" with Retry-After", Self::RetryAfter), (" called a rate limit", Self::RateLimit)];

        fn retry_after(self) -> Option<Duration> {
            (self == Self::RetryAfter).then_some(Duration::from_secs(1))
        }
    }

    fn status(status: u16, says: Says) -> FailureKind {
        let (retry_after, is_rate_limit) = (says.retry_after(), says == Says::RateLimit);
        FailureKind::Status {
            status,
            message: ServerMessage::default(),
            retry_after,
            is_rate_limit,
            denies_contact: false,
            location: None,
        }
    }

    fn not_a_page(says: Says) -> FailureKind {
        let (retry_after, is_rate_limit) = (says.retry_after(), says == Says::RateLimit);
        FailureKind::NotAPage {
            reason: "no page".into(),
            message: ServerMessage::default(),
            retry_after,
            is_rate_limit,
        }
    }

    /// Every status with all that it may say about rate limits, and every other kind of failure.
    fn every_failure() -> Vec<(String, FailureKind)> {
        let statuses = (100..=599).filter(|number| *number != 200);
        let mut all: Vec<_> = statuses
            .flat_map(|number| Says::ALL.map(|(text, says)| (format!("{number}{text}"), status(number, says))))
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
        all.extend(Says::ALL.map(|(text, says)| (format!("not a page{text}"), not_a_page(says))));
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
            // What a response says about rate limits is shown only if it makes a difference.
            let without =
                |name: &str| Says::ALL[1..].iter().find_map(|(text, _)| name.strip_suffix(text).map(str::to_owned));
            let shown: Vec<_> =
                names.iter().filter(|name| without(name).is_none_or(|without| !names.contains(&without))).collect();
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
            "RateLimited: 403 with Retry-After, 403 called a rate limit, 420, 429, 503 with Retry-After, 503 called a rate \
             limit, 529, not a page with Retry-After, not a page called a rate limit\n\
             Transient: 94 other statuses, Dns, Connect, Timeout, Broken, Body\n\
             InvalidPage: invalid page\n\
             NotAPage: not a page\n\
             Unauthorized: 401, 403\n\
             Unreachable: 407, 501, 505, 506, 508, 510, 511, 526, Proxy, Certificate\n\
             Rejected: 392 other statuses, too large, no id\n"
        );
        for transient in [408, 425, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 525, 527, 530, 598, 599] {
            assert_eq!(classify(&status(transient, Says::Nothing)), FailureClass::Transient, "{transient}");
        }
        for fatal in [301, 302, 307, 400, 401, 403, 404, 405, 407, 410, 422, 501, 505, 506, 508, 510, 511, 526] {
            let class = classify(&status(fatal, Says::Nothing));
            assert!(!class.may_pass() && class != FailureClass::RateLimited, "{fatal}");
        }
    }

    #[test]
    fn only_a_silent_503_is_judged_by_the_other_pages() {
        let asks = |kind: FailureKind| Failure::from(kind).may_be_refusal();
        assert!(asks(status(503, Says::Nothing)));
        for number in [429, 500, 502, 504, 529] {
            assert!(!asks(status(number, Says::Nothing)), "{number}");
        }
        assert!(!asks(status(503, Says::RetryAfter)) && !asks(status(503, Says::RateLimit)));
    }

    #[test]
    fn a_failure_says_that_it_is_taken_as_rate_limiting() {
        let text = |number| Failure::from(status(number, Says::Nothing)).into_refusal().to_string();
        assert_eq!(text(503), "the server answered 503; taken as rate limiting");
        assert_eq!(text(429), "the server answered 429");
    }
}
