//! Habits of the server: what the API leaves open, or a server gets wrong, on every request alike.
//!
//! Plain values. Faults are the same things happening now and then.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::config::SandboxConfig;
use super::parse::{ParseError, option, value};

/// The most contacts that a page of the API can have.
pub(super) const MOST_PER_PAGE: u64 = 100;

/// How far `total_count` and `total_pages` are from the truth. The default is no distance.
///
/// Written `count=-150,pages=+2`; either part may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Contacts that `total_count` says too many, or too few; `total_pages` follows from it.
    pub count: i64,
    /// Pages that `total_pages` says too many, or too few, besides.
    pub pages: i64,
}

/// What answers a request for a page past the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PastTheEnd {
    /// A page without contacts. Written `empty`.
    #[default]
    Empty,
    /// 404, except to page 1. Written `not-found`.
    NotFound,
}

/// Which state of the list `total_count` and `total_pages` are of.
///
/// A server that asks its database for the total and for the contacts in two statements answers
/// from two states where something is written in between: [`Count::First`] and [`Count::Last`]
/// have the writes of each request happen there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Count {
    /// The same as the contacts of the page. Written `exact`.
    #[default]
    Exact,
    /// The one before the last write. Written `behind`.
    Behind,
    /// The one before the writes of the request, which happen after the total was counted and
    /// before the contacts are read. Written `first`.
    First,
    /// The one after the writes of the request, which happen after the contacts were read and
    /// before the total is counted. Written `last`.
    Last,
}

/// How a page arranges its contacts, whatever the order of the list.
///
/// So answers a server that searches for the ids of a page, and then reads the contacts by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageOrder {
    /// Smaller ids come first. Written `id`.
    Id,
    /// Larger ids come first. Written `id-desc`.
    IdDescending,
}

/// The habits of a running server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habits {
    pub(super) most_per_page: u64,
    pub(super) sort_pages: Option<PageOrder>,
    pub(super) totals: Totals,
    pub(super) past_the_end: PastTheEnd,
}

impl Habits {
    pub(super) fn of(config: &SandboxConfig) -> Self {
        Self {
            most_per_page: config.most_per_page,
            sort_pages: config.sort_pages,
            totals: config.totals,
            past_the_end: config.past_the_end,
        }
    }
}

/// Refuses a clamp that the API could not have.
pub(super) fn check_most_per_page(most: u64) -> Result<(), String> {
    if (1..=MOST_PER_PAGE).contains(&most) {
        Ok(())
    } else {
        Err(format!("a page has at most 1 to {MOST_PER_PAGE} contacts, not {most}"))
    }
}

impl FromStr for Totals {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut totals = Self::default();
        for part in text.split(',') {
            if !totals.set(option(part))? {
                return Err(ParseError::new(format!("{part:?} is no error of totals: count=-150, pages=+2")));
            }
        }
        Ok(totals)
    }
}

impl Totals {
    /// Sets one part from its text; false if there is no such part.
    pub(super) fn set(&mut self, (name, given): (&str, Option<&str>)) -> Result<bool, ParseError> {
        let part = match name {
            "count" => &mut self.count,
            "pages" => &mut self.pages,
            _ => return Ok(false),
        };
        *part = value(name, given.unwrap_or_default(), "a whole number with its sign")?;
        Ok(true)
    }
}

impl Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "count={:+},pages={:+}", self.count, self.pages)
    }
}

impl FromStr for PastTheEnd {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "empty" => Ok(Self::Empty),
            "not-found" => Ok(Self::NotFound),
            _ => Err(ParseError::new(format!("past the end is \"empty\" or \"not-found\", not {text:?}"))),
        }
    }
}

impl Display for PastTheEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "empty",
            Self::NotFound => "not-found",
        })
    }
}

impl FromStr for Count {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "exact" => Ok(Self::Exact),
            "behind" => Ok(Self::Behind),
            "first" => Ok(Self::First),
            "last" => Ok(Self::Last),
            _ => Err(ParseError::new(format!("a count is exact, behind, first or last, not {text:?}"))),
        }
    }
}

impl Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Exact => "exact",
            Self::Behind => "behind",
            Self::First => "first",
            Self::Last => "last",
        })
    }
}

impl FromStr for PageOrder {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "id" => Ok(Self::Id),
            "id-desc" => Ok(Self::IdDescending),
            _ => Err(ParseError::new(format!("pages are sorted by id or id-desc, not by {text:?}"))),
        }
    }
}

impl Display for PageOrder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Id => "id",
            Self::IdDescending => "id-desc",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_survive_writing_and_reading() {
        for totals in [Totals::default(), Totals { count: -150, pages: 2 }] {
            assert_eq!(totals.to_string().parse(), Ok(totals));
        }
        assert_eq!("pages=+2".parse(), Ok(Totals { count: 0, pages: 2 }));
        for (text, part) in [("", "no error of totals"), ("count=x", "whole number"), ("count", "whole number")] {
            let error = text.parse::<Totals>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn ends_survive_writing_and_reading() {
        for end in [PastTheEnd::Empty, PastTheEnd::NotFound] {
            assert_eq!(end.to_string().parse(), Ok(end));
        }
        assert!("410".parse::<PastTheEnd>().is_err());
    }

    #[test]
    fn counts_survive_writing_and_reading() {
        for count in [Count::Exact, Count::Behind, Count::First, Count::Last] {
            assert_eq!(count.to_string().parse(), Ok(count));
        }
        assert!("ahead".parse::<Count>().is_err());
    }

    #[test]
    fn orders_of_pages_survive_writing_and_reading() {
        for order in [PageOrder::Id, PageOrder::IdDescending] {
            assert_eq!(order.to_string().parse(), Ok(order));
        }
        assert!("name".parse::<PageOrder>().is_err());
    }
}
