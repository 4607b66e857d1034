//! How a limit is written, as the table in the docs of [`Limit`] has it.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::limit::{Admits, Limit, Refusal};
use crate::sandbox::parse::{ParseError, Seconds, duration, option, value};

impl FromStr for Limit {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut parts = text.split(',');
        let mut limit: Limit = admits(parts.next().unwrap_or_default())?.into();
        for part in parts {
            match (option(part), &mut limit.admits) {
                (("silent", None), _) => limit.refusal = Refusal::Silent,
                (("burst", Some(given)), Admits::TokenBucket { burst, .. }) => {
                    *burst = value("burst", given, "a number of requests")?;
                }
                (("burst", _), _) => return Err(ParseError::new("burst=NUMBER belongs to a limit like 20/s")),
                _ => return Err(ParseError::new(format!("{part:?} is no option of a limit: burst=NUMBER, silent"))),
            }
        }
        limit.check().map_err(ParseError::new)?;
        Ok(limit)
    }
}

fn admits(text: &str) -> Result<Admits, ParseError> {
    match text.split_once(':') {
        None if text == "none" => Ok(Admits::Everything),
        None => {
            let (requests, window) = rate(text)?;
            let requests: f64 = value("a rate", requests, "a number of requests a time, like 20/s")?;
            let per_second = requests / window.as_secs_f64();
            Ok(Limit::per_second(per_second).admits)
        }
        Some(("fixed", window)) => {
            let (requests, window) = rate(window)?;
            Ok(Admits::FixedWindow { requests: whole(requests)?, window })
        }
        Some(("sliding", window)) => {
            let (requests, window) = rate(window)?;
            Ok(Admits::SlidingWindow { requests: whole(requests)?, window })
        }
        Some(("in-flight", requests)) => Ok(Admits::InFlight { requests: whole(requests)? }),
        Some((kind, _)) => Err(ParseError::new(format!(
            "{kind:?} is no kind of limit: none, 20/s, fixed:300/60s, sliding:20/1s, in-flight:4"
        ))),
    }
}

fn rate(text: &str) -> Result<(&str, std::time::Duration), ParseError> {
    let (requests, window) = text.split_once('/').ok_or_else(|| {
        ParseError::new(format!("a limit is requests/time, like 20/s or fixed:300/60s, not {text:?}"))
    })?;
    Ok((requests, duration(window)?))
}

fn whole(requests: &str) -> Result<u32, ParseError> {
    value("the number of requests of a limit", requests, "a whole number")
}

impl Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.admits {
            Admits::Everything => formatter.write_str("none")?,
            Admits::TokenBucket { per_second, burst } => {
                write!(formatter, "{per_second}/s")?;
                if Limit::per_second(per_second).admits != self.admits {
                    write!(formatter, ",burst={burst}")?;
                }
            }
            Admits::FixedWindow { requests, window } => write!(formatter, "fixed:{requests}/{}", Seconds(window))?,
            Admits::SlidingWindow { requests, window } => write!(formatter, "sliding:{requests}/{}", Seconds(window))?,
            Admits::InFlight { requests } => write!(formatter, "in-flight:{requests}")?,
        }
        match self.refusal {
            Refusal::RetryAfter => Ok(()),
            Refusal::Silent => formatter.write_str(",silent"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn texts_are_limits_and_limits_are_texts() {
        let minute = Duration::from_mins(1);
        for (text, limit) in [
            ("none", Limit::default()),
            ("20/s", Limit::per_second(20.0)),
            ("0.5/s", Limit::per_second(0.5)),
            ("20/s,burst=60", Limit::token_bucket(20.0, 60.0)),
            ("20/s,burst=60,silent", Limit::token_bucket(20.0, 60.0).silent()),
            ("fixed:300/60s", Limit::fixed_window(300, minute)),
            ("sliding:20/0.5s,silent", Limit::sliding_window(20, Duration::from_millis(500)).silent()),
            ("in-flight:4", Limit::in_flight(4)),
        ] {
            assert_eq!(text.parse(), Ok(limit), "{text}");
            assert_eq!(limit.to_string(), text);
        }
    }

    #[test]
    fn other_ways_to_write_the_same() {
        assert_eq!("600/1m".parse(), Ok(Limit::per_second(10.0)));
        assert_eq!("fixed:5/s".parse(), Ok(Limit::fixed_window(5, Duration::from_secs(1))));
    }

    #[test]
    fn a_text_that_is_no_limit_is_told_what_would_be() {
        for (text, part) in [
            ("", "requests/time"),
            ("20", "requests/time"),
            ("x/s", "\"x\""),
            ("20/parsec", "a duration is like"),
            ("0/s", "above 0"),
            ("1/0s", "above 0"),
            ("fixed:1.5/s", "a whole number"),
            ("fixed:0/s", "at least 1"),
            ("leaky:1/s", "no kind of limit"),
            ("in-flight:4,burst=2", "burst=NUMBER belongs to"),
            ("20/s,loud", "\"loud\" is no option"),
        ] {
            let error = text.parse::<Limit>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
