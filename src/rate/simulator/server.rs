//! The servers of the model: limits, each with what the server says when it refuses. On 109 of them only the limit
//! refuses requests; on 67 something else does, too, or the limit changes.

use std::fmt;

use super::disturbance::{Change, Hogged, Noise, Outage, Replica};
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
            Self::Bucket { rate, burst } if manner == Manner::Hogged => {
                (Box::new(Hogged::new(seed, rate, burst)), burst)
            }
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

    fn name(self) -> String {
        match self {
            Self::Bucket { .. } => "a bucket".into(),
            Self::Fixed { .. } | Self::Sliding { .. } => "a window".into(),
            Self::InFlight(_) => "an in-flight limit".into(),
            Self::None => "no limit".into(),
        }
    }

    /// This limit with another rate.
    fn times(self, factor: f64) -> Self {
        match self {
            Self::Bucket { rate, burst } => Self::Bucket { rate: rate * factor, burst },
            Self::Fixed { pages, seconds } => Self::Fixed { pages: pages * factor, seconds },
            Self::Sliding { .. } | Self::InFlight(_) | Self::None => unreachable!("never changed in the model"),
        }
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
        if self.manner == Manner::Ban { Box::new(Ban::new(limiter)) } else { self.disturbed(limiter, setting) }
    }

    fn disturbed(&self, limiter: Box<dyn Limiter>, setting: &Setting) -> Box<dyn Limiter> {
        let seed = setting.seed + 1;
        match self.manner {
            Manner::Noise { per_mille, wait } => {
                Box::new(Noise::new(seed, f64::from(per_mille) / 1e3, f64::from(wait) / 1e3, limiter))
            }
            Manner::Outage => Box::new(Outage::new(seed, 3.0, 60.0, limiter)),
            Manner::Changes { percent } => {
                let after = self.limit.times(f64::from(percent) / 100.0).limiter(Manner::Plain, setting);
                Box::new(Change::new(seed, limiter, after))
            }
            Manner::Replica => Box::new(Replica::new(seed, limiter)),
            Manner::Plain | Manner::Shared | Manner::Penal | Manner::Ban | Manner::Hogged => limiter,
        }
    }

    /// The same limiter for a client that asks before it sends, so that refusals have no consequences.
    pub(crate) fn forgiving_limiter(&self, setting: &Setting) -> Box<dyn Limiter> {
        match self.manner {
            Manner::Penal | Manner::Ban => self.limit.limiter(Manner::Plain, setting),
            _ => self.limiter(setting),
        }
    }

    /// The row of the table that this server belongs to.
    pub(crate) fn family(&self) -> String {
        match (self.manner, self.retry_after, self.limit) {
            (Manner::Noise { per_mille: 333, .. }, ..) => "one of three replicas is dead".into(),
            (Manner::Noise { per_mille, .. }, ..) => {
                format!("{} % at random, {}", f64::from(per_mille) / 10.0, self.limit.name())
            }
            (Manner::Outage, ..) => "refuses all for 3 s per minute".into(),
            (Manner::Hogged, ..) => "another client takes 80 to 95 %".into(),
            (Manner::Changes { percent: 50 }, ..) => "limit halves".into(),
            (Manner::Changes { .. }, ..) => "limit doubles".into(),
            (Manner::Replica, ..) => "limit on one of three replicas".into(),
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

const BOTH: [RetryAfter; 2] = [RetryAfter::Exact, RetryAfter::Missing];

/// The servers on which something other than the client's rate leads to refusals.
pub(crate) fn disturbed() -> Vec<Server> {
    let mut servers = Vec::new();
    let fast = bucket(20, 20);
    for limit in [Limit::None, fast, fixed(300, 60.0)] {
        for per_mille in [5, 10, 20, 50, 100] {
            for (wait, retry_after) in
                [(1, RetryAfter::Missing), (1000, RetryAfter::Exact), (10_000, RetryAfter::Exact)]
            {
                servers.push(Server { limit, manner: Manner::Noise { per_mille, wait }, retry_after });
            }
        }
    }
    let window = fixed(200, 10.0);
    let others: [(Manner, &[Limit]); 6] = [
        (Manner::Outage, &[Limit::None, fast]),
        (Manner::Hogged, &[fast, bucket(5, 10), window]),
        (Manner::Changes { percent: 50 }, &[fast, window]),
        (Manner::Changes { percent: 200 }, &[fast, window]),
        (Manner::Noise { per_mille: 333, wait: 1000 }, &[Limit::None]),
        (Manner::Replica, &[bucket(5, 5)]),
    ];
    for (manner, limits) in others {
        for &limit in limits {
            servers.extend(BOTH.map(|retry_after| Server { limit, manner, retry_after }));
        }
    }
    servers
}

/// The servers on which only the limit refuses requests.
pub(crate) fn all() -> Vec<Server> {
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
