//! Whether and until when a server refuses requests: what a response that is not a page says about rate limits.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::rate_limit_headers;
use super::wait::{self, Unit};

/// The headers that say how long to wait, and the unit of a number in them. If there are several, the longest wait counts.
const HEADERS: [(&str, Unit); 4] = [
    ("retry-after", Unit::Seconds),
    // Docker Hub, better-auth.
    ("x-retry-after", Unit::Seconds),
    // OpenAI and Azure OpenAI.
    ("retry-after-ms", Unit::Milliseconds),
    // Azure Cosmos DB.
    ("x-ms-retry-after-ms", Unit::Milliseconds),
];

/// The same for the keys of a JSON object, or of `error` in it.
const KEYS: [(&str, Unit); 3] = [
    ("retry_after", Unit::Seconds),
    ("retryAfter", Unit::Seconds),
    // Matrix.
    ("retry_after_ms", Unit::Milliseconds),
];

/// A reset without the number of requests left may be that of another quota, such as a daily one. One that is further away
/// is ignored.
const LONGEST_BARE_RESET: Duration = Duration::from_hours(1);

/// Statuses that refuse because of a rate, whatever else the response says: 429, 420 (formerly Twitter) and 529 (overloaded,
/// as Anthropic and Qualys use it).
pub(super) const RATE_LIMITED: [u16; 3] = [429, 420, 529];

/// What a response that is not a page says about rate limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// Whether the response says that it is a refusal: by a used-up quota, or by an error code in its body.
    pub is_rate_limit: bool,
}

/// What a response says about rate limits.
///
/// The wait is that of `Retry-After` or a similar header, else that in the body, else the time until a used-up quota resets.
/// Where a server sends both, `Retry-After` wins even over a later reset: it is about this request, while the quota may be
/// one of several. So do the drafts of `RateLimit` have it.
pub(crate) fn read(status: u16, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let date = wait::date(headers);
    let json: Option<Value> = serde_json::from_slice(super::error_body::without_bom(body)).ok();
    let quotas = rate_limit_headers::quotas(headers, date);
    let used_up = quotas.iter().filter(|quota| quota.remaining == Some(0));
    let bare = || {
        let bare = quotas.iter().filter(|quota| quota.remaining.is_none()).filter_map(|quota| quota.resets_in);
        let is_explicit = RATE_LIMITED.contains(&status);
        bare.max().filter(|reset| is_explicit && *reset <= LONGEST_BARE_RESET)
    };
    let told = in_headers(headers, date).or_else(|| in_body(json.as_ref()?, date));
    Refusal {
        retry_after: told.or_else(|| used_up.clone().filter_map(|quota| quota.resets_in).max()).or_else(bare),
        is_rate_limit: used_up.count() > 0 || json.as_ref().is_some_and(names_rate_limit),
    }
}

fn in_headers(headers: &HeaderMap, date: SystemTime) -> Option<Duration> {
    let waits = |(name, unit): (&'static str, Unit)| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        // A list has commas, but so has a date.
        values.filter_map(move |value| {
            let listed = || value.split(',').filter_map(|item| wait::of_text(item, unit, date)).max();
            wait::of_text(value, unit, date).or_else(listed)
        })
    };
    HEADERS.into_iter().flat_map(waits).max()
}

fn in_body(json: &Value, date: SystemTime) -> Option<Duration> {
    let wait = |part: &Value| {
        KEYS.into_iter().find_map(|(key, unit)| match part.get(key)? {
            Value::Number(number) => wait::of_number(number.as_f64()?, unit, date),
            Value::String(text) => wait::of_text(text, unit, date),
            _ => None,
        })
    };
    json.get("error").and_then(wait).or_else(|| wait(json))
}

/// Keys whose values name an error.
const NAMES: [&str; 9] = ["error_code", "code", "type", "reason", "status", "status_code", "error", "message", "title"];
/// Such values, in lowercase and without anything but letters and digits. A value must be equal to one of them: a longer
/// text may only mention a rate limit.
const RATE_LIMITS: [&str; 14] = [
    "429",
    "ratelimit",
    "ratelimited",
    "ratelimiterror",
    "ratelimitexceeded",
    "ratelimitreached",
    "userratelimitexceeded",
    "requestlimitexceeded",
    "throttled",
    "throttling",
    "throttlingexception",
    "toomanyrequests",
    "toomanyrequestsexception",
    "slowdown",
];

/// Whether a JSON error is called a rate limit.
fn names_rate_limit(json: &Value) -> bool {
    let is_named = |error: &Value| {
        NAMES.iter().filter_map(|key| error.get(key)).any(|value| match value {
            Value::String(text) => RATE_LIMITS.contains(&plain(text).as_str()),
            Value::Number(number) => number.as_u64() == Some(429),
            _ => false,
        })
    };
    let lists = [json.get("errors"), json.get("error").and_then(|error| error.get("errors"))];
    let listed = lists.into_iter().flatten().filter_map(Value::as_array).flatten();
    [Some(json), json.get("error")].into_iter().flatten().chain(listed).any(is_named)
}

fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// How long a response asks to wait, whatever its status.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn retry_after(headers: &HeaderMap, body: &[u8]) -> Option<Duration> {
    read(200, headers, body).retry_after
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: (&str, &str) = ("date", "Tue, 14 Nov 2023 22:13:20 GMT");

    fn said(status: u16, list: &[(&'static str, &str)], body: &str) -> (Option<u64>, bool) {
        let headers = [DATE]
            .into_iter()
            .chain(list.iter().copied())
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let refusal = read(status, &headers.collect(), body.as_bytes());
        (refusal.retry_after.map(|wait| wait.as_secs()), refusal.is_rate_limit)
    }

    #[test]
    fn waits_are_found_in_headers_and_bodies() {
        let seconds = |list: &[(&'static str, &str)], body: &str| said(429, list, body).0;
        for name in ["retry-after", "x-retry-after"] {
            for (value, expected) in [("120", 120), ("2.5", 3), ("1700000060", 60), ("1700000060000", 60)] {
                assert_eq!(seconds(&[(name, value)], ""), Some(expected), "{name}: {value}");
            }
        }
        for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
            assert_eq!(seconds(&[(name, "3000"), ("retry-after", "2")], ""), Some(3), "{name}");
        }
        assert_eq!(seconds(&[("retry-after", "soon")], "{}"), None);
        for (body, expected) in [
            (r#"{"error":{"retry_after":45}}"#, 45),
            (r#"{"error":"slow down","retry_after":45}"#, 45),
            (r#"{"retry_after":45.1}"#, 46),
            (r#"{"retry_after":"45.1"}"#, 46),
            (r#"{"error":{"retryAfter":"7"}}"#, 7),
            (r#"{"retryAfter":1700000060}"#, 60),
            (r#"{"retry_after":"2023-11-14T22:14:20Z"}"#, 60),
            (r#"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2000}"#, 2),
            ("\u{feff}{\"retry_after\":45}", 45),
            (r#"{"retry_after":1e19}"#, wait::LONGEST_WAIT.as_secs()),
        ] {
            assert_eq!(seconds(&[], body), Some(expected), "{body}");
            assert_eq!(seconds(&[("retry-after", "1")], body), Some(1), "the header counts, not {body}");
        }
        for body in [r#"{"retry_after":-1}"#, r#"{"retry_after":null}"#, r#"{"retry_after":"later"}"#, "[1]", "<html>"]
        {
            assert_eq!(seconds(&[], body), None, "{body}");
        }
    }

    #[test]
    fn a_used_up_quota_tells_the_wait_of_a_refusal() {
        let used_up = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000060")];
        for status in [200, 403, 429, 503] {
            assert_eq!(said(status, &used_up, ""), (Some(60), true), "{status}");
        }
        assert_eq!(said(429, &[used_up[0], used_up[1], ("retry-after", "5")], ""), (Some(5), true));
        assert_eq!(said(429, &[used_up[0]], ""), (None, true));
        // Another limit refused.
        assert_eq!(said(429, &[("x-ratelimit-remaining", "7"), used_up[1]], ""), (None, false));
        assert_eq!(said(429, &[("ratelimit", r#""burst";r=0;t=8, "day";r=70;t=400"#)], ""), (Some(8), true));
        assert_eq!(said(429, &[("ratelimit", r#""burst";r=0;t=8, "day";r=0;t=400"#)], ""), (Some(400), true));
    }

    #[test]
    fn a_bare_reset_counts_on_an_explicit_refusal() {
        for (status, expected) in [(429, Some(8)), (420, Some(8)), (503, None), (403, None), (200, None)] {
            assert_eq!(said(status, &[("ratelimit-reset", "8")], ""), (expected, false), "{status}");
        }
        assert_eq!(
            said(429, &[("x-ratelimit-reset-after", "1.5"), ("x-ratelimit-reset", "1700003600")], "").0,
            Some(2)
        );
        assert_eq!(said(429, &[("ratelimit-reset", "86400")], ""), (None, false));
    }

    #[test]
    fn errors_that_are_called_a_rate_limit_are_one() {
        for body in [
            r#"{"error":"rate_limited"}"#,
            r#"{"error_code":"RATE_LIMIT_EXCEEDED","message":"x"}"#,
            r#"{"status":"error","message":"Too many requests"}"#,
            r#"{"error":{"code":429}}"#,
            r#"{"errors":[{"code":"throttled"}]}"#,
            r#"{"error":{"code":403,"errors":[{"reason":"rateLimitExceeded"}]}}"#,
        ] {
            assert_eq!(said(200, &[], body), (None, true), "{body}");
        }
        for body in [
            r#"{"error":"forbidden"}"#,
            r#"{"message":"the rate limit of this plan is 100"}"#,
            r#"{"message":"not throttled"}"#,
            r#"{"limit":429}"#,
            "429",
            "Too many requests",
        ] {
            assert_eq!(said(200, &[], body), (None, false), "{body}");
        }
    }
}
