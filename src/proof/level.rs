//! The levels of completeness, and the minimum level that a caller may require.
//!
//! A level is claimed only if it is proven; otherwise the level below applies.

use std::fmt;
use std::str::FromStr;

/// How complete an export is known to be, from least to most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Contacts are known to be missing, or reading stopped at a limit. The reasons give details.
    #[default]
    Incomplete,
    /// The counts agree, but completeness is unproven.
    Counted,
    /// Every contact that existed throughout the run is included. Some that were deleted during the run may be included
    /// too.
    Complete,
    /// The contacts are exactly the server's list at one instant.
    Snapshot,
}

impl Level {
    /// Whether contacts that are missing from the export were deleted: below this, the export itself may lack them.
    pub(crate) fn proves_deletions(self) -> bool {
        self >= Self::Complete
    }

    /// Parses the name of a level.
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

/// The minimum level that a caller requires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Require {
    /// Any level.
    Any,
    /// No contacts known to be missing.
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

/// The name of an unknown level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown level {0:?} [possible values: any, counted, complete, snapshot]")]
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

    /// Whether `level` meets the requirement.
    #[must_use]
    pub fn is_met_by(self, level: Level) -> bool {
        level >= self.least()
    }

    /// The lowest level that meets the requirement.
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
    fn a_requirement_is_met_by_its_level_and_higher() {
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
