//! Whether a response was generated for its request, or came from a cache.
//!
//! Judged by headers and times. The server's clock may differ from ours: its offset is learned from its responses.

use std::ops::RangeInclusive;
use std::time::{Duration, UNIX_EPOCH};

use reqwest::header::{AGE, HeaderMap};

use super::wait;
use crate::page::Staleness;

/// How much the clocks of machines behind one host name may differ, in milliseconds.
const TOLERANCE: i64 = 5_000;
/// A `Date` has whole seconds, rounded down.
const ROUNDED: i64 = 1_000;
/// A larger difference between the server's clock and ours is reported, in milliseconds.
const SKEWED: i64 = 60_000;
/// Headers in which caches report hits and misses, each with its own vocabulary.
const CACHES: [&str; 8] = [
    "x-cache",
    "x-cache-status",
    "x-proxy-cache",
    "x-rack-cache",
    "x-vercel-cache",
    "cf-cache-status",
    "cdn-cache",
    "cache-status",
];
/// The words for a hit. Others, such as `RefreshHit` or `REVALIDATED`, mean that the origin was asked.
const HITS: [&str; 8] =
    ["hit", "tcp_hit", "tcp_mem_hit", "tcp_inmem_hit", "tcp_negative_hit", "stale", "updating", "fresh"];

/// What the responses of a run have revealed about the server's clock.
#[derive(Debug, Default)]
pub(crate) struct Freshness {
    /// A lower bound of its lead over the run's clock, in milliseconds: no response is dated after its arrival.
    ahead: Option<i64>,
    /// The latest possible start of the run by the clocks of all servers, in milliseconds since 1970.
    start: Option<i64>,
    /// The range in which the start lies, by the date of the first response.
    first: Option<RangeInclusive<i64>>,
}

impl Freshness {
    /// Evidence that a response is not fresh, if there is any. `sent` and `received` count from the start of the run.
    pub fn judge(&mut self, headers: &HeaderMap, sent: Duration, received: Duration) -> Option<Staleness> {
        let dated = dated(headers);
        let old = dated.and_then(|dated| self.old_date(dated, sent, received));
        let stale = age(headers).map(Staleness::Age).or_else(|| cache_hit(headers).map(Staleness::CacheHit)).or(old);
        if let Some(dated) = dated.filter(|_| stale.is_none()) {
            let start = dated.saturating_sub(milliseconds(received));
            self.start = Some(self.start.map_or(start, |known| known.min(start)));
            let latest = dated.saturating_add(ROUNDED).saturating_sub(milliseconds(sent));
            self.first.get_or_insert(start..=latest);
        }
        stale
    }

    /// When the run started by the server's clock, in milliseconds since 1970, or slightly earlier. `None` if no fresh
    /// response had a date. If several servers' clocks differ, the slowest counts.
    pub fn start(&self) -> Option<i64> {
        self.start
    }

    /// How many seconds our clock is ahead of the server's (negative if behind), if the difference is large. `start` is
    /// the start of the run by our clock, in milliseconds since 1970.
    pub fn skew(&self, start: i64) -> Option<i64> {
        let first = self.first.as_ref()?;
        let ahead = start.saturating_sub(*first.end()).max(0) - first.start().saturating_sub(start).max(0);
        (ahead.abs() > SKEWED).then_some(ahead / 1_000)
    }

    fn old_date(&mut self, dated: i64, sent: Duration, received: Duration) -> Option<Staleness> {
        let ahead = dated.saturating_sub(milliseconds(received));
        let ahead = *self.ahead.insert(self.ahead.map_or(ahead, |known| known.max(ahead)));
        let before = ahead.saturating_add(milliseconds(sent)).saturating_sub(dated + ROUNDED);
        (before > TOLERANCE).then(|| Staleness::OldDate(u64::try_from(before / 1_000).unwrap_or_default()))
    }
}

fn dated(headers: &HeaderMap) -> Option<i64> {
    Some(milliseconds(wait::said_date(headers)?.duration_since(UNIX_EPOCH).ok()?))
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4)
}

/// Whether a response says that it comes from a cache.
pub(crate) fn is_cached(headers: &HeaderMap) -> bool {
    age(headers).is_some() || cache_hit(headers).is_some()
}

/// Seconds that a response spent in caches, if it did.
fn age(headers: &HeaderMap) -> Option<u64> {
    let values = headers.get_all(AGE).iter().filter_map(|value| value.to_str().ok());
    let ages = values.flat_map(|value| value.split(',')).filter_map(|age| age.trim().parse().ok());
    ages.max().filter(|age| *age > 0)
}

fn cache_hit(headers: &HeaderMap) -> Option<&'static str> {
    let values = |name: &'static str| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let named = CACHES.into_iter().find(|name| values(name).flat_map(|value| value.split(',')).any(is_hit));
    // On a hit, Varnish appends the id of the request that filled the cache.
    let varnish = || values("x-varnish").any(|value| value.split_whitespace().count() == 2);
    named.or_else(|| varnish().then_some("x-varnish"))
}

