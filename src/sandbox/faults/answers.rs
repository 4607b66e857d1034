//! Answers that stand in for a page: errors, refusals, redirects.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, DATE, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::json;

use super::fault::Wait;
use crate::sandbox::answer::{self, Answer, set};

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

/// 302 to `to`.
pub(super) fn redirect(to: &str) -> Answer {
    let mut answer = html(StatusCode::FOUND, "Found");
    if let Ok(to) = HeaderValue::from_str(to) {
        set(&mut answer, LOCATION, to);
    }
    answer
}

/// 200 with an error inside.
pub(super) fn error_envelope() -> Answer {
    let mut answer = status(500);
    *answer.status_mut() = StatusCode::OK;
    answer
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
