//! The kinds of faults: for each its name, its options and its effect.

use std::borrow::Cow;

use hyper::StatusCode;
use hyper::header::HeaderValue;

use super::damage;
use super::play::FaultyRequest;
use super::wait::Wait;
use crate::sandbox::http::delivery::{Delivery, Reply};
use crate::sandbox::http::response;
use crate::sandbox::parse::{ParseError, ensure, option, value};
use crate::sandbox::quirks::{WrongTotals, check_max_per_page};

/// What can go wrong with the response to a request for a page or a contact. [`super::FaultRule`] says when.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `500`: an error status from 400 to 599 without `Retry-After`. Its body depends on the status: the documented one
    /// for 500, the HTML of a proxy for 502 and 520 to 529, empty for 503 and 504, otherwise an error in the documented
    /// shape.
    Status(u16),
    /// `429-seconds`, `429-date`, `429-body`: the same, with the time to wait in the place [`Wait`] names. Option
    /// `wait=SECONDS`, default 1.
    RateLimited {
        /// An error status, or 200 for an error in place of a page.
        status: u16,
        /// When to retry, and where the response says so.
        wait: Wait,
    },
    /// `redirect`: 302. Option `to=URL`, default `http://elsewhere.invalid/`.
    Redirect {
        /// The value of `Location`: a URL without a comma.
        to: Cow<'static, str>,
    },
    /// `error-envelope`: 200 with an error in the documented shape.
    ErrorEnvelope,
    /// `maintenance`: 200 with a maintenance page in HTML.
    Maintenance,
    /// `empty-list`: the page of a list without contacts.
    EmptyList,
    /// `byte-order-mark`: the correct response after a byte order mark.
    ByteOrderMark,
    /// `cached`: the correct response with the headers of a cache. Option `age=SECONDS`, default 60.
    Cached {
        /// Seconds of `Age`, at least 1.
        age: u32,
    },
    /// `date`: the correct response with a wrong `Date`. Option `by=±SECONDS`, default -600.
    Date {
        /// Seconds that the server's clock is ahead, or behind if negative.
        by: i64,
    },
    /// `reset`: the connection is reset (RST) before the response. Under HTTP/2 this ends all its streams.
    Reset,
    /// `reset-body`: the connection is reset (RST) after half the body. Under HTTP/2 this ends all its streams.
    ResetBody,
    /// `short-body`: the body ends after half of the announced length.
    ShortBody,
    /// `stalled-body`: the body stops halfway and the connection stays open until the client closes it, or for ten
    /// minutes.
    StalledBody,
    /// `refused-stream`: HTTP/2 refuses the stream (`REFUSED_STREAM`), other streams continue. HTTP/1.1 closes the
    /// connection without a response.
    RefusedStream,
    /// `goaway`: HTTP/2 retires the connection with `GOAWAY` and refuses the stream; other streams in progress are
    /// answered. HTTP/1.1 closes the connection without a response.
    GoAway,
    /// `broken-json`: JSON cut off in the middle, in a body that is complete as HTTP.
    BrokenJson,
    /// `gzip-bomb`: the correct response after 64 MiB of spaces, compressed to about 64 kB.
    GzipBomb,
    /// `huge-page`: the correct response after 9 MiB of spaces, uncompressed.
    HugePage,
    /// `wrong-page`: the page before the requested one, or page 2 for page 1, numbered as such.
    WrongPage,
    /// `per-page`: a page cut as if pages were smaller. Option `max=NUMBER`, default 50.
    PerPage {
        /// Maximum contacts of the page, 1 to 100.
        max: u64,
    },
    /// `empty-page`: a page without its contacts, but with correct totals.
    EmptyPage,
    /// `half-page`: a page with half of its contacts, but with correct totals.
    HalfPage,
    /// `no-pagination`: a page without `pagination`.
    NoPagination,
    /// `no-contacts`: a page without `contacts`.
    NoContacts,
    /// `totals`: wrong totals. Options `count=±CONTACTS` and `pages=±PAGES`, default `pages=+1`.
    Totals(WrongTotals),
}

/// Every named kind: its name, the options of its own, and the fault without options.
pub(super) static KINDS: [(&str, &str, Fault); 23] = [
    ("redirect", "to=URL", Fault::Redirect { to: Cow::Borrowed("http://elsewhere.invalid/") }),
    ("error-envelope", "", Fault::ErrorEnvelope),
    ("maintenance", "", Fault::Maintenance),
    ("empty-list", "", Fault::EmptyList),
    ("byte-order-mark", "", Fault::ByteOrderMark),
    ("cached", "age=SECONDS", Fault::Cached { age: 60 }),
    ("date", "by=SECONDS", Fault::Date { by: -600 }),
    ("reset", "", Fault::Reset),
    ("reset-body", "", Fault::ResetBody),
    ("short-body", "", Fault::ShortBody),
    ("stalled-body", "", Fault::StalledBody),
    ("refused-stream", "", Fault::RefusedStream),
    ("goaway", "", Fault::GoAway),
    ("broken-json", "", Fault::BrokenJson),
    ("gzip-bomb", "", Fault::GzipBomb),
    ("huge-page", "", Fault::HugePage),
    ("wrong-page", "", Fault::WrongPage),
    ("per-page", "max=NUMBER", Fault::PerPage { max: 50 }),
    ("empty-page", "", Fault::EmptyPage),
    ("half-page", "", Fault::HalfPage),
    ("no-pagination", "", Fault::NoPagination),
    ("no-contacts", "", Fault::NoContacts),
    ("totals", "count=NUMBER, pages=NUMBER", Fault::Totals(WrongTotals { count: 0, pages: 1 })),
];

