//! A rule: a fault and the requests that meet it.

use std::ops::RangeInclusive;
use std::str::FromStr;

use super::kinds::Fault;
use super::page_ranges::Pages;
use super::target::Target;
use crate::sandbox::parse::{ParseError, ensure, option, value};

/// A fault, and which requests meet it: all requests for pages, unless narrowed down, or lookups of contacts.
///
/// Written `KIND` or `KIND:OPTION,OPTION,…`, where [`Fault`] documents the kinds with their own options. If several
/// rules match a request, the first wins.
///
/// | option | which requests |
/// |---|---|
/// | `0.05` | this share of the requests, drawn from the seed |
/// | `page=7`, `page=3-9`, `page=20-`, `page=2+5` | requests for these pages |
/// | `row=633`, `row=1-10` | requests for pages of any size that show these rows of the list, from 1 |
/// | `lookup`, `lookup=7` | lookups of all contacts instead of pages, or of the contacts with these ids |
/// | `times=2` | the first two requests for each page or contact |
///
/// Examples: `500:0.05`, `reset-body:page=7`, `429-date:page=3,times=2`, `per-page:max=40,page=10-`,
/// `503:lookup,times=2`.
///
/// Whether a request matches depends on the seed, the page or contact, and how many requests for it came before (without
/// those rejected for their token, by the limit or in an outage). So neither the order of requests nor concurrency
/// changes it.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRule {
    pub(super) fault: Fault,
    probability: f64,
    pages: Pages,
    /// Rows of the list, from 1.
    rows: Pages,
    /// Ids of contacts, for a rule about lookups.
    lookups: Option<Pages>,
    times: Option<u32>,
}

impl FaultRule {
    /// Every request for a page meets `fault`.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self { fault, probability: 1.0, pages: Pages::default(), rows: Pages::default(), lookups: None, times: None }
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

    /// Lookups of contacts instead of requests for pages.
    #[must_use]
    pub fn at_lookups(self) -> Self {
        Self { lookups: Some(Pages::default()), ..self }
    }

    /// Only lookups of the contact with this id, and others added likewise, instead of requests for pages.
    #[must_use]
    pub fn at_lookup(mut self, id: u64) -> Self {
        self.lookups.get_or_insert_default().add(id..=id);
        self
    }

    /// Only the first `times` requests for each page or contact, at least 1.
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
        if let Some(ids) = &self.lookups {
            ids.check()?;
            let is_of_pages = self.fault.is_of_pages() || !self.pages.are_all() || !self.rows.are_all();
            ensure(!is_of_pages, || "lookup: the fault, or another of its options, is about pages".to_owned())?;
        }
        self.fault.check()
    }

    /// Whether requests for `target` can meet the fault.
    pub(super) fn applies_to(&self, target: &Target) -> bool {
        match (target, &self.lookups) {
            (Target::Page { number, shown }, None) => {
                self.pages.contain(*number) && self.rows.overlap(&(shown.start.saturating_add(1)..=shown.end))
            }
            (Target::Contact { id }, Some(ids)) => ids.are_all() || id.is_some_and(|id| ids.contain(id)),
            _ => false,
        }
    }

    /// Whether the `attempt`th request for a target that the rule applies to, from 1, meets the fault; `roll` gives a
    /// random number from 0 to 1.
    pub(super) fn matches(&self, attempt: u32, roll: impl FnOnce() -> f64) -> bool {
        self.times.is_none_or(|times| attempt <= times) && (self.probability >= 1.0 || roll() < self.probability)
    }

    /// Reads an option that says when; false for any other text.
    fn set(&mut self, text: &str) -> Result<bool, ParseError> {
        match option(text) {
            ("page", Some(pages)) => self.pages = pages.parse()?,
            ("row", Some(rows)) => self.rows = rows.parse()?,
            ("lookup", ids) => self.lookups = Some(ids.map(str::parse).transpose()?.unwrap_or_default()),
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
                let possible = format!(
                    "a share of the requests such as 0.05, page=PAGES, row=ROWS, lookup, lookup=IDS, times=NUMBER{own}"
                );
                return Err(ParseError::unknown(text, &possible));
            }
        }
        rule.check().map_err(ParseError::new)?;
        Ok(rule)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::sandbox::faults::Wait;
    use crate::sandbox::quirks::WrongTotals;

    fn page(number: u64, shown: Range<u64>) -> Target {
        Target::Page { number, shown }
    }

    #[test]
    fn rules_are_narrowed_by_page_times_and_share() {
        let rule = FaultRule::new(Fault::Reset).at_page(7).at_pages(9..=10).first(2).with_probability(0.5);
        let pages: Vec<_> = (6..=11).filter(|number| rule.applies_to(&page(*number, 0..1))).collect();
        assert_eq!(pages, [7, 9, 10]);
        assert!(rule.matches(2, || 0.49));
        assert!(!rule.matches(3, || 0.0));
        assert!(!rule.matches(1, || 0.5));
        assert!(FaultRule::from(Fault::Reset).matches(u32::MAX, || unreachable!("certain")));
    }

    #[test]
    fn a_row_is_shown_by_pages_of_any_size() {
        let rule = FaultRule::new(Fault::Reset).at_row(101);
        assert!([0..101, 100..101, 100..200, 0..1_000].into_iter().all(|shown| rule.applies_to(&page(1, shown))));
        assert!([0..100, 101..102, 101..200].into_iter().all(|shown| !rule.applies_to(&page(1, shown))));
        assert!(FaultRule::new(Fault::Reset).applies_to(&page(1, 0..1)));
    }

    #[test]
    fn rules_are_about_pages_or_about_lookups() {
        let applies = |rule: &FaultRule, id| rule.applies_to(&Target::Contact { id });
        let [pages, lookups] = [FaultRule::new(Fault::Reset), FaultRule::new(Fault::Reset).at_lookups()];
        let some = FaultRule::new(Fault::Reset).at_lookup(7).at_lookup(9);
        for (id, expected) in
            [(Some(7), [false, true, true]), (Some(8), [false, true, false]), (None, [false, true, false])]
        {
            assert_eq!([&pages, &lookups, &some].map(|rule| applies(rule, id)), expected, "{id:?}");
        }
        assert_eq!([&pages, &lookups, &some].map(|rule| rule.applies_to(&page(7, 0..1))), [true, false, false]);
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
            FaultRule::new(Fault::Reset).at_lookup(0),
            FaultRule::new(Fault::Reset).at_lookups().at_row(1),
            FaultRule::new(Fault::EmptyPage).at_lookups(),
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
            ("503:lookup,times=2", FaultRule::new(Fault::Status(503)).at_lookups().first(2)),
            ("500:times=1,lookup=7+9", FaultRule::new(Fault::Status(500)).at_lookup(7).at_lookup(9).first(1)),
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
            ("reset:page=a", "expected numbers such as"),
            ("reset:row=0", "start at 1"),
            ("cached:age=0", "at least 1 second"),
            ("reset:times=0", "at least 1"),
            ("per-page:max=500", "between 1 and 100, not 500"),
            ("reset:lookup=x", "expected numbers such as"),
            ("reset:lookup,page=3", "is about pages"),
            ("half-page:lookup", "is about pages"),
            ("redirect:to=", "a URL without a comma"),
            ("totals:count=many", "signed whole number"),
        ] {
            let error = text.parse::<FaultRule>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
