//! How a rule is written, as the tables in the docs of [`FaultRule`] have it.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::kinds::{Fault, Wait};
use super::rule::FaultRule;
use crate::sandbox::parse::{ParseError, option, value};
use crate::sandbox::quirks::Totals;

/// Kinds that are a name and nothing else.
const NAMES: [(&str, Fault); 18] = [
    ("error-envelope", Fault::ErrorEnvelope),
    ("maintenance", Fault::Maintenance),
    ("empty-list", Fault::EmptyList),
    ("byte-order-mark", Fault::ByteOrderMark),
    ("reset", Fault::Reset),
    ("reset-body", Fault::ResetBody),
    ("short-body", Fault::ShortBody),
    ("stalled-body", Fault::StalledBody),
    ("refused-stream", Fault::RefusedStream),
    ("goaway", Fault::GoAway),
    ("broken-json", Fault::BrokenJson),
    ("gzip-bomb", Fault::GzipBomb),
    ("huge-page", Fault::HugePage),
    ("wrong-page", Fault::WrongPage),
    ("empty-page", Fault::EmptyPage),
    ("half-page", Fault::HalfPage),
    ("no-pagination", Fault::NoPagination),
    ("no-contacts", Fault::NoContacts),
];

const KINDS: &str = "an error status (500), one that says when to come back (429-seconds, 429-date, 429-body), \
    redirect, error-envelope, maintenance, empty-list, byte-order-mark, cached, date, reset, reset-body, short-body, stalled-body, refused-stream, goaway, broken-json, \
    gzip-bomb, huge-page, wrong-page, per-page, empty-page, half-page, no-pagination, no-contacts or totals";

impl FromStr for FaultRule {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (kind, options) = match text.split_once(':') {
            Some((kind, options)) => (kind, Some(options)),
            None => (text, None),
        };
        let mut rule = Self::new(fault(kind)?);
        for text in options.into_iter().flat_map(|options| options.split(',')) {
            if !rule.set_when(text)? && !set_fault(&mut rule.fault, text)? {
                return Err(ParseError::new(format!(
                    "{text:?} is no option of {kind}: a share of the requests (0.05), page=PAGES, row=PLACES, times=NUMBER{}",
                    own_options(&rule.fault)
                )));
            }
        }
        rule.check().map_err(ParseError::new)?;
        Ok(rule)
    }
}

impl FaultRule {
    /// Reads an option that says when; false if the text is none.
    fn set_when(&mut self, text: &str) -> Result<bool, ParseError> {
        match option(text) {
            ("page", Some(pages)) => self.pages = pages.parse()?,
            ("row", Some(rows)) => self.rows = rows.parse()?,
            ("times", Some(times)) => self.times = Some(value("times", times, "a whole number")?),
            (share, None) => match share.parse() {
                Ok(share) => self.probability = share,
                Err(_) => return Ok(false),
            },
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The fault of this kind, with what its options are unless given.
fn fault(kind: &str) -> Result<Fault, ParseError> {
    if let Some((_, fault)) = NAMES.iter().find(|(name, _)| *name == kind) {
        return Ok(fault.clone());
    }
    let (status, wait) = match kind.split_once('-') {
        Some((status, "seconds")) => (status, Some(Wait::Seconds(1))),
        Some((status, "date")) => (status, Some(Wait::Date(1))),
        Some((status, "body")) => (status, Some(Wait::Body(1))),
        _ => (kind, None),
    };
    match (kind, status.parse(), wait) {
        ("redirect", ..) => Ok(Fault::Redirect { to: "http://elsewhere.invalid/".into() }),
        ("cached", ..) => Ok(Fault::Cached { age: 60 }),
        ("date", ..) => Ok(Fault::Date { by: -600 }),
        ("per-page", ..) => Ok(Fault::PerPage { most: 50 }),
        ("totals", ..) => Ok(Fault::Totals(Totals { count: 0, pages: 1 })),
        (_, Ok(status), None) => Ok(Fault::Status(status)),
        (_, Ok(status), Some(wait)) => Ok(Fault::Throttled { status, wait }),
        _ => Err(ParseError::new(format!("{kind:?} is no fault: {KINDS}"))),
    }
}

/// Reads an option of the fault itself; false if it has none of that name.
fn set_fault(fault: &mut Fault, text: &str) -> Result<bool, ParseError> {
    let (name, given) = option(text);
    match (fault, name, given) {
        (Fault::Throttled { wait, .. }, "wait", Some(given)) => {
            let (Wait::Seconds(wait) | Wait::Date(wait) | Wait::Body(wait)) = wait;
            *wait = value("wait", given, "whole seconds")?;
        }
        (Fault::Redirect { to }, "to", Some(given)) => *to = given.into(),
        (Fault::Cached { age }, "age", Some(given)) => *age = value("age", given, "whole seconds")?,
        (Fault::Date { by }, "by", Some(given)) => *by = value("by", given, "whole seconds with their sign")?,
        (Fault::PerPage { most }, "most", Some(given)) => *most = value("most", given, "a whole number")?,
        (Fault::Totals(totals), ..) => return totals.set((name, given)),
        _ => return Ok(false),
    }
    Ok(true)
}

fn own_options(fault: &Fault) -> &'static str {
    match fault {
        Fault::Throttled { .. } => ", wait=SECONDS",
        Fault::Redirect { .. } => ", to=URL",
        Fault::Cached { .. } => ", age=SECONDS",
        Fault::Date { .. } => ", by=SECONDS",
        Fault::PerPage { .. } => ", most=NUMBER",
        Fault::Totals(_) => ", count=NUMBER, pages=NUMBER",
        _ => "",
    }
}

impl Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = NAMES.iter().find(|(_, fault)| fault == self) {
            return formatter.write_str(name);
        }
        match self {
            Self::Status(status) => write!(formatter, "{status}"),
            Self::Throttled { status, wait: Wait::Seconds(wait) } => write!(formatter, "{status}-seconds:wait={wait}"),
            Self::Throttled { status, wait: Wait::Date(wait) } => write!(formatter, "{status}-date:wait={wait}"),
            Self::Throttled { status, wait: Wait::Body(wait) } => write!(formatter, "{status}-body:wait={wait}"),
            Self::Redirect { to } => write!(formatter, "redirect:to={to}"),
            Self::Cached { age } => write!(formatter, "cached:age={age}"),
            Self::Date { by } => write!(formatter, "date:by={by}"),
            Self::PerPage { most } => write!(formatter, "per-page:most={most}"),
            Self::Totals(totals) => write!(formatter, "totals:{totals}"),
            _ => Ok(()),
        }
    }
}

