//! A rule: a fault and the requests that meet it.

use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use super::kinds::Fault;
use super::page_ranges::Pages;
use crate::sandbox::parse::{ParseError, ensure, option, value};

/// A fault, and which requests for pages meet it: all of them, unless narrowed down.
///
/// Written `KIND` or `KIND:OPTION,OPTION,…`, where [`Fault`] documents the kinds with their own options. If several
/// rules match a request, the first wins.
///
/// | option | which requests |
/// |---|---|
/// | `0.05` | this share of the requests, drawn from the seed |
/// | `page=7`, `page=3-9`, `page=20-`, `page=2+5` | requests for these pages |
/// | `row=633`, `row=1-10` | requests for pages of any size that show these rows of the list, from 1 |
/// | `times=2` | the first two requests for each page |
///
/// Examples: `500:0.05`, `reset-body:page=7`, `429-date:page=3,times=2`, `per-page:max=40,page=10-`.
///
/// Whether a request matches depends on the seed, the page, and how many requests for that page came before (without
/// those rejected for their token, by the limit or in an outage). So neither the order of pages nor concurrency
/// changes it.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRule {
    pub(super) fault: Fault,
    probability: f64,
    pages: Pages,
    /// Rows of the list, from 1.
    rows: Pages,
    times: Option<u32>,
}

