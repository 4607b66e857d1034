//! What to do with a failed attempt: a pure decision.
//!
//! A failure and the attempts so far come in; whether and when to ask again goes out. No clock, no I/O.

use std::time::Duration;

use super::failure::{Failure, Transport};
use crate::config::Backoff;

/// What a failure means for the page and for everybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// The server asks all to be slower.
    Throttled,
    /// It may pass by itself.
    Transient,
    /// The server answered, but not with this page.
    Protocol,
    /// Asking again cannot help.
    Fatal,
}

/// Attempts at a page that is throttled or fails for a passing reason.
const ATTEMPTS: u32 = 8;
/// Attempts at a page that is answered, but not with the page.
const READINGS: u32 = 4;
/// Everybody's first wait after a 429 that does not say how long.
const PAUSE: Duration = Duration::from_secs(1);

/// The class of a failure.
pub(super) fn classify(failure: &Failure) -> Class {
    match failure {
        Failure::Status { status: 429, .. } | Failure::Status { status: 403 | 503, retry_after: Some(_), .. } => {
            Class::Throttled
        }
        Failure::Status { status: 408 | 425 | 500 | 502..=504 | 520..=524 | 529, .. } => Class::Transient,
        Failure::Status { .. }
        | Failure::TooLarge { .. }
        | Failure::Identity(_)
        | Failure::Transport { kind: Transport::Certificate, .. } => Class::Fatal,
        Failure::Transport { .. } => Class::Transient,
        Failure::NoPage { .. } => Class::Protocol,
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Ask again after a wait of this page alone.
    Again(Duration),
    /// Nobody asks before the pause is over.
    Pause(Duration),
    /// Give up.
    Stop,
}

/// Decides after attempt `attempt` (from 1) has failed. `random` is from 0 to 1.
pub(super) fn decide(failure: &Failure, attempt: u32, backoff: Backoff, random: f64) -> Decision {
    let doubled = |first: Duration| first.saturating_mul(1 << (attempt - 1).min(16)).min(backoff.longest);
    match classify(failure) {
        Class::Throttled if attempt < ATTEMPTS => {
            let asked = match failure {
                Failure::Status { retry_after: Some(wait), .. } => *wait,
                _ => doubled(PAUSE),
            };
            // A floor, spread a little: never earlier than asked.
            Decision::Pause(asked + PAUSE.mul_f64(random / 4.0))
        }
        Class::Transient if attempt < ATTEMPTS => Decision::Again(doubled(backoff.first).mul_f64(random)),
        Class::Protocol if attempt < READINGS => Decision::Again(doubled(backoff.first).mul_f64(random)),
        _ => Decision::Stop,
    }
}
