//! Rate limiters of simulated servers. They do not reuse the sandbox's limiters, which know neither other clients, nor
//! penalties, nor random phases.

use super::random::Random;

pub(crate) trait Limiter {
    /// Admits a request that arrives at `now`, or returns the seconds until one would be admitted.
    fn admit(&mut self, now: f64) -> Result<(), f64>;

    /// Records that the response to an admitted request was sent.
    fn finish(&mut self) {}

    /// Whether the last refusal could not be foreseen, not even by a client that knows the limit.
    fn was_stray(&self) -> bool {
        false
    }
}

/// Special behavior of a limiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Plain,
    /// Another client uses up to half of the limit.
    Shared,
    /// Refused requests count, too.
    Penal,
    /// After 20 refusals in 10 s, everything is refused for a minute.
    Ban,
    /// Some requests per thousand are refused at random, for this many milliseconds if the server says so.
    Noise {
        per_mille: u16,
        wait: u16,
    },
    /// Everything is refused for 3 s per minute.
    Outage,
    /// Another client takes 80 to 95 % of the limit for 20 s per minute.
    Hogged,
    /// After 5 to 60 s, the limit is this many percent of the original one.
    Changes {
        percent: u16,
    },
    /// Only one of three replicas has the limit.
    Replica,
}

/// A token bucket.
pub(crate) struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    filled: f64,
    penal: bool,
    other: Option<OtherClient>,
}

impl Bucket {
    pub(crate) fn new(seed: u64, rate: f64, burst: f64, manner: Manner) -> Self {
        Self {
            rate,
            burst,
            tokens: burst,
            filled: 0.0,
            penal: manner == Manner::Penal,
            other: (manner == Manner::Shared).then(|| OtherClient::new(seed)),
        }
    }

    fn fill(&mut self, now: f64) {
        if now > self.filled {
            let gained = (now - self.filled) * self.rate;
            self.tokens = self.burst.min(self.tokens + gained);
            self.filled = now;
        }
    }

    fn serve_the_other_client(&mut self, now: f64) {
        let Some(mut other) = self.other.take() else {
            return;
        };
        while other.next <= now {
            if other.is_active() {
                self.fill(other.next);
                if self.tokens >= 1.0 {
                    self.tokens -= 1.0;
                }
            }
            other.proceed(self.rate);
        }
        self.other = Some(other);
    }
}

impl Limiter for Bucket {
    fn admit(&mut self, now: f64) -> Result<(), f64> {
        self.serve_the_other_client(now);
        self.fill(now);
        if self.tokens >= 1.0 - 1e-9 {
            self.tokens -= 1.0;
            return Ok(());
        }
        if self.penal {
            self.tokens = (self.tokens - 1.0).max(-self.burst);
        }
        Err((1.0 - self.tokens) / self.rate)
    }
}

/// A client that uses 0 to 50 % of a limit, a different share every 20 to 60 s.
struct OtherClient {
    random: Random,
    next: f64,
    share: f64,
    share_ends: f64,
}

impl OtherClient {
    fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), next: 0.0, share: 0.0, share_ends: -1.0 }
    }

    fn is_active(&self) -> bool {
        self.share >= 0.02
    }

    fn proceed(&mut self, limit: f64) {
        if self.next >= self.share_ends {
            self.share_ends = self.next + self.random.uniform(20.0, 60.0);
            self.share = self.random.uniform(0.0, 0.5);
        }
        let after = self.next + 1.0 / (limit * self.share).max(1e-3);
        self.next = if self.is_active() { after } else { after.min(self.share_ends.max(self.next + 1e-3)) };
    }
}

/// A limit on requests in flight.
pub(crate) struct InFlight {
    most: u32,
    busy: u32,
}

impl InFlight {
    pub(crate) fn new(most: u32) -> Self {
        Self { most, busy: 0 }
    }
}

impl Limiter for InFlight {
    fn admit(&mut self, _now: f64) -> Result<(), f64> {
        if self.busy >= self.most {
            return Err(0.3);
        }
        self.busy += 1;
        Ok(())
    }

    fn finish(&mut self) {
        self.busy -= 1;
    }
}

/// No limit.
pub(crate) struct Free;

impl Limiter for Free {
    fn admit(&mut self, _now: f64) -> Result<(), f64> {
        Ok(())
    }
}