impl FaultRule {
    /// Every request for a page meets `fault`.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self { fault, probability: 1.0, pages: Pages::default(), rows: Pages::default(), times: None }
    }

    /// Only this share of the requests, 0 to 1.
    #[must_use]
    pub fn with_probability(self, probability: f64) -> Self {
        Self { probability, ..self }
    }

    /// Only this page, and others added likewise.
    #[must_use]
    pub fn at_page(self, page: u64) -> Self {
        self.at_pages(page..=page)
    }

    /// Only these pages, and others added likewise.
    #[must_use]
    pub fn at_pages(mut self, pages: RangeInclusive<u64>) -> Self {
        self.pages.add(pages);
        self
    }

    /// Only pages of any size that show this row of the list, from 1, and others added likewise.
    #[must_use]
    pub fn at_row(mut self, row: u64) -> Self {
        self.rows.add(row..=row);
        self
    }

    /// Only the first `times` requests for each page, at least 1.
    #[must_use]
    pub fn first(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// The fault of the rule.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    pub(in crate::sandbox) fn check(&self) -> Result<(), String> {
        ensure((0.0..=1.0).contains(&self.probability), || {
            format!("the share of requests must be between 0 and 1, not {}", self.probability)
        })?;
        ensure(self.times != Some(0), || "times must be at least 1".to_owned())?;
        self.pages.check()?;
        self.rows.check()?;
        self.fault.check()
    }

    /// Whether a page that shows these positions of the list, from 0, can meet the fault.
    pub(super) fn is_shown(&self, positions: &Range<u64>) -> bool {
        self.rows.overlap(&(positions.start.saturating_add(1)..=positions.end))
    }

    /// Whether the `attempt`th request for `page`, from 1, meets the fault; `roll` gives a random number from 0 to 1.
    pub(super) fn matches(&self, page: u64, attempt: u32, roll: impl FnOnce() -> f64) -> bool {
        self.pages.contain(page)
            && self.times.is_none_or(|times| attempt <= times)
            && (self.probability >= 1.0 || roll() < self.probability)
    }

    /// Reads an option that says when; false for any other text.
    fn set(&mut self, text: &str) -> Result<bool, ParseError> {
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

impl From<Fault> for FaultRule {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}

impl FromStr for FaultRule {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (kind, options) = text.split_once(':').map_or((text, None), |(kind, options)| (kind, Some(options)));
        let (fault, own_options) = Fault::of_kind(kind)?;
        let mut rule = Self::new(fault);
        for text in options.into_iter().flat_map(|options| options.split(',')) {
            if !rule.set(text)? && !rule.fault.set(text)? {
                let own = if own_options.is_empty() { String::new() } else { format!(", {own_options}") };
                let possible = format!("a share of the requests such as 0.05, page=PAGES, row=ROWS, times=NUMBER{own}");
                return Err(ParseError::unknown(text, &possible));
            }
        }
        rule.check().map_err(ParseError::new)?;
        Ok(rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::faults::Wait;
    use crate::sandbox::quirks::WrongTotals;

    #[test]
    fn rules_are_narrowed_by_page_times_and_share() {
        let rule = FaultRule::new(Fault::Reset).at_page(7).at_pages(9..=10).first(2).with_probability(0.5);
        assert!(rule.matches(7, 2, || 0.49));
        assert!(!rule.matches(8, 1, || 0.0));
        assert!(!rule.matches(9, 3, || 0.0));
        assert!(!rule.matches(10, 1, || 0.5));
        assert!(FaultRule::from(Fault::Reset).matches(1, u32::MAX, || unreachable!("certain")));
    }

    #[test]
    fn a_row_is_shown_by_pages_of_any_size() {
        let rule = FaultRule::new(Fault::Reset).at_row(101);
        assert!([0..101, 100..101, 100..200, 0..1_000].iter().all(|shown| rule.is_shown(shown)));
        assert!([0..100, 101..102, 101..200].iter().all(|shown| !rule.is_shown(shown)));
        assert!(FaultRule::new(Fault::Reset).is_shown(&(0..1)));
    }

    #[test]
    fn rules_out_of_range_are_refused() {
        let to = "http://a/\n".into();
        for rule in [
            FaultRule::new(Fault::Status(200)),
            FaultRule::new(Fault::Status(1_000)),
            FaultRule::new(Fault::RateLimited { status: 302, wait: Wait::Seconds(1) }),
            FaultRule::new(Fault::Redirect { to }),
            FaultRule::new(Fault::PerPage { max: 101 }),
            FaultRule::new(Fault::Reset).with_probability(1.1),
            FaultRule::new(Fault::Reset).with_probability(f64::NAN),
            FaultRule::new(Fault::Reset).first(0),
            FaultRule::new(Fault::Reset).at_page(0),
            FaultRule::new(Fault::Reset).at_row(0),
            FaultRule::new(Fault::Cached { age: 0 }),
        ] {
            assert!(rule.check().is_err(), "{rule:?}");
        }
    }

    #[test]
    fn every_part_of_a_rule_is_read() {
        let limited = |wait| Fault::RateLimited { status: 429, wait };
        let third = FaultRule::new(limited(Wait::Date(1))).at_page(3).first(2);
        for (text, rule) in [
            ("500", Fault::Status(500).into()),
            ("500:0.05", FaultRule::new(Fault::Status(500)).with_probability(0.05)),
            ("reset-body:page=7", FaultRule::new(Fault::ResetBody).at_page(7)),
            ("500:row=633", FaultRule::new(Fault::Status(500)).at_row(633)),
            ("cached:age=50", Fault::Cached { age: 50 }.into()),
            ("date:by=-600,page=1", FaultRule::new(Fault::Date { by: -600 }).at_page(1)),
            ("429-seconds:wait=30", limited(Wait::Seconds(30)).into()),
            ("429-date:wait=1,page=3,times=2", third.clone()),
            ("429-date:page=3,times=2", third.clone()),
            ("429-date:times=2,page=3,wait=1", third),
            ("503-body:wait=2,0.5", {
                FaultRule::new(Fault::RateLimited { status: 503, wait: Wait::Body(2) }).with_probability(0.5)
            }),
            (
                "redirect:to=http://127.0.0.1:8080/x?y=z",
                Fault::Redirect { to: "http://127.0.0.1:8080/x?y=z".into() }.into(),
            ),
            ("per-page:max=40,page=10-", FaultRule::new(Fault::PerPage { max: 40 }).at_pages(10..=u64::MAX)),
            ("totals:count=-5,pages=+2", Fault::Totals(WrongTotals { count: -5, pages: 2 }).into()),
            ("half-page:0.25,page=2+4-6,times=3", {
                FaultRule::new(Fault::HalfPage).with_probability(0.25).at_page(2).at_pages(4..=6).first(3)
            }),
        ] {
            assert_eq!(text.parse(), Ok(rule), "{text}");
        }
    }

    #[test]
    fn every_name_is_a_kind_and_is_listed() {
        let error = "explode".parse::<FaultRule>().unwrap_err().to_string();
        for (name, _, fault) in &super::super::kinds::KINDS {
            assert_eq!(name.parse(), Ok(FaultRule::new(fault.clone())));
            assert!(error.contains(name), "{name}");
        }
    }

    #[test]
    fn invalid_texts_say_what_is_expected() {
        for (text, part) in [
            ("", "unknown fault \"\" [possible values: an error status"),
            ("explode", "unknown fault \"explode\""),
            ("429-hours", "unknown fault \"429-hours\""),
            ("200", "between 400 and 599, not 200"),
            ("500:", "unknown option \"\" [possible options: a share"),
            ("500:5%", "unknown option \"5%\""),
            ("500:1.5", "between 0 and 1, not 1.5"),
            ("500:wait=3", "unknown option \"wait=3\""),
            ("503-date:wait=x", "wait: expected whole seconds, not \"x\""),
            ("429-date:until=3", "times=NUMBER, wait=SECONDS"),
            ("reset:page=0", "start at 1"),
            ("reset:page=a", "expected pages such as"),
            ("reset:row=0", "start at 1"),
            ("cached:age=0", "at least 1 second"),
            ("reset:times=0", "at least 1"),
            ("per-page:max=500", "between 1 and 100, not 500"),
            ("redirect:to=", "a URL without a comma"),
            ("totals:count=many", "signed whole number"),
        ] {
            let error = text.parse::<FaultRule>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
