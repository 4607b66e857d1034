//! How many contacts of the replaced export may be missing from the new one.

use std::fmt;
use std::str::FromStr;

use super::{ConfigError, defaults};

/// How many contacts of the replaced export may be missing from the new one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MaxDeletes {
    /// 50 % if it had at least 100 contacts, else any number: short lists change a lot.
    #[default]
    Half,
    /// A percentage, 0 to 100.
    Percent(u8),
    /// A number of contacts.
    Contacts(u64),
}

impl MaxDeletes {
    /// The minimum number of contacts after an export of `before`.
    #[must_use]
    pub fn least(self, before: u64) -> u64 {
        let percent = |percent: u8| {
            let deletes = u128::from(before) * u128::from(percent.min(100)) / 100;
            before - u64::try_from(deletes).unwrap_or(before)
        };
        match self {
            Self::Half if before < defaults::MAX_DELETES_FROM => 0,
            Self::Half => percent(defaults::MAX_DELETES_PERCENT),
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
            ConfigError::Range("expected a number of contacts, or a percentage from 0% to 100%".to_owned())
        })
    }
}

impl fmt::Display for MaxDeletes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Half => write!(f, "{}%", defaults::MAX_DELETES_PERCENT),
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Contacts(contacts) => contacts.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_allowed_may_be_missing() {
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
    fn percentages_and_numbers_differ() {
        assert_eq!("50%".parse(), Ok(MaxDeletes::Percent(50)));
        assert_eq!("100%".parse(), Ok(MaxDeletes::Percent(100)));
        assert_eq!("100".parse(), Ok(MaxDeletes::Contacts(100)));
        for text in ["", "%", "101%", "-1", "1.5%", "half", "50 %"] {
            assert!(text.parse::<MaxDeletes>().is_err(), "{text}");
        }
    }
}
