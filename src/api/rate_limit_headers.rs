//! Parses the headers in which a server announces what is left of its quota.
//!
//! Supported: the IETF drafts (`RateLimit: limit=100, remaining=0, reset=30`, and since draft 8
//! `RateLimit: "default";r=0;t=30`), their older separate headers (`RateLimit-Remaining`, `RateLimit-Reset`), and the
//! common `X-RateLimit-…`, whose reset is a number of seconds or a Unix time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::HeaderMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Requests left before it resets.
    pub remaining: u64,
    pub resets_in: Duration,
}

/// Larger resets are Unix times, not durations.
const INSTANTS_FROM: u64 = 1_000_000_000;

/// The quota in a response's headers; the scarcest if there are several.
pub(crate) fn quota(headers: &HeaderMap, date: SystemTime) -> Option<Quota> {
    let listed = headers.get_all("ratelimit").iter().filter_map(|value| value.to_str().ok()).flat_map(listed);
    let separate = ["ratelimit", "x-ratelimit", "x-rate-limit"].into_iter().filter_map(|prefix| {
        let number = |name: &str| whole(headers.get(format!("{prefix}-{name}"))?.to_str().ok()?);
        Some((number("remaining")?, number("reset")?))
    });
    let quotas = listed.chain(separate).map(|(remaining, reset)| Quota { remaining, resets_in: until(reset, date) });
    quotas.min_by_key(|quota| (quota.remaining, std::cmp::Reverse(quota.resets_in)))
}

/// The quotas in one `RateLimit` header, as (remaining, reset).
fn listed(value: &str) -> Vec<(u64, u64)> {
    let field = |item: &str, names: [&str; 2]| {
        item.split([';', ',']).find_map(|part| {
            let (name, number) = part.trim().split_once('=')?;
            names.contains(&name.trim()).then(|| whole(number)).flatten()
        })
    };
    // Up to draft 7 the header is one quota with commas between its parts; since draft 8 each item is a quota.
    let items = if value.contains('"') { value.split(',').collect() } else { vec![value] };
    items
        .into_iter()
        .filter_map(|item| Some((field(item, ["remaining", "r"])?, field(item, ["reset", "t"])?)))
        .collect()
}

fn until(reset: u64, date: SystemTime) -> Duration {
    if reset < INSTANTS_FROM {
        return Duration::from_secs(reset);
    }
    (UNIX_EPOCH + Duration::from_secs(reset.min(INSTANTS_FROM * 10))).duration_since(date).unwrap_or_default()
}

fn whole(text: &str) -> Option<u64> {
    text.trim().split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &[(&'static str, &str)]) -> Option<(u64, u64)> {
        let headers = list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let date = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        quota(&headers, date).map(|quota| (quota.remaining, quota.resets_in.as_secs()))
    }

    #[test]
    fn every_form_is_parsed() {
        assert_eq!(read(&[("ratelimit", "limit=100, remaining=3, reset=30")]), Some((3, 30)));
        assert_eq!(read(&[("ratelimit", r#""default";r=50;t=30"#)]), Some((50, 30)));
        assert_eq!(read(&[("ratelimit", r#""burst";r=9;t=1, "day";r=0;t=400"#)]), Some((0, 400)));
        assert_eq!(read(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "7")]), Some((0, 7)));
        assert_eq!(read(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000060")]), Some((0, 60)));
        assert_eq!(read(&[("x-ratelimit-remaining", "5"), ("x-ratelimit-reset", "1.5")]), Some((5, 1)));
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
            Some((0, 8_300_000_000))
        );
    }
}
