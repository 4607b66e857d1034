//! The levels of completeness, and what a caller may require of them.
//!
//! A level is a promise, never a hope: what cannot be proven stands at the level below.

use std::fmt;
use std::str::FromStr;

/// How much is known of an export's completeness, from least to most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// A gap is known, or the reading was limited; the reasons describe it.
    #[default]
    Incomplete,
    /// The counts agree and no gap was seen. That is not a proof.
    Counted,
    /// Every contact that existed during the whole run is there. Some deleted during it may be there too.
    Complete,
    /// The contacts are exactly the server's list at one instant.
    Snapshot,
}

impl Level {
    /// The level of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [Self::Incomplete, Self::Counted, Self::Complete, Self::Snapshot];
        all.into_iter().find(|level| level.to_string() == name)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Incomplete => "incomplete",
            Self::Counted => "counted",
            Self::Complete => "complete",
            Self::Snapshot => "snapshot",
        })
    }
}

/// The least level that a caller takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Require {
    /// Whatever it comes to.
    Any,
    /// No known gap.
    #[default]
    Counted,
    /// Proven complete.
    Complete,
    /// Proven equal to the list at one instant.
    Snapshot,
}

impl FromStr for Require {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        Self::ALL.into_iter().find(|require| require.to_string() == text).ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}

/// A text that names no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no level {0:?}: any, counted, complete or snapshot")]
pub struct UnknownLevel(String);

impl fmt::Display for Require {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            _ => self.least().fmt(f),
        }
    }
}

impl Require {
    /// All of them, from the lowest.
    pub const ALL: [Self; 4] = [Self::Any, Self::Counted, Self::Complete, Self::Snapshot];

    /// Whether `level` is enough.
    #[must_use]
    pub fn is_met_by(self, level: Level) -> bool {
        level >= self.least()
    }

    /// The least level that is enough.
    #[must_use]
    pub fn least(self) -> Level {
        match self {
            Self::Any => Level::Incomplete,
            Self::Counted => Level::Counted,
            Self::Complete => Level::Complete,
            Self::Snapshot => Level::Snapshot,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_requirement_takes_its_level_and_those_above() {
        let levels = [Level::Incomplete, Level::Counted, Level::Complete, Level::Snapshot];
        for (least, require) in
            [Require::Any, Require::Counted, Require::Complete, Require::Snapshot].iter().enumerate()
        {
            for (at, level) in levels.iter().enumerate() {
                assert_eq!(require.is_met_by(*level), at >= least, "{require:?} {level}");
            }
        }
    }
}
