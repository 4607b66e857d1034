//! Tests of the whole controller: on simulated servers in virtual time, and event by event.

mod bounds;
mod events;
mod invariants;
mod table;

use super::simulator::ideal::ideal_seconds;
use super::simulator::limiter::Manner;
use super::simulator::outcome::Outcome;
use super::simulator::server::{Limit, RetryAfter, Server};
use super::simulator::setting::Setting;

/// Not used for tuning the controller.
const SEEDS: [u64; 10] = [50_007, 51_007, 52_007, 53_007, 54_007, 55_007, 56_007, 57_007, 58_007, 59_007];

/// The speed of a run in % of the ideal client's.
fn speed_percent(server: &Server, setting: &Setting, outcome: &Outcome) -> f64 {
    100.0 * ideal_seconds(server, setting) / outcome.seconds
}

/// The fraction of refused requests, in %.
fn refused_percent(outcome: &Outcome) -> f64 {
    let refused = f64::from(outcome.refused);
    100.0 * refused / (refused + f64::from(outcome.pages))
}

/// The learned rate in % of the limit, if the client has the limit for itself and Retry-After is true.
fn learned_percent(server: &Server, outcome: &Outcome) -> Option<f64> {
    if server.manner == Manner::Shared || server.retry_after == RetryAfter::AlwaysTen {
        return None;
    }
    let limit = match server.limit {
        Limit::Bucket { rate, .. } => rate,
        Limit::Fixed { pages, seconds } => pages / seconds,
        Limit::Sliding { pages, seconds } => f64::from(pages) / seconds,
        Limit::InFlight(_) | Limit::None => return None,
    };
    Some(100.0 * outcome.learned?.per_second() / limit)
}
