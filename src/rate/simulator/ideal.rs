//! The ideal client, which knows the limit, its burst and its phase: the baseline for the controller's speed.

use super::run::MEAN_LATENCY;
use super::server::{Limit, Server};
use super::setting::Setting;

pub(crate) fn ideal_seconds(server: &Server, setting: &Setting) -> f64 {
    let places = u32::from(setting.concurrency);
    if let Limit::InFlight(most) = server.limit {
        let page = MEAN_LATENCY / f64::from(places.min(most));
        return f64::from(setting.pages) * page + MEAN_LATENCY;
    }
    let mut limiter = server.forgiving_limiter(setting);
    let mut now = 0.0;
    for _ in 0..setting.pages {
        while let Err(wait) = limiter.admit(now) {
            now += wait.max(1e-6);
        }
        now += MEAN_LATENCY / f64::from(places);
    }
    now + MEAN_LATENCY
}
