//! Parses the headers in which a server announces what is left of its quota.
//!
//! Supported: the IETF drafts (`RateLimit: limit=100, remaining=0, reset=30`, and since draft 8
//! `RateLimit: "default";r=0;t=30`), their older separate headers (`RateLimit-Remaining`, `RateLimit-Reset`), and the
//! common `X-RateLimit-…` and `X-Rate-Limit-…`, with Discord's `X-RateLimit-Reset-After`. A reset is a number of seconds,
//! which may have a fraction, or an instant.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;

use super::wait::{self, Unit};

/// One of the quotas that a server announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Announced {
    /// Requests left before it resets, if the server says so.
    pub remaining: Option<u64>,
    /// Time until it resets, if the server says so.
    pub resets_in: Option<Duration>,
}

/// A quota that a server announces in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Requests left before it resets.
    pub remaining: u64,
    pub resets_in: Duration,
}

/// The prefixes of separate headers.
const PREFIXES: [&str; 3] = ["ratelimit", "x-ratelimit", "x-rate-limit"];

/// The quota in a response's headers; the scarcest if there are several.
pub(crate) fn quota(headers: &HeaderMap) -> Option<Quota> {
    let complete = |Announced { remaining, resets_in }| Some(Quota { remaining: remaining?, resets_in: resets_in? });
    let quotas = quotas(headers, wait::date(headers)).into_iter().filter_map(complete);
    quotas.min_by_key(|quota| (quota.remaining, std::cmp::Reverse(quota.resets_in)))
}

/// All quotas in the headers of a response from `date`.
pub(super) fn quotas(headers: &HeaderMap, date: SystemTime) -> Vec<Announced> {
    let listed = headers.get_all("ratelimit").iter().filter_map(|value| value.to_str().ok());
    let listed = listed.flat_map(|value| self::listed(value, date));
    let separate = PREFIXES.into_iter().map(|prefix| {
        let text = |name: &str| headers.get(format!("{prefix}-{name}"))?.to_str().ok();
        let reset = |name: &str| reset(text(name)?, date);
        Announced {
            remaining: text("remaining").and_then(whole),
            resets_in: reset("reset-after").or_else(|| reset("reset")),
        }
    });
    listed.chain(separate).filter(|quota| quota.remaining.is_some() || quota.resets_in.is_some()).collect()
}

/// The quotas in one `RateLimit` header.
fn listed(value: &str, date: SystemTime) -> Vec<Announced> {
    fn field<'a>(item: &'a str, names: [&str; 2]) -> Option<&'a str> {
        item.split([';', ',']).find_map(|part| {
            let (name, number) = part.trim().split_once('=')?;
            names.contains(&name.trim()).then_some(number)
        })
    }
    // Up to draft 7 the header is one quota with commas between its parts; since draft 8 each item is a quota.
    let items = if value.contains('"') { value.split(',').collect() } else { vec![value] };
    let quota = |item: &str| Announced {
        remaining: field(item, ["remaining", "r"]).and_then(whole),
        resets_in: field(item, ["reset", "t"]).and_then(|text| reset(text, date)),
    };
    items.into_iter().map(quota).collect()
}

fn reset(text: &str, date: SystemTime) -> Option<Duration> {
    wait::of_text(text, Unit::Seconds, date)
}

/// A whole number of requests. A fraction of a request is none.
fn whole(text: &str) -> Option<u64> {
    text.trim().split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &[(&'static str, &str)]) -> Option<(u64, u64)> {
        let date = ("date", "Tue, 14 Nov 2023 22:13:20 GMT");
        let headers = [date]
            .into_iter()
            .chain(list.iter().copied())
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        quota(&headers.collect()).map(|quota| (quota.remaining, quota.resets_in.as_secs()))
    }

    #[test]
    fn every_form_is_parsed() {
        assert_eq!(read(&[("ratelimit", "limit=100, remaining=3, reset=30")]), Some((3, 30)));
        assert_eq!(read(&[("ratelimit", r#""default";r=50;t=30"#)]), Some((50, 30)));
        assert_eq!(read(&[("ratelimit", r#""burst";r=9;t=1, "day";r=0;t=400"#)]), Some((0, 400)));
        assert_eq!(read(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "7")]), Some((0, 7)));
        for (reset, seconds) in [
            ("60", 60),
            ("1.5", 2),
            ("1700000060", 60),
            ("1700000059.123", 60),
            ("1700000060000", 60),
            ("Tue, 14 Nov 2023 22:14:20 GMT", 60),
            ("2023-11-14T22:14:20Z", 60),
        ] {
            for prefix in ["x-ratelimit", "x-rate-limit"] {
                let (remaining, name) = (format!("{prefix}-remaining"), format!("{prefix}-reset"));
                let headers = [(remaining.leak() as &'static str, "0"), (name.leak(), reset)];
                assert_eq!(read(&headers), Some((0, seconds)), "{headers:?}");
            }
        }
        let discord =
            [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000002"), ("x-ratelimit-reset-after", "1.5")];
        assert_eq!(read(&discord), Some((0, 2)));
    }

    #[test]
    fn incomplete_headers_are_ignored() {
        for list in
            [&[("x-ratelimit-remaining", "0")][..], &[("ratelimit", "remaining=0")], &[("ratelimit", "soon")], &[]]
        {
            assert_eq!(read(list), None, "{list:?}");
        }
        assert_eq!(
            read(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "99999999999999")]),
            Some((0, wait::LONGEST_WAIT.as_secs()))
        );
    }
}
