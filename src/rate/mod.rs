//! Learns an unpublished rate limit, and decides when the next request may be sent.
//!
//! [`RateController`] is told when requests are sent, admitted and refused. It has no clock, never waits and does no I/O:
//! time is a [`Duration`] since the start of the run, and the caller waits. A hard limit set by the user is enforced
//! elsewhere.
//!
//! Between two times at which a server *starts to admit requests again* it admits what its limit refills, whether that is
//! a token bucket or a window: pages admitted per time is the limit, and the number of pages is the confidence in it. So
//! the rate ramps up until the first refusal that counts, then stays 2 % below the measured limit for as many pages as it
//! was measured over, then climbs cubically until the next refusal measures again.
//!
//! # Which refusals count
//!
//! Servers also refuse what has nothing to do with the client's rate: at random, for another client, or because a replica is
//! broken. A refusal is evidence, not a verdict:
//! - `evidence` weighs it against the share of requests that is refused anyway. What is not enough is retried at the same
//!   rate, after the wait that the server asked for.
//! - What is enough begins an `episode`, which ends when a request sent after the refused one is admitted. If that was sent
//!   before the refusal arrived, the server was never closed, and the wait does not count against its limit.
//! - If slowing down did not stop the refusals, a `trial` runs at the earlier rate. If more comes through, the refusals are
//!   random, and their share is what `evidence` compares with from then on.
//!
//! Whatever the reason, nothing is sent before a told time, nor after 12 refusals within 10 s.
//!
//! # Performance
//!
//! On simulated servers, with 16 requests in flight, at most 100 per second, and 10 seeds. Cells: % of the speed of a
//! client that knows the limit, its burst and its phase / % of requests refused; learned: the rate learned in 2,000 pages,
//! in % of the limit, if the limit is known. Of 109 servers only the limit refuses requests
//! (`cargo test --lib learned_limits -- --ignored --nocapture`):
//!
//! | server | 100 pages | 300 pages | 2,000 pages | learned |
//! |---|---|---|---|---|
//! | ban after 20 refusals | 71 / 4.2 | 78 / 1.8 | 85 / 0.7 | 90 |
//! | bucket, Retry-After always 10 | 28 / 5.8 | 39 / 2.2 | 68 / 0.5 | – |
//! | fixed window 1 s | 76 / 5.8 | 85 / 2.6 | 93 / 0.6 | 97 |
//! | fixed window 10 s | 75 / 3.5 | 83 / 2.4 | 92 / 0.6 | 98 |
//! | fixed window 60 s | 75 / 0.0 | 86 / 1.1 | 90 / 0.5 | 113 |
//! | in-flight limit | 48 / 5.9 | 67 / 2.5 | 89 / 0.6 | – |
//! | no limit | 75 / 0.0 | 84 / 0.0 | 90 / 0.0 | – |
//! | refusals count | 76 / 5.6 | 85 / 2.4 | 94 / 0.7 | 99 |
//! | shared limit | 71 / 4.5 | 77 / 3.1 | 74 / 1.4 | – |
//! | sliding window 1 s | 73 / 5.6 | 82 / 2.4 | 91 / 0.6 | 95 |
//! | sliding window 10 s | 73 / 3.4 | 83 / 1.9 | 91 / 0.5 | 97 |
//! | sliding window 60 s | 75 / 0.0 | 87 / 1.2 | 89 / 0.4 | 93 |
//! | token bucket, burst 1 | 47 / 6.1 | 56 / 2.5 | 68 / 0.6 | 72 |
//! | token bucket, burst > 1 | 86 / 6.9 | 93 / 3.8 | 96 / 1.2 | 104 |
//! | **all 109** | 72 / 4.6 | 82 / 2.5 | 89 / 0.7 | 96 |
//! | all, quota used up at the start | 75 / 5.6 | 81 / 2.6 | 89 / 0.7 | 94 |
//! | all, with the rate learned in 300 pages | 67 / 0.4 | 81 / 0.8 | 89 / 0.6 | 97 |
//!
//! On 67 servers something else refuses requests, too, or the limit changes; the ideal client obeys random refusals
//! (`cargo test --lib disturbed_limits -- --ignored --nocapture`):
//!
//! | server | 100 pages | 300 pages | 2,000 pages | learned |
//! |---|---|---|---|---|
//! | 0.5 % at random, no limit | 79 / 0.6 | 86 / 0.6 | 93 / 0.5 | – |
//! | 1 % at random, no limit | 81 / 1.2 | 88 / 1.1 | 94 / 1.0 | – |
//! | 2 % at random, no limit | 84 / 2.4 | 84 / 2.0 | 93 / 2.1 | – |
//! | 5 % at random, no limit | 72 / 5.7 | 80 / 5.4 | 90 / 5.2 | – |
//! | 10 % at random, no limit | 65 / 10.1 | 72 / 9.8 | 89 / 9.9 | – |
//! | 0.5 % at random, a bucket | 104 / 6.6 | 99 / 3.4 | 92 / 1.6 | 112 |
//! | 1 % at random, a bucket | 109 / 5.8 | 91 / 3.7 | 87 / 2.5 | 123 |
//! | 2 % at random, a bucket | 83 / 6.5 | 74 / 3.8 | 82 / 3.5 | 136 |
//! | 5 % at random, a bucket | 77 / 7.5 | 78 / 7.2 | 87 / 7.3 | 167 |
//! | 10 % at random, a bucket | 84 / 11.2 | 77 / 11.0 | 86 / 11.3 | 131 |
//! | 0.5 % at random, a window | 79 / 0.6 | 86 / 0.6 | 78 / 1.3 | 139 |
//! | 1 % at random, a window | 81 / 1.2 | 88 / 1.1 | 72 / 1.8 | 152 |
//! | 2 % at random, a window | 84 / 2.4 | 84 / 2.0 | 80 / 2.8 | 297 |
//! | 5 % at random, a window | 72 / 5.7 | 80 / 5.4 | 85 / 5.8 | 569 |
//! | 10 % at random, a window | 65 / 10.1 | 72 / 9.8 | 87 / 10.6 | 519 |
//! | refuses all for 3 s per minute | 77 / 3.3 | 83 / 1.6 | 87 / 0.5 | 87 |
//! | another client takes 80 to 95 % | 77 / 7.7 | 74 / 6.3 | 55 / 4.4 | 45 |
//! | limit halves | 80 / 3.1 | 86 / 2.4 | 94 / 1.1 | 50 |
//! | limit doubles | 80 / 3.1 | 87 / 2.3 | 84 / 0.7 | 174 |
//! | one of three replicas is dead | 33 / 33.1 | 31 / 33.1 | 27 / 33.2 | – |
//! | limit on one of three replicas | 214 / 6.7 | 242 / 3.7 | 236 / 1.9 | 332 |
//! | **all 67** | 83 / 5.9 | 86 / 5.0 | 87 / 4.6 | 188 |
//!
//! # Differences from its design
//!
//! The controller was designed with a model (not in this repository) that knows neither lost connections nor a quota that is
//! used up at the start. These additions do not change the results above for new runs:
//! - A period without pages is ignored. Otherwise the wait for a quota used up by another client would be taken for the
//!   limit: 50 instead of 88 % of the ideal speed in 2,000 pages.
//! - Time in which the client could have sent but did not, as in an outage, is excluded from a period.
//! - A lost probe is repeated after a second, and the lost time does not count as the server's wait.
//! - A server that stays closed for minutes without saying so is down, which teaches nothing.
//! - The rate of an earlier run is kept like one of this run, and does not start a ramp: 0.4 instead of 4.6 % refused in
//!   100 pages, at 67 instead of 72 % of the ideal speed; in 2,000 pages 0.6 instead of 0.7 % at 89 %.
//! - A late timer does not move the slots after it.
//!
//! [`Duration`]: std::time::Duration

mod capacity;
mod concurrency;
mod controller;
mod episode;
mod evidence;
mod forecast;
mod not_before;
mod sample;
mod spacing;
mod sustained;
mod throughput;
mod trial;

#[cfg(test)]
mod simulator;
#[cfg(test)]
mod tests;

pub(crate) use controller::RateController;
pub(crate) use forecast::{Conditions, duration};
pub(crate) use spacing::{NextSend, Ticket, starting_rate};
