//! How moves are written, as the table in the docs of [`Moves`] has it.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::churn::Moves;
use crate::sandbox::parse::{ParseError, option, value};

const WHOLE: &str = "a whole number";

impl FromStr for Moves {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut parts = text.split(',');
        let rate = parts.next().unwrap_or_default();
        let mut moves = Self::new(value("the first part of moves", rate, "the writes before each request, like 0.5")?);
        for part in parts {
            match option(part) {
                ("insert", Some(weight)) => moves.insert = value("insert", weight, WHOLE)?,
                ("delete", Some(weight)) => moves.delete = value("delete", weight, WHOLE)?,
                ("update", Some(weight)) => moves.update = value("update", weight, WHOLE)?,
                ("bulk", Some(contacts)) => moves.bulk = value("bulk", contacts, WHOLE)?,
                ("stop-after", Some(writes)) => moves.stop_after = Some(value("stop-after", writes, WHOLE)?),
                _ => {
                    return Err(ParseError::new(format!(
                        "{part:?} is no option of moves: insert=WEIGHT, delete=WEIGHT, update=WEIGHT, \
                         bulk=CONTACTS, stop-after=WRITES"
                    )));
                }
            }
        }
        moves.check().map_err(ParseError::new)?;
        Ok(moves)
    }
}

impl Display for Moves {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.per_request)?;
        for (name, number) in [
            ("insert", u64::from(self.insert)),
            ("delete", u64::from(self.delete)),
            ("update", u64::from(self.update)),
            ("bulk", self.bulk),
        ] {
            if number != 1 {
                write!(formatter, ",{name}={number}")?;
            }
        }
        match self.stop_after {
            Some(writes) => write!(formatter, ",stop-after={writes}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_moves_and_moves_are_texts() {
        for (text, moves) in [
            ("0", Moves::new(0.0)),
            ("0.05", Moves::new(0.05)),
            ("2,delete=0", Moves { delete: 0, ..Moves::new(2.0) }),
            ("0.5,insert=2,bulk=300", Moves { insert: 2, bulk: 300, ..Moves::new(0.5) }),
            ("1,update=7,stop-after=20", Moves { update: 7, stop_after: Some(20), ..Moves::new(1.0) }),
        ] {
            assert_eq!(text.parse(), Ok(moves), "{text}");
            assert_eq!(moves.to_string(), text);
        }
        let spelt_out = "0.5,insert=1,delete=1,update=1,bulk=1".parse();
        assert_eq!(spelt_out, Ok(Moves::new(0.5)));
    }

    #[test]
    fn a_text_that_is_no_moves_is_told_what_would_be() {
        for (text, part) in [
            ("", "the writes before each request, like 0.5, not \"\""),
            ("often", "\"often\""),
            ("insert=1", "the first part of moves"),
            ("-1", "from 0 to 100, not -1"),
            ("1,", "\"\" is no option of moves: insert=WEIGHT"),
            ("1,bulk", "\"bulk\" is no option"),
            ("1,upsert=2", "\"upsert=2\" is no option"),
            ("1,insert=0.5", "insert is a whole number, not \"0.5\""),
            ("1,stop-after=never", "stop-after is a whole number"),
            ("1,bulk=0", "1 to 10000 contacts, not 0"),
            ("1,insert=0,delete=0,update=0", "one has a weight above 0"),
        ] {
            let error = text.parse::<Moves>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
