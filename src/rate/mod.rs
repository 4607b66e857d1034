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
//! | ban after 20 refusals | 68 / 3.6 | 76 / 1.6 | 84 / 0.7 | 90 |
//! | bucket, Retry-After always 10 | 21 / 5.1 | 30 / 2.0 | 66 / 0.5 | – |
//! | fixed window 1 s | 76 / 5.0 | 84 / 2.3 | 93 / 0.5 | 97 |
//! | fixed window 10 s | 75 / 3.5 | 83 / 2.4 | 92 / 0.6 | 98 |
//! | fixed window 60 s | 75 / 0.0 | 86 / 1.1 | 90 / 0.5 | 113 |
//! | in-flight limit | 48 / 5.4 | 67 / 2.3 | 89 / 0.5 | – |
//! | no limit | 75 / 0.0 | 84 / 0.0 | 90 / 0.0 | – |
//! | refusals count | 76 / 5.3 | 85 / 2.2 | 94 / 0.7 | 99 |
//! | shared limit | 71 / 4.4 | 77 / 3.1 | 74 / 1.3 | – |
//! | sliding window 1 s | 73 / 4.9 | 82 / 2.2 | 91 / 0.5 | 95 |
//! | sliding window 10 s | 73 / 3.4 | 83 / 1.9 | 91 / 0.5 | 97 |
//! | sliding window 60 s | 75 / 0.0 | 87 / 1.2 | 89 / 0.4 | 93 |
//! | token bucket, burst 1 | 49 / 4.8 | 57 / 2.1 | 68 / 0.6 | 72 |
//! | token bucket, burst > 1 | 86 / 6.6 | 93 / 3.7 | 96 / 1.3 | 105 |
//! | **all 109** | 72 / 4.2 | 81 / 2.4 | 89 / 0.7 | 97 |
//! | all, quota used up at the start | 73 / 5.0 | 80 / 2.4 | 88 / 0.6 | 94 |
//! | all, with the rate learned in 300 pages | 67 / 0.4 | 82 / 0.8 | 89 / 0.6 | 97 |
//!
//! On 67 servers something else refuses requests, too, or the limit changes; the ideal client obeys random refusals
//! (`cargo test --lib disturbed_limits -- --ignored --nocapture`):
//!
//! | server | 100 pages | 300 pages | 2,000 pages | learned |
//! |---|---|---|---|---|
//! | 0.5 % at random, no limit | 79 / 0.6 | 86 / 0.6 | 93 / 0.5 | – |
//! | 1 % at random, no limit | 81 / 1.2 | 88 / 1.1 | 94 / 1.0 | – |
//! | 2 % at random, no limit | 83 / 2.4 | 84 / 2.0 | 90 / 2.1 | – |
//! | 5 % at random, no limit | 72 / 5.7 | 81 / 5.4 | 90 / 5.2 | – |
//! | 10 % at random, no limit | 67 / 10.1 | 73 / 9.8 | 89 / 9.9 | – |
//! | 0.5 % at random, a bucket | 104 / 6.6 | 99 / 3.4 | 92 / 1.6 | 112 |
//! | 1 % at random, a bucket | 109 / 5.8 | 91 / 3.7 | 87 / 2.5 | 123 |
//! | 2 % at random, a bucket | 83 / 6.5 | 75 / 3.7 | 82 / 3.5 | 138 |
//! | 5 % at random, a bucket | 77 / 7.5 | 80 / 7.2 | 88 / 7.2 | 162 |
//! | 10 % at random, a bucket | 86 / 11.2 | 78 / 10.9 | 86 / 11.2 | 134 |
//! | 0.5 % at random, a window | 79 / 0.6 | 86 / 0.6 | 78 / 1.3 | 139 |
//! | 1 % at random, a window | 81 / 1.2 | 88 / 1.1 | 72 / 1.8 | 152 |
//! | 2 % at random, a window | 83 / 2.4 | 84 / 2.0 | 81 / 2.9 | 338 |
//! | 5 % at random, a window | 72 / 5.7 | 81 / 5.4 | 84 / 5.8 | 542 |
//! | 10 % at random, a window | 67 / 10.1 | 73 / 9.8 | 89 / 10.6 | 565 |
//! | refuses all for 3 s per minute | 77 / 3.3 | 83 / 1.6 | 87 / 0.5 | 87 |
//! | another client takes 80 to 95 % | 77 / 7.5 | 75 / 6.4 | 56 / 4.4 | 45 |
//! | limit halves | 80 / 3.1 | 86 / 2.4 | 94 / 1.1 | 50 |
//! | limit doubles | 80 / 3.1 | 87 / 2.3 | 84 / 0.7 | 174 |
//! | one of three replicas is dead | 27 / 33.1 | 25 / 33.1 | 20 / 33.2 | – |
//! | limit on one of three replicas | 219 / 6.7 | 244 / 3.7 | 236 / 1.9 | 332 |
//! | **all 67** | 83 / 5.9 | 86 / 5.0 | 87 / 4.6 | 192 |
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
//! - The rate of an earlier run is kept like one of this run, and does not start a ramp: 0.4 instead of 4.2 % refused in
//!   100 pages, at 67 instead of 72 % of the ideal speed; in 2,000 pages 0.6 instead of 0.7 % at 89 %.
//! - A late timer does not move the slots after it.
//!
//! [`Duration`]: std::time::Duration

mod capacity;
mod concurrency;
mod controller;
mod episode;
mod evidence;
mod not_before;
mod sample;
mod spacing;
mod sustained;
mod trial;

#[cfg(test)]
mod simulator;
#[cfg(test)]
mod tests;

pub(crate) use controller::RateController;
pub(crate) use spacing::{NextSend, Ticket};
