//! What to do with a failed attempt: a pure decision.
//!
//! A failure, the tries so far and how the server fares come in; whether and when to ask again goes
//! out. No clock, no I/O. The test beside it walks every status and prints the table of `classify`.

use std::time::Duration;

use super::pacer::Bearing;
use crate::api::error::{Failure, Transport};
use crate::config::{Backoff, Patience};
use crate::events::Outcome;

/// What a failure means for the page and for everybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// The server asks all to be slower: everybody waits, the rate is cut.
    Throttled,
    /// It may pass by itself: backoff with full jitter.
    Transient,
    /// The server answered, but not with this page: read again, a few times.
    Protocol,
    /// Something else stands in the place of the page: the page alone is ill, or the server is down and does not say so.
    StandIn,
    /// Asking again cannot help: all requests are dropped.
    Fatal,
}

impl Class {
    /// As it is counted.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Throttled => Outcome::Throttled,
            Self::Transient => Outcome::Unavailable,
            Self::Protocol | Self::StandIn => Outcome::NoPage,
            Self::Fatal => Outcome::Refused,
        }
    }
}

/// Probes of one page in an outage. Then another is asked for: the page may be one that never comes.
const PROBES: u32 = 3;

/// How often a page is tried before it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowed {
    /// Failures of a page, while others are answered, that make it a poisoned one.
    failures: u32,
    /// Readings of a page that is answered, but not with the page.
    readings: u32,
    /// Whether its retries count among those that a run may cost; others are bounded in their own way.
    pub pays: bool,
}

impl Allowed {
    /// For a piece of a page that has failed: a few tries, for another piece tells as much. The last one is the
    /// contact's alone.
    pub fn of_piece(is_single: bool) -> Self {
        let tries = if is_single { 4 } else { 2 };
        Self { failures: tries, readings: tries, pays: false }
    }
}

impl Default for Allowed {
    fn default() -> Self {
        Self { failures: 8, readings: 4, pays: true }
    }
}

/// The class of a failure.
pub(crate) fn classify(failure: &Failure) -> Class {
    match failure {
        Failure::Status { status: 429, .. }
        | Failure::Status { status: 403 | 503, retry_after: Some(_), .. }
        | Failure::StandIn { retry_after: Some(_), .. } => Class::Throttled,
        // Methods, versions, loops and extensions that a server refuses, a network that wants a login, and a certificate
        // that a CDN refuses (526) as this program would.
        Failure::Status { status: 501 | 505 | 506 | 508 | 510 | 511 | 526, .. }
        | Failure::Transport { kind: Transport::Certificate | Transport::Proxy, .. }
        | Failure::TooLarge { .. }
        | Failure::Identity(_) => Class::Fatal,
        // A 5xx that is not known is like 500 (RFC 9110, 15).
        Failure::Status { status: 408 | 425 | 500..=599, .. } | Failure::Transport { .. } => Class::Transient,
        Failure::NoPage { .. } => Class::Protocol,
        Failure::StandIn { .. } => Class::StandIn,
        Failure::Status { .. } => Class::Fatal,
    }
}

/// The tries at one page so far, the last included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tries {
    /// Attempts that failed in passing, but for probes in an outage.
    pub failures: u32,
    /// Answers that were not the page.
    pub readings: u32,
    /// Probes that failed.
    pub probes: u32,
    /// Answers that all pages had when this one failed first.
    pub answers_before: u64,
    /// Whether another page was asked for since.
    pub asked_other: bool,
    /// How many there may be.
    pub allowed: Allowed,
}

impl Tries {
    /// Whether the reading that comes next is the last one.
    pub fn is_last_reading(self) -> bool {
        self.readings + 1 >= self.allowed.readings
    }

    /// Whether nothing has failed yet, or since all was tried anew.
    pub fn are_new(self) -> bool {
        self.failures + self.readings == 0 && !self.asked_other
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Ask again after a wait of this page's own; the pacer may add to it.
    Again(Duration),
    /// Ask for another page, to tell a page that fails alone from an outage.
    AskOther,
    /// Give the page up, and so the run.
    Stop(Stop),
}

/// Why a run stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The page cannot be had.
    Page,
    /// The server has been failing for too long.
    Outage,
    /// The server asks to be left in peace for too long.
    Throttled,
}

