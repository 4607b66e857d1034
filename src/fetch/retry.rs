//! Whether, when and how a failed page is retried: a pure decision, without clock or I/O.
//!
//! Which failures are worth a retry is in `api/retryable.rs`.

use std::time::Duration;

use super::attempts::{Attempts, ServerState};
use crate::api::Failure;
use crate::config::{Backoff, RetryLimits};
use crate::page::FailureClass;

/// Failed probes of one page in an outage, after which another page is probed: this one may be broken.
const PROBES: u32 = 3;

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Retry after this wait; the pacer may add to it.
    Retry(Duration),
    /// Read another page first, to tell a broken page from an outage.
    ReadOther,
    /// Give up: this page cannot be read.
    FailPage,
    /// Give up: the server has been failing for too long.
    FailOutage,
    /// Give up: the server has been rate limiting for too long, or asks for too long a wait.
    FailRateLimited,
}

/// Decides after a failed attempt. `random` is from 0 to 1; `probe` if the attempt was a probe in an outage.
pub(super) fn decide(
    failure: &Failure,
    probe: bool,
    attempts: Attempts,
    server: ServerState,
    (retry_limits, backoff): (RetryLimits, Backoff),
    random: f64,
) -> Decision {
    let wait = |attempts: u32| {
        let bound = backoff.first.saturating_mul(1 << (attempts.saturating_sub(1)).min(16)).min(backoff.longest);
        Decision::Retry(if server.paid { bound.mul_f64(random) } else { backoff.longest })
    };
    match failure.class {
        FailureClass::RateLimited => {
            let told = failure.retry_after().unwrap_or_default();
            if told > retry_limits.retry_after || server.pageless_for > retry_limits.outage {
                Decision::FailRateLimited
            } else {
                Decision::Retry(Duration::ZERO)
            }
        }
        class if !class.may_pass() => Decision::FailPage,
        // A server whose pages have always contradicted themselves is not down.
        class
            if server.failing_for >= retry_limits.outage
                && (class != FailureClass::InvalidPage || server.pages > 0) =>
        {
            Decision::FailOutage
        }
        _ if probe && attempts.probes < PROBES => Decision::Retry(Duration::ZERO),
        FailureClass::Transient if probe => Decision::ReadOther,
        FailureClass::Transient if attempts.failures < attempts.limits.failures => wait(attempts.failures),
        FailureClass::Transient if server.answers > attempts.answers_before => Decision::FailPage,
        FailureClass::Transient => Decision::ReadOther,
        _ if !attempts.other_read && (probe || attempts.is_last_reading()) => Decision::ReadOther,
        _ if attempts.readings < attempts.limits.readings => wait(attempts.readings),
        _ => Decision::FailPage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{FailureKind, ServerMessage};

    const CONFIG: (RetryLimits, Backoff) = (
        RetryLimits { outage: Duration::from_mins(15), retry_after: Duration::from_mins(10), deadline: None },
        Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(30) },
    );
    const SERVER: ServerState =
        ServerState { answers: 5, pages: 5, failing_for: Duration::ZERO, pageless_for: Duration::ZERO, paid: true };

    fn status(status: u16, retry_after: Option<u64>) -> Failure {
        let retry_after = retry_after.map(Duration::from_secs);
        FailureKind::Status { status, message: ServerMessage::default(), retry_after, location: None }.into()
    }

    fn invalid_page() -> Failure {
        FailureKind::InvalidPage { reason: "no page".into(), message: ServerMessage::default() }.into()
    }

    fn not_a_page() -> Failure {
        FailureKind::NotAPage { reason: "no page".into(), message: ServerMessage::default(), retry_after: None }.into()
    }

    fn after(failure: &Failure, attempts: Attempts, server: ServerState) -> Decision {
        decide(failure, false, attempts, server, CONFIG, 0.5)
    }

    #[test]
    fn waits_double_with_full_jitter() {
        let failed = |failures| Attempts { failures, ..Attempts::default() };
        let wait = |failures| after(&status(500, None), failed(failures), SERVER);
        assert_eq!(wait(1), Decision::Retry(Duration::from_millis(250)));
        assert_eq!(wait(4), Decision::Retry(Duration::from_secs(2)));
        assert_eq!(wait(7), Decision::Retry(Duration::from_secs(15)));
        let unpaid = ServerState { paid: false, ..SERVER };
        assert_eq!(after(&status(500, None), failed(1), unpaid), Decision::Retry(Duration::from_secs(30)));
    }

    #[test]
    fn a_page_that_fails_while_others_succeed_is_broken() {
        let attempts = Attempts { failures: 8, answers_before: 4, ..Attempts::default() };
        assert_eq!(after(&status(500, None), attempts, SERVER), Decision::FailPage);
        let alone = Attempts { answers_before: 5, ..attempts };
        assert_eq!(after(&status(500, None), alone, SERVER), Decision::ReadOther);
    }

    #[test]
    fn probes_in_an_outage_do_not_use_up_attempts() {
        let long = ServerState { failing_for: Duration::from_mins(14), ..SERVER };
        let attempts = Attempts { failures: 100, ..Attempts::default() };
        assert_eq!(decide(&status(500, None), true, attempts, long, CONFIG, 0.5), Decision::Retry(Duration::ZERO));
        let often = Attempts { probes: 3, ..attempts };
        assert_eq!(decide(&status(500, None), true, often, long, CONFIG, 0.5), Decision::ReadOther);
        let too_long = ServerState { failing_for: Duration::from_mins(15), ..SERVER };
        assert_eq!(decide(&status(500, None), true, attempts, too_long, CONFIG, 0.5), Decision::FailOutage);
    }

    #[test]
    fn rate_limits_are_obeyed_within_the_retry_limits() {
        let again = Decision::Retry(Duration::ZERO);
        assert_eq!(after(&status(429, None), Attempts::default(), SERVER), again);
        assert_eq!(after(&status(503, Some(600)), Attempts::default(), SERVER), again);
        assert_eq!(after(&status(429, Some(601)), Attempts::default(), SERVER), Decision::FailRateLimited);
        let pageless = ServerState { pageless_for: Duration::from_mins(16), ..SERVER };
        assert_eq!(after(&status(429, None), Attempts::default(), pageless), Decision::FailRateLimited);
    }

    #[test]
    fn an_invalid_page_is_read_four_times() {
        for failure in [invalid_page(), not_a_page()] {
            let read = |readings, other_read| {
                after(&failure, Attempts { readings, other_read, ..Attempts::default() }, SERVER)
            };
            assert!(matches!(read(2, false), Decision::Retry(_)));
            assert_eq!(read(3, false), Decision::ReadOther);
            assert!(matches!(read(3, true), Decision::Retry(_)));
            assert_eq!(read(4, true), Decision::FailPage);
        }
    }

    #[test]
    fn a_server_that_returns_no_pages_is_down() {
        let down = ServerState { failing_for: Duration::from_mins(15), ..SERVER };
        for failure in [invalid_page(), not_a_page()] {
            let probe =
                |probes| decide(&failure, true, Attempts { probes, ..Attempts::default() }, SERVER, CONFIG, 0.5);
            assert_eq!([probe(2), probe(3)], [Decision::Retry(Duration::ZERO), Decision::ReadOther]);
            assert_eq!(after(&failure, Attempts::default(), down), Decision::FailOutage);
        }
        let never = ServerState { pages: 0, ..down };
        assert_eq!(after(&not_a_page(), Attempts::default(), never), Decision::FailOutage);
        assert!(matches!(after(&invalid_page(), Attempts::default(), never), Decision::Retry(_)));
    }

    #[test]
    fn permanent_failures_are_not_retried() {
        assert_eq!(after(&status(404, None), Attempts::default(), SERVER), Decision::FailPage);
    }
}
