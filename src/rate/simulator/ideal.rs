//! The ideal client, which knows the limit, its burst and its phase: the baseline for the controller's speed. It cannot
//! foresee stray refusals, but obeys them and the brake, as the controller does.

use std::collections::VecDeque;

use super::run::MEAN_LATENCY;
use super::server::{Limit, RetryAfter, Server};
use super::setting::Setting;

/// The time from a request to its refusal, in seconds.
const REFUSAL: f64 = 0.05;

pub(crate) fn ideal_seconds(server: &Server, setting: &Setting) -> f64 {
    let places = u32::from(setting.concurrency);
    if let Limit::InFlight(most) = server.limit {
        let page = MEAN_LATENCY / f64::from(places.min(most));
        return f64::from(setting.pages) * page + MEAN_LATENCY;
    }
    let mut limiter = server.forgiving_limiter(setting);
    let step = MEAN_LATENCY / f64::from(places);
    let mut hold = Hold::default();
    let mut now = 0.0;
    let mut left = setting.pages;
    while left > 0 {
        match limiter.admit(now) {
            Ok(()) => {
                left -= 1;
                now += step;
            }
            Err(wait) if limiter.was_stray() => {
                let told = (server.retry_after != RetryAfter::Missing).then_some(wait);
                hold.refused(now + REFUSAL, told);
                now += step;
            }
            Err(wait) => now += wait.max(1e-6),
        }
        now = hold.obey(now);
    }
    now + MEAN_LATENCY
}

/// A time in which nothing is sent.
#[derive(Default)]
struct Hold {
    from: Option<f64>,
    until: f64,
    refusals: VecDeque<f64>,
}

impl Hold {
    fn refused(&mut self, now: f64, told: Option<f64>) {
        self.refusals.push_back(now);
        if self.refusals.len() > 12 {
            self.refusals.pop_front();
        }
        let brake = (self.refusals.len() == 12).then(|| self.refusals[0] + 10.0).filter(|&until| until > now);
        for until in told.map(|wait| now + wait).into_iter().chain(brake) {
            self.from.get_or_insert(now);
            self.until = self.until.max(until);
        }
    }

    fn obey(&mut self, now: f64) -> f64 {
        match self.from.take_if(|from| now >= *from) {
            Some(_) => now.max(self.until),
            None => now,
        }
    }
}
