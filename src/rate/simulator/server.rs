//! The 109 servers of the model: a list of limits, each with what the server says when it refuses.

use std::fmt;

use super::limiter::{Bucket, Free, InFlight, Limiter, Manner};
use super::setting::{Quota, Setting};
use super::window::{Ban, Fixed, Sliding};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Limit {
    Bucket { rate: f64, burst: f64 },
    Fixed { pages: f64, seconds: f64 },
    Sliding { pages: u32, seconds: f64 },
    InFlight(u32),
    None,
}

impl Limit {
    fn limiter(self, manner: Manner, setting: &Setting) -> Box<dyn Limiter> {
        let seed = setting.seed + 1;
        let (mut limiter, quota): (Box<dyn Limiter>, f64) = match self {
            Self::Bucket { rate, burst } => (Box::new(Bucket::new(seed, rate, burst, manner)), burst),
            Self::Fixed { pages, seconds } => (Box::new(Fixed::new(seed, pages, seconds, manner)), pages),
            Self::Sliding { pages, seconds } => (Box::new(Sliding::new(pages, seconds, manner)), pages.into()),
            Self::InFlight(most) => (Box::new(InFlight::new(most)), 0.0),
            Self::None => (Box::new(Free), 0.0),
        };
        if setting.quota == Quota::UsedUp {
            let mut used = 0.0;
            while used < quota && limiter.admit(0.0).is_ok() {
                used += 1.0;
            }
        }
        limiter
    }
}

/// What a refusal says about when to retry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RetryAfter {
    Missing,
    /// The true wait, rounded up to seconds.
    Exact,
    /// Ten seconds, whatever the true wait is.
    AlwaysTen,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Server {
    pub(crate) limit: Limit,
    pub(crate) manner: Manner,
    pub(crate) retry_after: RetryAfter,
}

impl Server {
    pub(crate) fn limiter(&self, setting: &Setting) -> Box<dyn Limiter> {
        let limiter = self.limit.limiter(self.manner, setting);
        match self.manner {
            Manner::Ban => Box::new(Ban::new(limiter)),
            Manner::Plain | Manner::Shared | Manner::Penal => limiter,
        }
    }

    /// The same limiter for a client that asks before it sends, so that refusals have no consequences.
    pub(crate) fn forgiving_limiter(&self, setting: &Setting) -> Box<dyn Limiter> {
        match self.manner {
            Manner::Shared => self.limit.limiter(Manner::Shared, setting),
            Manner::Plain | Manner::Penal | Manner::Ban => self.limit.limiter(Manner::Plain, setting),
        }
    }

    /// The row of the table that this server belongs to.
    pub(crate) fn family(&self) -> String {
        match (self.manner, self.retry_after, self.limit) {
            (Manner::Shared, ..) => "shared limit".into(),
            (Manner::Penal, ..) => "refusals count".into(),
            (Manner::Ban, ..) => "ban after 20 refusals".into(),
            (_, RetryAfter::AlwaysTen, _) => "bucket, Retry-After always 10".into(),
            (.., Limit::Bucket { burst, .. }) if burst > 1.0 => "token bucket, burst > 1".into(),
            (.., Limit::Bucket { .. }) => "token bucket, burst 1".into(),
            (.., Limit::Fixed { seconds, .. }) => format!("fixed window {seconds} s"),
            (.., Limit::Sliding { seconds, .. }) => format!("sliding window {seconds} s"),
            (.., Limit::InFlight(_)) => "in-flight limit".into(),
            (.., Limit::None) => "no limit".into(),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {:?}, Retry-After {:?}", self.limit, self.manner, self.retry_after)
    }
}

pub(crate) fn all() -> Vec<Server> {
    const BOTH: [RetryAfter; 2] = [RetryAfter::Exact, RetryAfter::Missing];
    let mut servers = Vec::new();
    let mut add = |limit, manner, hints: &[RetryAfter]| {
        servers.extend(hints.iter().map(|&retry_after| Server { limit, manner, retry_after }));
    };
    for (rate, bursts) in [
        (2.0, [1.0, 2.0, 10.0, 60.0]),
        (5.0, [1.0, 5.0, 10.0, 60.0]),
        (20.0, [1.0, 10.0, 20.0, 60.0]),
        (100.0, [1.0, 10.0, 60.0, 100.0]),
    ] {
        for burst in bursts {
            add(Limit::Bucket { rate, burst }, Manner::Plain, &BOTH);
        }
    }
    for (seconds, windows) in [(1.0, [2, 5, 20, 100]), (10.0, [20, 50, 200, 1000]), (60.0, [100, 300, 1200, 6000_u16])]
    {
        for pages in windows {
            add(fixed(pages, seconds), Manner::Plain, &BOTH);
            add(sliding(pages, seconds), Manner::Plain, &BOTH);
        }
    }
    for most in [2, 4, 8] {
        add(Limit::InFlight(most), Manner::Plain, &BOTH);
    }
    add(Limit::None, Manner::Plain, &[RetryAfter::Missing]);
    let slow = bucket(5, 10);
    let fast = bucket(20, 20);
    for limit in [slow, fast, fixed(300, 60.0)] {
        add(limit, Manner::Shared, &BOTH);
    }
    for limit in [slow, fast, sliding(50, 10.0), sliding(300, 60.0)] {
        add(limit, Manner::Penal, &BOTH);
    }
    for limit in [slow, bucket(20, 1), fixed(300, 60.0)] {
        add(limit, Manner::Ban, &BOTH);
    }
    for limit in [slow, fast] {
        add(limit, Manner::Plain, &[RetryAfter::AlwaysTen]);
    }
    servers
}

pub(crate) fn bucket(rate: u16, burst: u16) -> Limit {
    Limit::Bucket { rate: rate.into(), burst: burst.into() }
}

pub(crate) fn fixed(pages: u16, seconds: f64) -> Limit {
    Limit::Fixed { pages: pages.into(), seconds }
}

pub(crate) fn sliding(pages: u16, seconds: f64) -> Limit {
    Limit::Sliding { pages: pages.into(), seconds }
}
