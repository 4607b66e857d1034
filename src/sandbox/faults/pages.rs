//! Which pages, or places of the list, a rule is about: all of them, or ranges.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::sandbox::parse::ParseError;

/// Pages by number, from 1. Written `7`, `3-9`, `20-` (and all after), or several with `+`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Pages {
    /// None of them means every page.
    ranges: Vec<RangeInclusive<u64>>,
}

impl Pages {
    pub(super) fn add(&mut self, pages: RangeInclusive<u64>) {
        self.ranges.push(pages);
    }

    pub(super) fn are_all(&self) -> bool {
        self.ranges.is_empty()
    }

    pub(super) fn contain(&self, page: u64) -> bool {
        self.are_all() || self.ranges.iter().any(|range| range.contains(&page))
    }

    /// Whether any of them is among `others`.
    pub(super) fn meet(&self, others: &RangeInclusive<u64>) -> bool {
        let meets = |range: &RangeInclusive<u64>| range.start() <= others.end() && others.start() <= range.end();
        self.are_all() || self.ranges.iter().any(meets)
    }

    /// Refuses ranges in which there is no page.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.ranges.iter().find(|range| range.is_empty() || *range.start() == 0) {
            Some(range) => Err(format!("{}-{} are no pages: they count from 1 upwards", range.start(), range.end())),
            None => Ok(()),
        }
    }
}

impl FromStr for Pages {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let ranges: Option<_> = text.split('+').map(range).collect();
        let ranges =
            ranges.ok_or_else(|| ParseError::new(format!("pages are like 7, 3-9, 20- or 2+5, not {text:?}")))?;
        Ok(Self { ranges })
    }
}

fn range(text: &str) -> Option<RangeInclusive<u64>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let first = first.parse().ok()?;
    let last = if last.is_empty() { u64::MAX } else { last.parse().ok()? };
    Some(first..=last)
}

impl Display for Pages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, range) in self.ranges.iter().enumerate() {
            if position > 0 {
                formatter.write_str("+")?;
            }
            match (*range.start(), *range.end()) {
                (first, last) if first == last => write!(formatter, "{first}")?,
                (first, u64::MAX) => write!(formatter, "{first}-")?,
                (first, last) => write!(formatter, "{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_survive_writing_and_reading() {
        for text in ["7", "3-9", "20-", "2+5-6+100-"] {
            assert_eq!(text.parse::<Pages>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn ranges_contain_both_their_ends() {
        let pages: Pages = "2+5-6+9-".parse().unwrap();
        let contained: Vec<_> = (1..=11).filter(|page| pages.contain(*page)).collect();
        assert_eq!(contained, [2, 5, 6, 9, 10, 11]);
        assert!(Pages::default().contain(1));
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for text in ["", "x", "1,2", "-3", "1++2", "1-2-3"] {
            assert!(text.parse::<Pages>().is_err(), "{text}");
        }
        for text in ["0", "9-3"] {
            assert!(text.parse::<Pages>().unwrap().check().is_err(), "{text}");
        }
    }
}