/// Decides after an attempt has failed. `random` is from 0 to 1, `probe` says that the attempt asked for everybody.
pub(super) fn decide(
    failure: &Failure,
    probe: bool,
    tries: Tries,
    bearing: Bearing,
    (patience, backoff): (Patience, Backoff),
    random: f64,
) -> Decision {
    let wait = |tries: u32| {
        let bound = backoff.first.saturating_mul(1 << (tries.saturating_sub(1)).min(16)).min(backoff.longest);
        if bearing.paid { bound.mul_f64(random) } else { backoff.longest }
    };
    match classify(failure) {
        Class::Throttled => {
            let told = failure.retry_after().unwrap_or_default();
            if told > patience.retry_after || bearing.pageless_for > patience.outage {
                Decision::Stop(Stop::Throttled)
            } else {
                Decision::Again(Duration::ZERO)
            }
        }
        // A server that has only ever given pages that contradict themselves is not down.
        class @ (Class::Transient | Class::Protocol | Class::StandIn)
            if bearing.failing_for >= patience.outage && (class != Class::Protocol || bearing.pages > 0) =>
        {
            Decision::Stop(Stop::Outage)
        }
        Class::Transient | Class::Protocol | Class::StandIn if probe && tries.probes < PROBES => {
            Decision::Again(Duration::ZERO)
        }
        Class::Transient if probe => Decision::AskOther,
        Class::Transient if tries.failures < tries.allowed.failures => Decision::Again(wait(tries.failures)),
        Class::Transient if bearing.answers > tries.answers_before => Decision::Stop(Stop::Page),
        Class::Transient => Decision::AskOther,
        Class::Protocol | Class::StandIn if !tries.asked_other && (probe || tries.is_last_reading()) => {
            Decision::AskOther
        }
        Class::Protocol | Class::StandIn if tries.readings < tries.allowed.readings => {
            Decision::Again(wait(tries.readings))
        }
        Class::Protocol | Class::StandIn | Class::Fatal => Decision::Stop(Stop::Page),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Write;

    use super::*;
    use crate::api::error::ServerMessage;

    const CONFIG: (Patience, Backoff) = (
        Patience { outage: Duration::from_mins(15), retry_after: Duration::from_mins(10), deadline: None },
        Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(30) },
    );
    const BEARING: Bearing =
        Bearing { answers: 5, pages: 5, failing_for: Duration::ZERO, pageless_for: Duration::ZERO, paid: true };

    fn status(status: u16, retry_after: Option<u64>) -> Failure {
        let retry_after = retry_after.map(Duration::from_secs);
        Failure::Status { status, said: ServerMessage::default(), retry_after, location: None }
    }

    fn no_page() -> Failure {
        Failure::NoPage { reason: "no page".into(), said: ServerMessage::default() }
    }

    fn stand_in(retry_after: Option<Duration>) -> Failure {
        Failure::StandIn { reason: "no page".into(), said: ServerMessage::default(), retry_after }
    }

    /// Every status with and without Retry-After, and every other kind of failure.
    fn every_failure() -> Vec<(String, Failure)> {
        let statuses = (100..=599).filter(|number| *number != 200);
        let mut all: Vec<_> = statuses
            .flat_map(|number| {
                [
                    (number.to_string(), status(number, None)),
                    (format!("{number} with Retry-After"), status(number, Some(1))),
                ]
            })
            .collect();
        let kinds = [
            Transport::Dns,
            Transport::Connect,
            Transport::Proxy,
            Transport::Certificate,
            Transport::Timeout,
            Transport::Broken,
            Transport::Body,
        ];
        all.extend(kinds.map(|kind| (format!("{kind:?}"), Failure::Transport { kind, text: String::new() })));
        all.push(("no page".into(), no_page()));
        all.push(("stand-in".into(), stand_in(None)));
        all.push(("stand-in with Retry-After".into(), stand_in(Some(Duration::from_secs(1)))));
        all.push(("too large".into(), Failure::TooLarge { limit: 1 }));
        all.push(("no identity".into(), Failure::Identity(String::new())));
        all
    }

    #[test]
    fn every_outcome_has_the_class_that_the_table_says() {
        let mut table: BTreeMap<Class, Vec<String>> = BTreeMap::new();
        for (name, failure) in every_failure() {
            table.entry(classify(&failure)).or_default().push(name);
        }
        let mut printed = String::new();
        for (class, names) in &table {
            // Statuses with Retry-After are shown where they differ from those without.
            let shown: Vec<_> = names
                .iter()
                .filter(|name| !names.contains(&name.replace(" with Retry-After", "")) || !name.contains("with"))
                .collect();
            let fatal = shown.iter().filter(|name| name.parse::<u16>().is_ok()).count();
            let listed = if fatal > 2 {
                let others: Vec<_> =
                    shown.iter().filter(|name| name.parse::<u16>().is_err()).map(|name| name.as_str()).collect();
                format!("{fatal} other statuses, {}", others.join(", "))
            } else {
                shown.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
            };
            writeln!(printed, "{class:?}: {listed}").unwrap();
        }
        println!("{printed}");
        assert_eq!(
            printed,
            "Throttled: 403 with Retry-After, 429, 503 with Retry-After, stand-in with Retry-After\n\
             Transient: 95 other statuses, Dns, Connect, Timeout, Broken, Body\n\
             Protocol: no page\n\
             StandIn: stand-in\n\
             Fatal: 403 other statuses, Proxy, Certificate, too large, no identity\n"
        );
        for transient in [408, 425, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 525, 527, 529, 530, 598, 599]
        {
            assert_eq!(classify(&status(transient, None)), Class::Transient, "{transient}");
        }
        for fatal in [301, 302, 307, 400, 401, 403, 404, 405, 407, 410, 422, 501, 505, 506, 508, 510, 511, 526] {
            assert_eq!(classify(&status(fatal, None)), Class::Fatal, "{fatal}");
        }
    }

    fn after(failure: &Failure, tries: Tries, bearing: Bearing) -> Decision {
        decide(failure, false, tries, bearing, CONFIG, 0.5)
    }

    #[test]
    fn waits_double_up_to_the_longest_with_full_jitter() {
        let failed = |failures| Tries { failures, ..Tries::default() };
        let wait = |failures| after(&status(500, None), failed(failures), BEARING);
        assert_eq!(wait(1), Decision::Again(Duration::from_millis(250)));
        assert_eq!(wait(4), Decision::Again(Duration::from_secs(2)));
        assert_eq!(wait(7), Decision::Again(Duration::from_secs(15)));
        let unpaid = Bearing { paid: false, ..BEARING };
        assert_eq!(after(&status(500, None), failed(1), unpaid), Decision::Again(Duration::from_secs(30)));
    }

    #[test]
    fn a_page_that_fails_while_others_are_answered_is_poisoned() {
        let tries = Tries { failures: 8, answers_before: 4, ..Tries::default() };
        assert_eq!(after(&status(500, None), tries, BEARING), Decision::Stop(Stop::Page));
        let alone = Tries { answers_before: 5, ..tries };
        assert_eq!(after(&status(500, None), alone, BEARING), Decision::AskOther);
    }

    #[test]
    fn an_outage_is_waited_for_and_its_probes_cost_a_page_nothing() {
        let long = Bearing { failing_for: Duration::from_mins(14), ..BEARING };
        let tries = Tries { failures: 100, ..Tries::default() };
        assert_eq!(decide(&status(500, None), true, tries, long, CONFIG, 0.5), Decision::Again(Duration::ZERO));
        let often = Tries { probes: 3, ..tries };
        assert_eq!(decide(&status(500, None), true, often, long, CONFIG, 0.5), Decision::AskOther);
        let too_long = Bearing { failing_for: Duration::from_mins(15), ..BEARING };
        assert_eq!(decide(&status(500, None), true, tries, too_long, CONFIG, 0.5), Decision::Stop(Stop::Outage));
    }

    #[test]
    fn a_throttling_server_is_obeyed_unless_it_asks_too_much() {
        let again = Decision::Again(Duration::ZERO);
        assert_eq!(after(&status(429, None), Tries::default(), BEARING), again);
        assert_eq!(after(&status(503, Some(600)), Tries::default(), BEARING), again);
        assert_eq!(after(&status(429, Some(601)), Tries::default(), BEARING), Decision::Stop(Stop::Throttled));
        let pageless = Bearing { pageless_for: Duration::from_mins(16), ..BEARING };
        assert_eq!(after(&status(429, None), Tries::default(), pageless), Decision::Stop(Stop::Throttled));
    }

    #[test]
    fn a_page_that_is_none_is_read_four_times_and_once_after_another() {
        for failure in [no_page(), stand_in(None)] {
            let read =
                |readings, asked_other| after(&failure, Tries { readings, asked_other, ..Tries::default() }, BEARING);
            assert!(matches!(read(2, false), Decision::Again(_)));
            assert_eq!(read(3, false), Decision::AskOther);
            assert!(matches!(read(3, true), Decision::Again(_)));
            assert_eq!(read(4, true), Decision::Stop(Stop::Page));
        }
    }

    #[test]
    fn where_no_page_at_all_comes_it_is_an_outage() {
        let down = Bearing { failing_for: Duration::from_mins(15), ..BEARING };
        for failure in [no_page(), stand_in(None)] {
            let probe = |probes| decide(&failure, true, Tries { probes, ..Tries::default() }, BEARING, CONFIG, 0.5);
            assert_eq!([probe(2), probe(3)], [Decision::Again(Duration::ZERO), Decision::AskOther]);
            assert_eq!(after(&failure, Tries::default(), down), Decision::Stop(Stop::Outage));
        }
        let never = Bearing { pages: 0, ..down };
        assert_eq!(after(&stand_in(None), Tries::default(), never), Decision::Stop(Stop::Outage));
        assert!(matches!(after(&no_page(), Tries::default(), never), Decision::Again(_)));
    }

    #[test]
    fn what_cannot_be_had_is_given_up_at_once() {
        assert_eq!(after(&status(404, None), Tries::default(), BEARING), Decision::Stop(Stop::Page));
    }
}
