//! Outages: stretches of time in which the server is down for everybody.
//!
//! Whether one lasts is a pure question of the instant and the number of requests so far.

use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::{Duration, Instant};

use super::parse::{ParseError, Seconds, duration, option, value};

/// A stretch of time in which no request is answered as usual.
///
/// Written `KIND:BEGIN,for=TIME`, where `KIND` is `refused`, `503`, `maintenance` or `error-envelope` and `BEGIN` is
/// `after=TIME` (since the start) or `request=NUMBER` (with that request, from 1):
/// `refused:after=5s,for=10m`, `503:request=200,for=10s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// What it looks like from outside.
    pub kind: OutageKind,
    /// When it begins.
    pub begins: OutageBegin,
    /// How long it lasts.
    pub lasts: Duration,
}

/// What an outage looks like from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageKind {
    /// New connections are reset at once, and so are older ones with their next request.
    Refused,
    /// 503 to every request, with nothing in it.
    Status503,
    /// 200 to every request, with a maintenance page in HTML.
    Maintenance,
    /// 200 to every request, with an error in the documented shape.
    ErrorEnvelope,
}

/// How each kind is written.
const KINDS: [(&str, OutageKind); 4] = [
    ("refused", OutageKind::Refused),
    ("503", OutageKind::Status503),
    ("maintenance", OutageKind::Maintenance),
    ("error-envelope", OutageKind::ErrorEnvelope),
];

/// When an outage begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageBegin {
    /// So long after the start of the sandbox.
    After(Duration),
    /// With this request, counted from 1 over all requests.
    Request(u64),
}

/// The outages of a running server.
#[derive(Debug)]
pub(super) struct Outages {
    all: Vec<(Outage, Option<Instant>)>,
    requests: u64,
}

impl Outages {
    /// Those of a server that starts at `started`.
    pub(super) fn new(outages: &[Outage], started: Instant) -> Self {
        let begun = |outage: &Outage| match outage.begins {
            OutageBegin::After(time) => started.checked_add(time),
            OutageBegin::Request(_) => None,
        };
        Self { all: outages.iter().map(|outage| (*outage, begun(outage))).collect(), requests: 0 }
    }

    /// The outage that a request meets which arrives at `now`.
    pub(super) fn request(&mut self, now: Instant) -> Option<OutageKind> {
        self.requests += 1;
        for (outage, begun) in &mut self.all {
            if outage.begins == OutageBegin::Request(self.requests) {
                *begun = Some(now);
            }
        }
        self.lasting(now)
    }

    /// The outage that lasts at `now`.
    pub(super) fn lasting(&self, now: Instant) -> Option<OutageKind> {
        let lasts = |(outage, begun): &&(Outage, Option<Instant>)| {
            begun.and_then(|begun| now.checked_duration_since(begun)).is_some_and(|since| since < outage.lasts)
        };
        self.all.iter().find(lasts).map(|(outage, _)| outage.kind)
    }
}

impl FromStr for Outage {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let Some((_, kind)) = KINDS.into_iter().find(|(name, _)| *name == kind) else {
            let kinds = KINDS.map(|(name, _)| name).join(", ");
            return Err(ParseError::new(format!("an outage is one of {kinds}, not {kind:?}")));
        };
        let (mut begins, mut lasts) = (None, None);
        for part in rest.split(',').filter(|part| !part.is_empty()) {
            match option(part) {
                ("after", Some(time)) => begins = Some(OutageBegin::After(duration(time)?)),
                ("request", Some(number)) => {
                    begins = Some(OutageBegin::Request(value("request", number, "the number of a request, from 1")?));
                }
                ("for", Some(time)) => lasts = Some(duration(time)?),
                _ => {
                    return Err(ParseError::new(format!(
                        "{part:?} is no option of an outage: after=TIME, request=NUMBER, for=TIME"
                    )));
                }
            }
        }
        let begins =
            begins.ok_or_else(|| ParseError::new("an outage needs its begin: after=TIME or request=NUMBER"))?;
        let lasts = lasts.ok_or_else(|| ParseError::new("an outage needs its length: for=TIME"))?;
        Ok(Self { kind, begins, lasts })
    }
}

impl Display for Outage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = KINDS.into_iter().find(|(_, kind)| *kind == self.kind).map_or("", |(name, _)| name);
        write!(formatter, "{kind}:")?;
        match self.begins {
            OutageBegin::After(time) => write!(formatter, "after={}", Seconds(time))?,
            OutageBegin::Request(number) => write!(formatter, "request={number}")?,
        }
        write!(formatter, ",for={}", Seconds(self.lasts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_outage_after_some_time_lasts_as_long_as_it_says() {
        let outage = Outage { kind: OutageKind::Refused, begins: OutageBegin::After(SECOND * 5), lasts: SECOND * 10 };
        let start = Instant::now();
        let outages = Outages::new(&[outage], start);
        let lasting = [0, 4, 5, 14, 15, 99].map(|second| outages.lasting(start + SECOND * second).is_some());
        assert_eq!(lasting, [false, false, true, true, false, false]);
    }

    #[test]
    fn an_outage_at_a_request_begins_with_it_and_once() {
        let outage = Outage { kind: OutageKind::Status503, begins: OutageBegin::Request(3), lasts: SECOND };
        let start = Instant::now();
        let mut outages = Outages::new(&[outage], start);
        let met = [0, 500, 1_000, 1_500, 2_000, 2_500]
            .map(|at| outages.request(start + Duration::from_millis(at)) == Some(OutageKind::Status503));
        assert_eq!(met, [false, false, true, true, false, false]);
    }

    #[test]
    fn outages_survive_writing_and_reading() {
        for text in [
            "refused:after=5s,for=600s",
            "503:request=200,for=0.25s",
            "maintenance:request=1,for=1s",
            "error-envelope:after=0s,for=1s",
        ] {
            assert_eq!(text.parse::<Outage>().unwrap().to_string(), text);
        }
        assert_eq!("refused:for=10m,after=0s".parse::<Outage>().unwrap().lasts, SECOND * 600);
    }

    #[test]
    fn a_text_that_is_no_outage_is_told_what_would_be() {
        for (text, part) in [
            ("", "an outage is"),
            ("dns:after=1s,for=1s", "\"dns\""),
            ("503", "its begin"),
            ("503:after=1s", "its length"),
            ("503:request=x,for=1s", "the number of a request"),
            ("503:until=5s", "no option of an outage"),
            ("503:after=1,for=1s", "a duration is like"),
        ] {
            let error = text.parse::<Outage>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
