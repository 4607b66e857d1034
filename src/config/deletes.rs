//! How many of the contacts of the export that is replaced may be gone.

use std::fmt;
use std::str::FromStr;

use super::ConfigError;

/// From here on more than half of the contacts may not be gone, unless told otherwise.
const MANY: u64 = 100;

/// How many of the contacts of the export that is replaced may be gone, so that the new one is believed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MaxDeletes {
    /// Half of them, where there were 100 or more; all of fewer, for a small list changes a lot.
    #[default]
    Half,
    /// So many of a hundred, 0 to 100.
    Percent(u8),
    /// So many.
    Contacts(u64),
}

impl MaxDeletes {
    /// The least contacts that are believed after an export of `before`.
    #[must_use]
    pub fn least(self, before: u64) -> u64 {
        let percent = |percent: u8| {
            let deletes = u128::from(before) * u128::from(percent.min(100)) / 100;
            before - u64::try_from(deletes).unwrap_or(before)
        };
        match self {
            Self::Half if before < MANY => 0,
            Self::Half => percent(50),
            Self::Percent(deletes) => percent(deletes),
            Self::Contacts(deletes) => before.saturating_sub(deletes),
        }
    }
}

impl FromStr for MaxDeletes {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let parsed = match text.strip_suffix('%') {
            Some(percent) => percent.parse().ok().filter(|percent| *percent <= 100).map(Self::Percent),
            None => text.parse().ok().map(Self::Contacts),
        };
        parsed.ok_or_else(|| {
            ConfigError::Range(format!("{text:?}: expected a percentage from 0% to 100%, or a number of contacts"))
        })
    }
}

impl fmt::Display for MaxDeletes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Half => f.write_str("50%"),
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Contacts(contacts) => contacts.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_as_many_as_allowed_may_be_gone() {
        for (max, before, least) in [
            (MaxDeletes::Half, 0, 0),
            (MaxDeletes::Half, 99, 0),
            (MaxDeletes::Half, 100, 50),
            (MaxDeletes::Half, 101, 51),
            (MaxDeletes::Half, u64::MAX, u64::MAX / 2 + 1),
            (MaxDeletes::Percent(0), 7, 7),
            (MaxDeletes::Percent(50), 99, 50),
            (MaxDeletes::Percent(100), u64::MAX, 0),
            (MaxDeletes::Contacts(0), 7, 7),
            (MaxDeletes::Contacts(5), 7, 2),
            (MaxDeletes::Contacts(8), 7, 0),
        ] {
            assert_eq!(max.least(before), least, "{max} of {before}");
        }
    }

    #[test]
    fn percentages_and_numbers_are_told_apart() {
        assert_eq!("50%".parse(), Ok(MaxDeletes::Percent(50)));
        assert_eq!("100%".parse(), Ok(MaxDeletes::Percent(100)));
        assert_eq!("100".parse(), Ok(MaxDeletes::Contacts(100)));
        for text in ["", "%", "101%", "-1", "1.5%", "half", "50 %"] {
            assert!(text.parse::<MaxDeletes>().is_err(), "{text}");
        }
    }
}
