//! The pages, rows of the list or ids of contacts that a rule applies to: all of them, or ranges.

use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::sandbox::parse::{ParseError, ensure};

/// Pages by number, from 1; likewise rows and ids. Written `7`, `3-9`, `20-` (and all after), or several joined by `+`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Pages {
    /// Empty for every page.
    ranges: Vec<RangeInclusive<u64>>,
}

impl Pages {
    pub(super) fn add(&mut self, pages: RangeInclusive<u64>) {
        self.ranges.push(pages);
    }

    /// Whether they are all pages.
    pub(super) fn are_all(&self) -> bool {
        self.ranges.is_empty()
    }

    pub(super) fn contain(&self, page: u64) -> bool {
        self.are_all() || self.ranges.iter().any(|range| range.contains(&page))
    }

    /// Whether they have a page in common with `others`.
    pub(super) fn overlap(&self, others: &RangeInclusive<u64>) -> bool {
        let overlaps = |range: &RangeInclusive<u64>| range.start() <= others.end() && others.start() <= range.end();
        self.are_all() || self.ranges.iter().any(overlaps)
    }

    /// Rejects ranges without a page.
    pub(super) fn check(&self) -> Result<(), String> {
        let invalid = self.ranges.iter().find(|range| range.is_empty() || *range.start() == 0);
        ensure(invalid.is_none(), || "ranges must start at 1 or above, and must not be empty".to_owned())
    }
}

impl FromStr for Pages {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let ranges: Option<_> = text.split('+').map(range).collect();
        let ranges = ranges.ok_or_else(|| ParseError::expected("numbers such as 7, 3-9, 20- or 2+5", text))?;
        Ok(Self { ranges })
    }
}

fn range(text: &str) -> Option<RangeInclusive<u64>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let first = first.parse().ok()?;
    let last = if last.is_empty() { u64::MAX } else { last.parse().ok()? };
    Some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_include_both_ends() {
        let pages: Pages = "2+5-6+9-".parse().unwrap();
        let contained: Vec<_> = (1..=11).filter(|page| pages.contain(*page)).collect();
        assert_eq!(contained, [2, 5, 6, 9, 10, 11]);
        assert!(Pages::default().contain(1));
    }

    #[test]
    fn invalid_pages_are_refused() {
        for text in ["", "x", "1,2", "-3", "1++2", "1-2-3"] {
            assert!(text.parse::<Pages>().is_err(), "{text}");
        }
        for text in ["0", "9-3"] {
            assert!(text.parse::<Pages>().unwrap().check().is_err(), "{text}");
        }
    }
}
