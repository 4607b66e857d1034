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
    let outage = retry_limits.outage;
    match failure.class {
        // Pages arrive, or have until just now: if this is an outage, the next failure shows it.
        FailureClass::RateLimited if failure.may_be_refusal() => Decision::Retry(Duration::ZERO),
        FailureClass::RateLimited => {
            let told = failure.retry_after().unwrap_or_default();
            if told > retry_limits.retry_after || server.pageless_for > outage {
                Decision::FailRateLimited
            } else {
                Decision::Retry(Duration::ZERO)
            }
        }
        class if !class.may_pass() => Decision::FailPage,
        // Before the server is given up: it may only be this page.
        FailureClass::NotAPage
            if attempts.limits.is_planned
                && attempts.lasted(server) >= outage
                && server.pages > 0
                && !attempts.other_read =>
        {
            Decision::ReadOther
        }
        // A server whose pages have always contradicted themselves is not down.
        class if server.failing_for >= outage && (class != FailureClass::InvalidPage || server.pages > 0) => {
            Decision::FailOutage
        }
        _ if probe && attempts.probes < PROBES => Decision::Retry(Duration::ZERO),
        // A maintenance page, or a JSON error: it comes from the server or a proxy, and says nothing about contacts.
        FailureClass::NotAPage if attempts.limits.is_planned && attempts.lasted(server) < outage => {
            if probe {
                Decision::Retry(Duration::ZERO)
            } else {
                wait(attempts.readings)
            }
        }
        FailureClass::Transient if probe => Decision::ReadOther,
        FailureClass::Transient if attempts.failures < attempts.limits.failures => wait(attempts.failures),
        FailureClass::InvalidPage | FailureClass::NotAPage
            if !attempts.other_read && (probe || attempts.is_last_reading()) =>
        {
            Decision::ReadOther
        }
        FailureClass::InvalidPage | FailureClass::NotAPage if attempts.readings < attempts.limits.readings => {
            wait(attempts.readings)
        }
        _ if attempts.fail_alone(server) => Decision::FailPage,
        _ if attempts.lasted(server) >= outage => Decision::FailOutage,
        _ => Decision::ReadOther,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{FailureKind, ServerMessage};
    use crate::fetch::attempts::{AttemptLimits, FirstFailure};

    const CONFIG: (RetryLimits, Backoff) = (
        RetryLimits { outage: Duration::from_mins(15), retry_after: Duration::from_mins(10), deadline: None },
        Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(30) },
    );
    /// Of pages of which one has failed.
    const SERVER: ServerState = ServerState {
        now: Duration::from_secs(20),
        pages: 5,
        failed: 1,
        failing_for: Duration::ZERO,
        pageless_for: Duration::ZERO,
        paid: true,
    };

    /// Attempts at a page that first failed when so many pages had arrived.
    fn since(pages: u64) -> Attempts {
        let first = FirstFailure { at: Duration::from_secs(10), pages, settled: 0 };
        Attempts { first: Some(first), ..Attempts::default() }
    }

    fn status(status: u16, retry_after: Option<u64>) -> Failure {
        let retry_after = retry_after.map(Duration::from_secs);
        let message = ServerMessage::default();
        let (is_rate_limit, denies_contact, location) = (false, false, None);
        FailureKind::Status { status, message, retry_after, is_rate_limit, denies_contact, location }.into()
    }

    fn invalid_page() -> Failure {
        FailureKind::InvalidPage { reason: "no page".into(), message: ServerMessage::default() }.into()
    }

    fn not_a_page() -> Failure {
        let (reason, message) = ("no page".into(), ServerMessage::default());
        FailureKind::NotAPage { reason, message, retry_after: None, is_rate_limit: false }.into()
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
        for failure in [status(500, None), status(503, None)] {
            let attempts = Attempts { failures: 8, ..since(4) };
            assert_eq!(after(&failure, attempts, SERVER), Decision::FailPage);
            let nothing_else = Attempts { failures: 8, ..since(5) };
            assert_eq!(after(&failure, nothing_else, SERVER), Decision::ReadOther);
        }
    }

    #[test]
    fn pages_that_fail_alike_are_not_broken() {
        let alike = ServerState { failed: 16, ..SERVER };
        for (failure, attempts) in [
            (status(500, None), Attempts { failures: 8, ..since(4) }),
            (status(503, None), Attempts { failures: 8, ..since(4) }),
            (invalid_page(), Attempts { readings: 4, other_read: true, ..since(4) }),
        ] {
            assert_eq!(after(&failure, attempts, alike), Decision::ReadOther);
            let late = ServerState { now: Duration::from_mins(16), ..alike };
            assert_eq!(after(&failure, attempts, late), Decision::FailOutage);
        }
    }

    #[test]
    fn a_503_taken_as_rate_limiting_is_retried_at_the_learned_rate() {
        let refused = status(503, None).into_refusal();
        let attempts = Attempts { failures: 100, ..since(4) };
        // The pages were not asked for: a slow reader of the output held the run.
        let idle = ServerState { pageless_for: Duration::from_hours(1), ..SERVER };
        assert_eq!(after(&refused, attempts, idle), Decision::Retry(Duration::ZERO));
    }

    #[test]
    fn a_maintenance_page_is_waited_for_like_an_outage() {
        let attempts = Attempts { readings: 100, ..since(4) };
        assert!(matches!(after(&not_a_page(), attempts, SERVER), Decision::Retry(_)));
        assert_eq!(
            decide(&not_a_page(), true, Attempts { probes: 9, ..attempts }, SERVER, CONFIG, 0.5),
            Decision::Retry(Duration::ZERO)
        );
        let late = ServerState { now: Duration::from_mins(16), ..SERVER };
        assert_eq!(after(&not_a_page(), attempts, late), Decision::ReadOther);
        let other_read = Attempts { other_read: true, ..attempts };
        assert_eq!(after(&not_a_page(), other_read, late), Decision::FailPage, "only this page has failed");
        assert_eq!(after(&not_a_page(), other_read, ServerState { failed: 16, ..late }), Decision::FailOutage);
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
        let piece = AttemptLimits::of_piece(true);
        for (failure, limits) in
            [(invalid_page(), AttemptLimits::default()), (invalid_page(), piece), (not_a_page(), piece)]
        {
            let read =
                |readings, other_read| after(&failure, Attempts { readings, other_read, limits, ..since(5) }, SERVER);
            assert!(matches!(read(2, false), Decision::Retry(_)));
            assert_eq!(read(3, false), Decision::ReadOther);
            assert!(matches!(read(3, true), Decision::Retry(_)));
            assert_eq!(read(4, true), Decision::FailPage);
        }
    }

    #[test]
    fn a_server_that_returns_no_pages_is_down() {
        let down = ServerState { failing_for: Duration::from_mins(15), ..SERVER };
        let probe =
            |probes| decide(&invalid_page(), true, Attempts { probes, ..Attempts::default() }, SERVER, CONFIG, 0.5);
        assert_eq!([probe(2), probe(3)], [Decision::Retry(Duration::ZERO), Decision::ReadOther]);
        for failure in [invalid_page(), not_a_page()] {
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