impl Display for FaultRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = self.fault.to_string();
        let mut parts = vec![];
        if self.probability < 1.0 {
            parts.push(self.probability.to_string());
        }
        if !self.pages.are_all() {
            parts.push(format!("page={}", self.pages));
        }
        if !self.rows.are_all() {
            parts.push(format!("row={}", self.rows));
        }
        if let Some(times) = self.times {
            parts.push(format!("times={times}"));
        }
        let joint = match (parts.is_empty(), fault.contains(':')) {
            (true, _) => "",
            (false, true) => ",",
            (false, false) => ":",
        };
        write!(formatter, "{fault}{joint}{}", parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_rules_and_rules_are_texts() {
        let throttled = |wait| Fault::Throttled { status: 429, wait };
        for (text, rule) in [
            ("500", Fault::Status(500).into()),
            ("500:0.05", FaultRule::new(Fault::Status(500)).with_probability(0.05)),
            ("reset-body:page=7", FaultRule::new(Fault::ResetBody).at_page(7)),
            ("500:row=633", FaultRule::new(Fault::Status(500)).at_row(633)),
            ("cached:age=50", Fault::Cached { age: 50 }.into()),
            ("date:by=-600,page=1", FaultRule::new(Fault::Date { by: -600 }).at_page(1)),
            ("429-seconds:wait=30", throttled(Wait::Seconds(30)).into()),
            ("429-date:wait=1,page=3,times=2", FaultRule::new(throttled(Wait::Date(1))).at_page(3).first(2)),
            ("503-body:wait=2,0.5", {
                FaultRule::new(Fault::Throttled { status: 503, wait: Wait::Body(2) }).with_probability(0.5)
            }),
            (
                "redirect:to=http://127.0.0.1:8080/x?y=z",
                Fault::Redirect { to: "http://127.0.0.1:8080/x?y=z".into() }.into(),
            ),
            ("per-page:most=40,page=10-", FaultRule::new(Fault::PerPage { most: 40 }).at_pages(10..=u64::MAX)),
            ("totals:count=-5,pages=+2", Fault::Totals(Totals { count: -5, pages: 2 }).into()),
            ("half-page:0.25,page=2+4-6,times=3", {
                FaultRule::new(Fault::HalfPage).with_probability(0.25).at_page(2).at_pages(4..=6).first(3)
            }),
        ] {
            assert_eq!(text.parse(), Ok(rule.clone()), "{text}");
            assert_eq!(rule.to_string(), text);
        }
    }

    #[test]
    fn every_name_is_a_kind_and_is_listed() {
        for (name, fault) in NAMES {
            assert_eq!(name.parse(), Ok(FaultRule::new(fault.clone())));
            assert_eq!(fault.to_string(), name);
            assert!(KINDS.contains(name), "{name}");
        }
    }

    #[test]
    fn options_have_defaults_and_any_order() {
        let rule = FaultRule::new(Fault::Throttled { status: 429, wait: Wait::Date(1) }).at_page(3).first(2);
        assert_eq!("429-date:page=3,times=2".parse(), Ok(rule.clone()));
        assert_eq!("429-date:times=2,page=3,wait=1".parse(), Ok(rule));
        for text in ["redirect", "per-page", "totals", "cached", "date"] {
            assert!(text.parse::<FaultRule>().is_ok(), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_rule_is_told_what_would_be() {
        for (text, part) in [
            ("", "\"\" is no fault: an error status"),
            ("explode", "\"explode\" is no fault"),
            ("429-hours", "\"429-hours\" is no fault"),
            ("200", "from 400 to 599, not 200"),
            ("500:", "\"\" is no option of 500: a share"),
            ("500:5%", "\"5%\" is no option of 500"),
            ("500:1.5", "from 0 to 1, not 1.5"),
            ("500:wait=3", "\"wait=3\" is no option of 500"),
            ("503-date:wait=x", "wait is whole seconds, not \"x\""),
            ("429-date:until=3", "times=NUMBER, wait=SECONDS"),
            ("reset:page=0", "count from 1"),
            ("reset:page=a", "pages are like"),
            ("reset:row=0", "count from 1"),
            ("cached:age=0", "at least 1 second"),
            ("reset:times=0", "at least 1 time"),
            ("per-page:most=500", "1 to 100 contacts, not 500"),
            ("redirect:to=", "a URL without a comma"),
            ("totals:count=many", "whole number with its sign"),
        ] {
            let error = text.parse::<FaultRule>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
