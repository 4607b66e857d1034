//! Bounds per server for 2,000 pages, which hold for each of 10 seeds: the minimum speed in % of the ideal client's, and
//! the maximum of refused requests in %.

use super::{SEEDS, refused_percent, speed_percent};
use crate::rate::simulator::limiter::Manner;
use crate::rate::simulator::run::run;
use crate::rate::simulator::server::{Limit, RetryAfter, Server, bucket, fixed, sliding};
use crate::rate::simulator::setting::{Quota, Setting};

struct Bound {
    speed: f64,
    refused: f64,
}

fn holds(limit: Limit, manner: Manner, hints: &[RetryAfter], bound: &Bound) {
    holds_with(limit, manner, hints, Quota::Full, bound);
}

fn holds_with(limit: Limit, manner: Manner, hints: &[RetryAfter], quota: Quota, bound: &Bound) {
    for &retry_after in hints {
        let server = Server { limit, manner, retry_after };
        let mut worst = Bound { speed: f64::INFINITY, refused: 0.0 };
        for seed in SEEDS {
            let setting = Setting { quota, ..Setting::shipped(2000, seed) };
            let outcome = run(&server, &setting);
            worst.speed = worst.speed.min(speed_percent(&server, &setting, &outcome));
            worst.refused = worst.refused.max(refused_percent(&outcome));
        }
        println!("{server}: {:.1} % of the ideal speed, {:.2} % refused", worst.speed, worst.refused);
        assert!(worst.speed >= bound.speed, "{server}: only {:.1} % of the ideal speed", worst.speed);
        assert!(worst.refused <= bound.refused, "{server}: {:.2} % refused", worst.refused);
    }
}

const TOLD: &[RetryAfter] = &[RetryAfter::Exact];
const UNTOLD: &[RetryAfter] = &[RetryAfter::Missing];
const BOTH: &[RetryAfter] = &[RetryAfter::Exact, RetryAfter::Missing];

#[test]
fn slow_bucket() {
    holds(bucket(5, 10), Manner::Plain, BOTH, &Bound { speed: 95.0, refused: 1.5 });
}

#[test]
fn fast_bucket() {
    holds(bucket(20, 20), Manner::Plain, BOTH, &Bound { speed: 93.0, refused: 1.2 });
}

#[test]
fn fixed_window_of_a_minute_with_retry_after() {
    holds(fixed(100, 60.0), Manner::Plain, TOLD, &Bound { speed: 90.0, refused: 1.2 });
}

#[test]
fn fixed_window_of_a_minute_without_retry_after() {
    holds(fixed(300, 60.0), Manner::Plain, UNTOLD, &Bound { speed: 75.0, refused: 2.0 });
}

#[test]
fn sliding_window_of_a_second() {
    holds(sliding(20, 1.0), Manner::Plain, BOTH, &Bound { speed: 75.0, refused: 1.2 });
}

#[test]
fn in_flight_limit() {
    holds(Limit::InFlight(4), Manner::Plain, BOTH, &Bound { speed: 80.0, refused: 1.0 });
}

/// The minimum holds for these seeds. Of 100 others, 6 fall to 53–60 %, in `sim.py`, too, since the other client halves
/// the limit and gives it back at random.
#[test]
fn shared_bucket() {
    holds(bucket(20, 20), Manner::Shared, BOTH, &Bound { speed: 60.0, refused: 1.6 });
}

#[test]
fn no_limit() {
    holds(Limit::None, Manner::Plain, UNTOLD, &Bound { speed: 84.0, refused: 0.0 });
}

/// Learned from the wait for a quota that another client has used up, the rate would be a tenth of the limit.
#[test]
fn quota_used_up_at_the_start() {
    for limit in [bucket(20, 20), fixed(50, 10.0), fixed(300, 60.0), sliding(50, 10.0), sliding(300, 60.0)] {
        holds_with(limit, Manner::Plain, BOTH, Quota::UsedUp, &Bound { speed: 70.0, refused: 2.0 });
    }
}

/// Random refusals on a server without a limit, which the ceiling holds at 90 % of the ideal speed if nothing is refused.
/// The mean of all seeds: in rare runs several refusals at the start are taken for a limit.
#[test]
fn random_refusals() {
    let mean = |values: [f64; 10]| values.iter().sum::<f64>() / 10.0;
    for (per_mille, least) in [(5, 85.0), (10, 82.0), (20, 82.0), (50, 80.0), (100, 75.0)] {
        for (wait, retry_after) in [(1, RetryAfter::Missing), (1000, RetryAfter::Exact), (10_000, RetryAfter::Exact)] {
            let server = Server { limit: Limit::None, manner: Manner::Noise { per_mille, wait }, retry_after };
            let runs = SEEDS.map(|seed| (Setting::shipped(2000, seed), run(&server, &Setting::shipped(2000, seed))));
            let speed = mean(runs.each_ref().map(|(setting, outcome)| speed_percent(&server, setting, outcome)));
            let refused = mean(runs.each_ref().map(|(_, outcome)| refused_percent(outcome)));
            println!("{server}: {speed:.1} % of the ideal speed, {refused:.2} % refused");
            assert!(speed >= least, "{server}: only {speed:.1} % of the ideal speed");
            assert!(refused <= f64::from(per_mille) / 10.0 + 0.3, "{server}: {refused:.2} % refused");
        }
    }
}

#[test]
fn a_limit_that_halves() {
    holds(bucket(20, 20), Manner::Changes { percent: 50 }, BOTH, &Bound { speed: 75.0, refused: 2.5 });
}