/// Whether one header value is a hit: `Hit from cloudfront`, `TCP_HIT from …`, or RFC 9211's `ExampleCache; hit; ttl=376`.
fn is_hit(value: &str) -> bool {
    let mut parts = value.split(';').map(str::trim);
    let word = parts.next().and_then(|first| first.split_whitespace().next()).unwrap_or_default();
    HITS.iter().any(|hit| word.eq_ignore_ascii_case(hit)) || parts.any(|part| part == "hit" || part == "hit=?1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn judged(list: &[(&'static str, &str)]) -> Option<Staleness> {
        Freshness::default().judge(&headers(list), Duration::ZERO, Duration::ZERO)
    }

    #[test]
    fn an_age_above_0_is_stale() {
        assert_eq!(judged(&[("age", "50")]), Some(Staleness::Age(50)));
        assert_eq!(judged(&[("age", "0, 7")]), Some(Staleness::Age(7)));
        for age in ["0", "", "-3", "soon"] {
            assert_eq!(judged(&[("age", age)]), None, "{age}");
        }
    }

    #[test]
    fn cache_hits_are_recognized_in_every_vocabulary() {
        for (name, value) in [
            ("x-cache", "Hit from cloudfront"),
            ("x-cache", "MISS, HIT"),
            ("x-cache", "TCP_MEM_HIT from a23-1.deploy.akamaitechnologies.com (AkamaiGHost/11) (-)"),
            ("x-cache", "HIT from squid.example"),
            ("cf-cache-status", "HIT"),
            ("cf-cache-status", "STALE"),
            ("cf-cache-status", "UPDATING"),
            ("x-cache-status", "hit"),
            ("x-rack-cache", "fresh"),
            ("x-rack-cache", "stale, ignore"),
            ("cache-status", "OriginCache; hit; ttl=1100"),
            ("x-varnish", "32770 3"),
        ] {
            assert_eq!(judged(&[(name, value)]), Some(Staleness::CacheHit(name)), "{name}: {value}");
        }
    }

    #[test]
    fn responses_from_the_origin_are_fresh() {
        for (name, value) in [
            ("x-cache", "Miss from cloudfront"),
            ("x-cache", "RefreshHit from cloudfront"),
            ("x-cache", "TCP_REFRESH_HIT from a23-1"),
            ("x-cache", "MISS from hit.example"),
            ("x-cache", "Error from cloudfront"),
            ("cf-cache-status", "DYNAMIC"),
            ("cf-cache-status", "REVALIDATED"),
            ("cf-cache-status", "EXPIRED"),
            ("x-cache-status", "BYPASS"),
            ("x-rack-cache", "miss, store"),
            ("cache-status", "ExampleCache; fwd=stale; fwd-status=304"),
            ("x-varnish", "32770"),
            ("x-cache", ""),
        ] {
            assert_eq!(judged(&[(name, value)]), None, "{name}: {value}");
        }
    }

    /// Judges responses in order: sent, received and dated, in seconds.
    fn dated(answers: &[(u64, u64, u64)]) -> Vec<Option<Staleness>> {
        let mut freshness = Freshness::default();
        let answer = |&(sent, received, dated): &(u64, u64, u64)| {
            let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(1_700_000_000 + dated));
            let (sent, received) = (Duration::from_secs(sent), Duration::from_secs(received));
            freshness.judge(&headers(&[("date", &date)]), sent, received)
        };
        answers.iter().map(answer).collect()
    }

    #[test]
    fn a_date_well_before_the_request_is_stale() {
        for skew in [0, 600] {
            let answers = [(0, 1, skew + 1), (20, 21, skew + 20), (40, 41, skew + 34), (60, 61, skew + 3)];
            assert_eq!(dated(&answers), [None, None, None, Some(Staleness::OldDate(56))], "{skew}");
        }
    }

    #[test]
    fn a_slow_response_is_not_stale() {
        // Dated when its headers were generated: long before the body was complete, or long after the request.
        assert_eq!(dated(&[(0, 1, 0), (10, 70, 10), (80, 140, 139), (150, 151, 150)]), [None; 4]);
    }

    /// The start of the run by the server's clock and the skew, after responses with these times, dates and ages.
    fn clock(answers: &[(u64, u64, u64, u64)]) -> (Option<i64>, Option<i64>) {
        let start = 1_700_000_000;
        let mut freshness = Freshness::default();
        for &(sent, received, dated, age) in answers {
            let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(dated + start - 1_000));
            let (sent, received) = (Duration::from_secs(sent), Duration::from_secs(received));
            freshness.judge(&headers(&[("date", &date), ("age", &age.to_string())]), sent, received);
        }
        let start = i64::try_from(start).unwrap() * 1_000;
        (freshness.start().map(|server| (server - start) / 1_000), freshness.skew(start))
    }

    #[test]
    fn the_start_by_the_servers_clock_and_the_skew_are_known() {
        assert_eq!(clock(&[]), (None, None));
        assert_eq!(clock(&[(0, 1, 1_000, 0), (10, 11, 1_010, 0)]), (Some(-1), None));
        assert_eq!(clock(&[(5, 6, 405, 0)]), (Some(-601), Some(599)));
        assert_eq!(clock(&[(5, 6, 1_606, 0)]), (Some(600), Some(-600)));
        // Two servers whose clocks differ: the slower one counts.
        assert_eq!(clock(&[(0, 1, 1_001, 0), (10, 11, 1_007, 0)]).0, Some(-4));
        // A slow response is not a skew, and a cached one reveals nothing about the clock.
        assert_eq!(clock(&[(0, 90, 1_000, 0)]), (Some(-90), None));
        assert_eq!(clock(&[(0, 1, 400, 600), (2, 3, 1_002, 0)]), (Some(-1), None));
    }

    #[test]
    fn nothing_is_known_without_a_valid_date() {
        let mut freshness = Freshness::default();
        for date in ["", "yesterday", "Sun, 06 Nov 1894 08:49:37 GMT"] {
            assert_eq!(freshness.judge(&headers(&[("date", date)]), Duration::ZERO, Duration::ZERO), None);
        }
        assert_eq!(freshness.judge(&HeaderMap::new(), Duration::ZERO, Duration::ZERO), None);
    }
}