impl Fault {
    /// The fault of this kind with default options, and what those options are.
    pub(super) fn of_kind(kind: &str) -> Result<(Self, &'static str), ParseError> {
        if let Some((_, options, fault)) = KINDS.iter().find(|(name, ..)| *name == kind) {
            return Ok((fault.clone(), options));
        }
        let (status, wait) = match kind.split_once('-') {
            Some((status, "seconds")) => (status, Some(Wait::Seconds(1))),
            Some((status, "date")) => (status, Some(Wait::Date(1))),
            Some((status, "body")) => (status, Some(Wait::Body(1))),
            _ => (kind, None),
        };
        match (status.parse(), wait) {
            (Ok(status), None) => Ok((Self::Status(status), "")),
            (Ok(status), Some(wait)) => Ok((Self::RateLimited { status, wait }, "wait=SECONDS")),
            _ => Err(ParseError::new(format!(
                "unknown fault {kind:?} [possible values: an error status such as 500, 429-seconds, 429-date, 429-body, {}]",
                KINDS.each_ref().map(|(name, ..)| *name).join(", ")
            ))),
        }
    }

    /// Reads an option of the fault itself; false if it has no option of that name.
    pub(super) fn set(&mut self, text: &str) -> Result<bool, ParseError> {
        let (name, given) = option(text);
        match (self, name, given) {
            (Self::RateLimited { wait, .. }, "wait", Some(given)) => {
                let (Wait::Seconds(wait) | Wait::Date(wait) | Wait::Body(wait)) = wait;
                *wait = value("wait", given, "whole seconds")?;
            }
            (Self::Redirect { to }, "to", Some(given)) => *to = given.to_owned().into(),
            (Self::Cached { age }, "age", Some(given)) => *age = value("age", given, "whole seconds")?,
            (Self::Date { by }, "by", Some(given)) => *by = value("by", given, "signed whole seconds")?,
            (Self::PerPage { max }, "max", Some(given)) => *max = value("max", given, "a whole number")?,
            (Self::Totals(totals), ..) => return totals.set((name, given)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether it changes what only pages have: their contacts and totals.
    pub(super) fn is_of_pages(&self) -> bool {
        matches!(
            self,
            Self::EmptyList
                | Self::WrongPage
                | Self::PerPage { .. }
                | Self::EmptyPage
                | Self::HalfPage
                | Self::NoPagination
                | Self::NoContacts
                | Self::Totals(_)
        )
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::RateLimited { status: 200, .. } => Ok(()),
            Self::Status(status) | Self::RateLimited { status, .. } => {
                let code = StatusCode::from_u16(*status);
                ensure(code.is_ok_and(|code| code.is_client_error() || code.is_server_error()), || {
                    format!("an error status must be between 400 and 599, not {status}")
                })
            }
            Self::Redirect { to } => {
                ensure(!to.is_empty() && !to.contains(',') && HeaderValue::from_str(to).is_ok(), || {
                    format!("to: expected a URL without a comma, not {to:?}")
                })
            }
            Self::Cached { age } => ensure(*age > 0, || "age must be at least 1 second".to_owned()),
            Self::PerPage { max } => check_max_per_page(*max),
            _ => Ok(()),
        }
    }

    /// The reply to a request that meets this fault.
    pub(in crate::sandbox) fn play(&self, request: &FaultyRequest<'_>) -> Reply {
        match self {
            Self::Status(code) => response::status(*code).into(),
            Self::RateLimited { status, wait } => wait.response(*status, request.now).into(),
            Self::Redirect { to } => response::redirect(to).into(),
            Self::ErrorEnvelope => response::error_envelope().into(),
            Self::Maintenance => response::maintenance().into(),
            Self::EmptyList => request.of_empty_list(),
            Self::ByteOrderMark => request.damaged(damage::add_byte_order_mark),
            Self::Cached { age } => request.damaged(|response| damage::set_age(response, *age)),
            Self::Date { by } => request.damaged(|response| damage::set_date(response, request.now, *by)),
            Self::Reset => request.delivered(Delivery::Reset),
            Self::ResetBody => request.delivered(Delivery::ResetBody),
            Self::ShortBody => request.delivered(Delivery::ShortBody),
            Self::StalledBody => request.delivered(Delivery::StalledBody),
            Self::RefusedStream => request.delivered(Delivery::RefusedStream),
            Self::GoAway => request.delivered(Delivery::GoAway),
            Self::BrokenJson => request.damaged(damage::cut_json),
            Self::GzipBomb => request.damaged(damage::make_bomb),
            Self::HugePage => request.damaged(damage::make_huge),
            Self::WrongPage => request.of_neighbor(),
            Self::PerPage { max } => request.recut(Some(*max), |_| {}),
            Self::EmptyPage => request.recut(None, damage::remove_contacts),
            Self::HalfPage => request.recut(None, damage::remove_half),
            Self::NoPagination => request.damaged(damage::remove_pagination_key),
            Self::NoContacts => request.damaged(damage::remove_contacts_key),
            Self::Totals(totals) => request.with_totals(*totals),
        }
    }
}
