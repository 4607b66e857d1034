//! How long a run will take: the rate controller against a server that answers after a fixed time, and has at most a limit.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::controller::RateController;
use super::spacing::{NextSend, Ticket};
use crate::config::{KnownRate, Pacing, Rate};

/// Requests that a server with a limit admits at once after a pause, in seconds of its limit.
const BURST: f64 = 1.0;

/// What a run will find.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conditions {
    pub pacing: Pacing,
    pub concurrency: NonZeroUsize,
    /// Time from a request to its response.
    pub latency: Duration,
    /// The rate above which the server refuses requests, if it has a limit.
    pub limit: Option<Rate>,
}

/// The limit of a server.
struct Limit {
    per_second: f64,
    /// When the bucket is full.
    full: f64,
}

impl Limit {
    /// Admits a request at `now`, or returns the whole seconds until one is admitted, as servers say them.
    fn admit(&mut self, now: f64) -> Result<(), Duration> {
        let full = self.full.max(now) + self.per_second.recip();
        let early = full - now - BURST;
        if early > 0.0 {
            return Err(Duration::from_secs_f64(early.ceil()));
        }
        self.full = full;
        Ok(())
    }
}

/// The time that a run takes whose requests come in `steps`: those of a step are sent once the step before is answered.
pub(crate) fn duration(conditions: &Conditions, steps: &[u64]) -> Duration {
    let Conditions { pacing, concurrency, latency, limit } = *conditions;
    let (ceiling, known) = KnownRate::of(pacing);
    let mut controller = RateController::new(concurrency, ceiling, known);
    let mut limit = limit.map(|rate| Limit { per_second: rate.per_second(), full: 0.0 });
    let mut now = Duration::ZERO;
    let mut left: u64 = steps.iter().sum();
    for step in steps {
        let mut to_send = *step;
        let mut in_flight: VecDeque<(Duration, Ticket, Result<(), Duration>)> = VecDeque::new();
        while to_send > 0 || !in_flight.is_empty() {
            let arrives = in_flight.front().map(|(arrives, ..)| Reverse(*arrives));
            let sends = match controller.may_send_at(now) {
                NextSend::At(time) if to_send > 0 => Some(Reverse(time)),
                _ => None,
            };
            match sends {
                Some(Reverse(time)) if sends >= arrives => {
                    now = now.max(time);
                    to_send -= 1;
                    left = left.saturating_sub(1);
                    controller.set_pages_left(left);
                    let answer = limit.as_mut().map_or(Ok(()), |limit| limit.admit(now.as_secs_f64()));
                    in_flight.push_back((now + latency, controller.on_send(now), answer));
                }
                _ => {
                    let Some((arrives, ticket, answer)) = in_flight.pop_front() else { break };
                    now = now.max(arrives);
                    match answer {
                        Ok(()) => controller.on_page(now, ticket),
                        Err(wait) => {
                            to_send += 1;
                            left += 1;
                            controller.on_refused(now, ticket, Some(wait));
                        }
                    }
                }
            }
        }
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::defaults;

    fn seconds(pacing: Pacing, latency: u64, limit: Option<f64>, requests: u64) -> f64 {
        let limit = limit.map(|limit| Rate::new(limit).unwrap());
        let latency = Duration::from_millis(latency);
        let conditions = Conditions { pacing, concurrency: defaults::CONCURRENCY, latency, limit };
        duration(&conditions, &[1, 1, requests - 3, 1]).as_secs_f64()
    }

    fn rate(per_second: f64) -> Rate {
        Rate::new(per_second).unwrap()
    }

    fn learned(per_second: f64) -> Pacing {
        let known = Some(KnownRate::Limit(rate(0.9 * per_second), KnownRate::TRUSTED_PAGES));
        Pacing::Learn { ceiling: Rate::HIGHEST_LEARNED, known }
    }

    fn is_near(seconds: f64, expected: f64) -> bool {
        (seconds / expected - 1.0).abs() < 0.05
    }

    #[test]
    fn a_fixed_rate_and_the_latency_bound_a_run() {
        assert!(is_near(seconds(Pacing::Fixed(rate(20.0)), 50, None, 400), 20.0));
        let concurrency = f64::from(u32::try_from(defaults::CONCURRENCY.get()).unwrap());
        let unlimited = seconds(Pacing::Fixed(Rate::UNLIMITED), 200, None, 1_603);
        assert!(is_near(unlimited, 0.2 * (3.0 + 1_600.0 / concurrency)), "{unlimited}");
    }

    #[test]
    fn a_learned_limit_is_nearly_used_up() {
        let took = seconds(learned(20.0), 50, Some(20.0 / 0.98), 1_000);
        assert!((45.0..57.0).contains(&took), "{took}");
    }

    #[test]
    fn without_a_limit_the_rate_climbs_to_its_ceiling() {
        let climbing = Pacing::Learn { ceiling: Rate::HIGHEST_LEARNED, known: None };
        let took = seconds(climbing, 100, None, 1_000);
        assert!((10.0..13.0).contains(&took), "{took}");
        assert!(seconds(climbing, 100, Some(5.0), 1_000) > 180.0);
    }
}
