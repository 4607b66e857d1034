//! Errors that say when to retry.

use std::time::{Duration, SystemTime};

use hyper::header::{DATE, HeaderValue, RETRY_AFTER};
use serde_json::json;

use crate::sandbox::http::response::{self, Response, set};

/// When a client may retry, and where the response says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Seconds in `Retry-After`.
    Seconds(u32),
    /// An HTTP date in `Retry-After`, this many seconds after the `Date` of the response.
    Date(u32),
    /// Seconds only in the body, as `error.retry_after`, in the shape of v3.
    Body(u32),
}

impl Wait {
    /// The error `status` with this wait, counted from `now`.
    pub(super) fn response(self, status: u16, now: SystemTime) -> Response {
        let mut response = response::status(status);
        match self {
            Self::Seconds(seconds) => set(&mut response, RETRY_AFTER, seconds.into()),
            Self::Date(seconds) => {
                let then = now + Duration::from_secs(seconds.into());
                // hyper would add its own `Date`, which may be a second off.
                for (name, time) in [(DATE, now), (RETRY_AFTER, then)] {
                    if let Ok(date) = HeaderValue::try_from(httpdate::fmt_http_date(time)) {
                        set(&mut response, name, date);
                    }
                }
            }
            Self::Body(seconds) => {
                let body = json!({
                    "success": false,
                    "error": {
                        "status": status,
                        "code": 1007,
                        "message": "Rate limit exceeded",
                        "retry_after": seconds,
                    },
                    "trace_id": "sandbox-trace",
                });
                return response::json(response.status(), body.to_string());
            }
        }
        response
    }
}
