//! A rule: a fault and the requests that meet it.

use std::ops::{Range, RangeInclusive};

use super::kinds::Fault;
use super::pages::Pages;

/// A fault, and which of the requests for pages meet it: all of them, unless narrowed.
///
/// Written `KIND` or `KIND:OPTION,OPTION,…`. Where several rules fit a request, the first counts.
///
/// | kind | fault |
/// |---|---|
/// | `500` | 500 with the documented body |
/// | `502`, `520` to `529` | the HTML of a proxy |
/// | `503`, `504` | an empty body |
/// | `401`, `403`, `404`, `429`, … | any other error status, in the documented shape |
/// | `429-seconds`, `429-date`, `429-body` | the same with `Retry-After` in seconds, as an HTTP date, or as `error.retry_after` in a body of v3; so with any error status, and with 200; option `wait=SECONDS`, 1 unless given |
/// | `redirect` | 302 to another host; option `to=URL`, `http://elsewhere.invalid/` unless given |
/// | `error-envelope` | 200 with an error in the documented shape |
/// | `maintenance` | 200 with a maintenance page in HTML |
/// | `empty-list` | the page of a list without contacts |
/// | `byte-order-mark` | the true page behind a byte order mark |
/// | `cached` | the true page with the headers of a cache; option `age=SECONDS`, 60 unless given |
/// | `date` | the true page with a wrong `Date`; option `by=±SECONDS`, -600 unless given |
/// | `reset` | the connection is reset before the answer |
/// | `reset-body` | the connection is reset after half the body |
/// | `short-body` | the body ends after half of what was announced |
/// | `stalled-body` | the body stops after half of it |
/// | `refused-stream` | HTTP/2: `REFUSED_STREAM`; HTTP/1.1: closed without an answer |
/// | `goaway` | the same, and HTTP/2 retires the connection with `GOAWAY` |
/// | `broken-json` | JSON that ends in the middle |
/// | `gzip-bomb` | some 64 kB of gzip that inflate to 64 MiB |
/// | `huge-page` | 9 MiB of plain JSON |
/// | `wrong-page` | another page than the one asked for |
/// | `per-page` | pages of fewer contacts; option `most=NUMBER`, 50 unless given |
/// | `empty-page` | no contacts where there are some |
/// | `half-page` | half of the contacts |
/// | `no-pagination`, `no-contacts` | a page without one of its two keys |
/// | `totals` | wrong totals; options `count=±CONTACTS`, `pages=±PAGES`, `pages=+1` unless given |
///
/// | option | which requests |
/// |---|---|
/// | `0.05` | that share of the requests, by the seed |
/// | `page=7`, `page=3-9`, `page=20-`, `page=2+5` | requests for these pages |
/// | `row=633`, `row=1-10` | requests for pages of any size that show these places of the list, from 1 |
/// | `times=2` | the first two requests for each page |
///
/// `500:0.05`, `reset-body:page=7`, `429-date:page=3,times=2`, `per-page:most=40,page=10-`.
///
/// Whether a request meets a rule depends on the seed, the page, and how many requests for that
/// page came before (those turned away by the token, the limit or an outage not counted), so
/// neither the order of pages nor concurrency changes it.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRule {
    pub(super) fault: Fault,
    pub(super) probability: f64,
    pub(super) pages: Pages,
    /// Places of the list, from 1.
    pub(super) rows: Pages,
    pub(super) times: Option<u32>,
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

    /// Only this page, and others that are named so.
    #[must_use]
    pub fn at_page(self, page: u64) -> Self {
        self.at_pages(page..=page)
    }

    /// Only these pages, and others that are named so.
    #[must_use]
    pub fn at_pages(mut self, pages: RangeInclusive<u64>) -> Self {
        self.pages.add(pages);
        self
    }

    /// Only pages that show this place of the list, from 1, and others that are named so: whatever the size of a page,
    /// it fails with the contact that stands there.
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

    /// The fault that is met.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    pub(in crate::sandbox) fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.probability) {
            return Err(format!("the share of requests that meet a fault is from 0 to 1, not {}", self.probability));
        }
        if self.times == Some(0) {
            return Err("a fault is met at least 1 time, not 0".to_owned());
        }
        self.pages.check()?;
        self.rows.check()?;
        self.fault.check()
    }

    /// Whether a page that shows these positions of the list, from 0, meets the fault.
    pub(super) fn is_shown(&self, positions: &Range<u64>) -> bool {
        self.rows.meet(&(positions.start.saturating_add(1)..=positions.end))
    }

    /// Whether the `attempt`th request for `page`, from 1, meets the fault, where `roll` is the
    /// chance of this request, from 0 to 1.
    pub(super) fn fits(&self, page: u64, attempt: u32, roll: impl FnOnce() -> f64) -> bool {
        self.pages.contain(page)
            && self.times.is_none_or(|times| attempt <= times)
            && (self.probability >= 1.0 || roll() < self.probability)
    }
}

impl From<Fault> for FaultRule {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::faults::Wait;

    #[test]
    fn a_rule_is_narrowed_by_page_times_and_chance() {
        let rule = FaultRule::new(Fault::Reset).at_page(7).at_pages(9..=10).first(2).with_probability(0.5);
        assert!(rule.fits(7, 2, || 0.49));
        assert!(!rule.fits(8, 1, || 0.0));
        assert!(!rule.fits(9, 3, || 0.0));
        assert!(!rule.fits(10, 1, || 0.5));
        assert!(FaultRule::from(Fault::Reset).fits(1, u32::MAX, || unreachable!("certain")));
    }

    #[test]
    fn a_place_of_the_list_is_shown_by_pages_of_any_size() {
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
            FaultRule::new(Fault::Throttled { status: 302, wait: Wait::Seconds(1) }),
            FaultRule::new(Fault::Redirect { to }),
            FaultRule::new(Fault::PerPage { most: 101 }),
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
}
