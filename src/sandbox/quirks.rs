//! Quirks: what the API leaves open or a server gets wrong on every request. Faults do so now and then.

use std::str::FromStr;

use super::lookups::Lookups;
use super::parse::{ParseError, ensure, option, value};

/// The largest page of the API.
const MAX_PER_PAGE: u64 = 100;

/// How every response differs from what the API documents.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Quirks {
    /// Maximum contacts per page, whatever `per_page` requests, 1 to 100. Default 100.
    pub max_per_page: u64,
    /// How each page sorts its contacts, after they are cut from the list. Default: like the list.
    pub sort_pages: Option<PageOrder>,
    /// How wrong `total_count` and `total_pages` are. Default: correct.
    pub wrong_totals: WrongTotals,
    /// The response to a request for a page past the end. Default: a page without contacts.
    pub past_the_end: PastTheEnd,
    /// The response to a request for one contact. Default: correct.
    pub lookups: Lookups,
}

/// The errors of `total_count` and `total_pages`. Default: none.
///
/// Written `count=-150,pages=+2`; either part may be omitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrongTotals {
    /// Added to `total_count`, from which `total_pages` follows.
    pub count: i64,
    /// Added to `total_pages` afterwards.
    pub pages: i64,
}

/// The response to a request for a page past the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PastTheEnd {
    /// A page without contacts.
    #[default]
    Empty,
    /// 404, except for page 1.
    NotFound,
}

/// How a page sorts its contacts, whatever the order of the list: like a server that first searches for the ids of a
/// page and then loads the contacts by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageOrder {
    /// By ascending id.
    Id,
    /// By descending id.
    IdDescending,
}

impl PastTheEnd {
    /// The values by name.
    pub const NAMES: [(&'static str, Self); 2] = [("empty", Self::Empty), ("not-found", Self::NotFound)];
}

impl PageOrder {
    /// The values by name.
    pub const NAMES: [(&'static str, Self); 2] = [("id", Self::Id), ("id-desc", Self::IdDescending)];
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            max_per_page: MAX_PER_PAGE,
            sort_pages: None,
            wrong_totals: WrongTotals::default(),
            past_the_end: PastTheEnd::default(),
            lookups: Lookups::default(),
        }
    }
}

/// Rejects a page size that the API cannot have.
pub(super) fn check_max_per_page(max: u64) -> Result<(), String> {
    ensure((1..=MAX_PER_PAGE).contains(&max), || {
        format!("contacts per page must be between 1 and {MAX_PER_PAGE}, not {max}")
    })
}

impl WrongTotals {
    /// Sets one part from its text; false if there is no such part.
    pub(super) fn set(&mut self, (name, given): (&str, Option<&str>)) -> Result<bool, ParseError> {
        let part = match name {
            "count" => &mut self.count,
            "pages" => &mut self.pages,
            _ => return Ok(false),
        };
        *part = value(name, given.unwrap_or_default(), "a signed whole number")?;
        Ok(true)
    }
}

impl FromStr for WrongTotals {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut totals = Self::default();
        for part in text.split(',') {
            if !totals.set(option(part))? {
                return Err(ParseError::unknown(part, "count=NUMBER, pages=NUMBER"));
            }
        }
        Ok(totals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_totals_are_read() {
        for (text, count, pages) in
            [("count=+0,pages=+0", 0, 0), ("count=-150,pages=+2", -150, 2), ("pages=+2", 0, 2), ("count=7", 7, 0)]
        {
            assert_eq!(text.parse(), Ok(WrongTotals { count, pages }));
        }
        for (text, part) in [("", "unknown option"), ("count=x", "whole number"), ("count", "whole number")] {
            let error = text.parse::<WrongTotals>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
