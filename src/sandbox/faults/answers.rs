//! Answers that stand in for a page: errors, refusals, redirects.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hyper::header::{AGE, CONTENT_TYPE, DATE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::json;

use super::kinds::Wait;
use crate::sandbox::http::response::{self as answer, Answer, set};

/// Beyond this no HTTP date can be written.
const LAST_DATE: Duration = Duration::from_hours(24 * 365 * 8_000);

/// An error, with a body as such a status comes with.
pub(in crate::sandbox) fn status(status: u16) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("Error");
    match status.as_u16() {
        401 => answer::unauthorized(),
        429 => answer::too_many_requests(None),
        500 => answer::contacts_error(
            status,
            "INTERNAL_ERROR",
            "Unable to fetch contacts",
            "Internal server error. Please try again or contact support if the issue persists.",
        ),
        502 | 520..=529 => html(status, reason),
        503 | 504 => {
            let mut empty = Response::new(Bytes::new());
            *empty.status_mut() = status;
            empty
        }
        _ => {
            let error_code = reason.to_uppercase().replace([' ', '-'], "_");
            answer::contacts_error(status, &error_code, reason, "The sandbox was told to answer so.")
        }
    }
}

/// The same, and when to come back, counted from `now`.
pub(super) fn throttled(code: u16, wait: Wait, now: SystemTime) -> Answer {
    let mut answer = status(code);
    match wait {
        Wait::Seconds(seconds) => set(&mut answer, RETRY_AFTER, seconds.into()),
        Wait::Date(seconds) => {
            let then = now + Duration::from_secs(seconds.into());
            // Both dates come from one clock, so their distance is exact.
            for (name, instant) in [(DATE, now), (RETRY_AFTER, then)] {
                if let Ok(date) = HeaderValue::try_from(httpdate::fmt_http_date(instant)) {
                    set(&mut answer, name, date);
                }
            }
        }
        Wait::Body(seconds) => {
            let body = json!({
                "success": false,
                "error": {
                    "status": code,
                    "code": 1007,
                    "message": "Rate limit exceeded",
                    "retry_after": seconds,
                },
                "trace_id": "sandbox-trace",
            });
            return answer::with_json(answer.status(), body.to_string().into_bytes());
        }
    }
    answer
}

/// A page as a cache hands it out.
pub(super) fn cached(mut answer: Answer, age: u32) -> Answer {
    set(&mut answer, AGE, age.into());
    set(&mut answer, HeaderName::from_static("x-cache"), HeaderValue::from_static("Hit"));
    answer
}

/// A page with the date of a clock that is ahead of `now`, or behind it.
pub(super) fn dated(mut answer: Answer, now: SystemTime, by: i64) -> Answer {
    let distance = Duration::from_secs(by.unsigned_abs());
    let instant = if by < 0 { now.checked_sub(distance) } else { now.checked_add(distance) };
    let date = instant.filter(|instant| (UNIX_EPOCH..UNIX_EPOCH + LAST_DATE).contains(instant));
    if let Some(date) = date.and_then(|date| HeaderValue::try_from(httpdate::fmt_http_date(date)).ok()) {
        set(&mut answer, DATE, date);
    }
    answer
}

/// 302 to `to`.
pub(super) fn redirect(to: &str) -> Answer {
    let mut answer = html(StatusCode::FOUND, "Found");
    if let Ok(to) = HeaderValue::from_str(to) {
        set(&mut answer, LOCATION, to);
    }
    answer
}

/// 200 with an error inside.
pub(in crate::sandbox) fn error_envelope() -> Answer {
    let mut answer = status(500);
    *answer.status_mut() = StatusCode::OK;
    answer
}

/// 200 with a page for people.
pub(in crate::sandbox) fn maintenance() -> Answer {
    html(StatusCode::OK, "Down for maintenance")
}

/// What a proxy says when it has nothing better.
fn html(status: StatusCode, reason: &str) -> Answer {
    let title = format!("{} {reason}", status.as_u16());
    let body = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = status;
    set(&mut answer, CONTENT_TYPE, HeaderValue::from_static("text/html"));
    answer
}
