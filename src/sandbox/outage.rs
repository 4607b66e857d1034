//! Outages: periods in which the server is down for every client.
//!
//! Whether an outage is in progress depends only on the time and the number of requests so far.

use std::str::FromStr;
use std::time::{Duration, Instant};

use super::parse::{ParseError, duration, option, value};

/// A period in which no request gets its usual response.
///
/// Written `KIND:START,for=TIME`, where `KIND` is `refused`, `503`, `maintenance` or `error-envelope` and `START` is
/// `after=TIME` (since the sandbox started) or `request=NUMBER` (with that request, from 1).
/// Examples: `refused:after=5s,for=10m`, `503:request=200,for=10s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// What clients see.
    pub kind: OutageKind,
    /// When it starts.
    pub starts: OutageStart,
    /// How long it lasts.
    pub lasts: Duration,
}

/// What clients see of an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageKind {
    /// New connections are reset immediately, existing ones on their next request.
    Refused,
    /// 503 with an empty body to every request.
    Status503,
    /// 200 to every request, with a maintenance page in HTML.
    Maintenance,
    /// 200 to every request, with an error in the documented shape.
    ErrorEnvelope,
}

/// The kinds by name.
const KINDS: [(&str, OutageKind); 4] = [
    ("refused", OutageKind::Refused),
    ("503", OutageKind::Status503),
    ("maintenance", OutageKind::Maintenance),
    ("error-envelope", OutageKind::ErrorEnvelope),
];

/// When an outage starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageStart {
    /// This long after the sandbox started.
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
    /// The outages of a server that starts at `started`.
    pub(super) fn new(outages: &[Outage], started: Instant) -> Self {
        let started_at = |outage: &Outage| match outage.starts {
            OutageStart::After(time) => started.checked_add(time),
            OutageStart::Request(_) => None,
        };
        Self { all: outages.iter().map(|outage| (*outage, started_at(outage))).collect(), requests: 0 }
    }

    /// Counts a request that arrived at `now`, and returns the outage it meets.
    pub(super) fn request(&mut self, now: Instant) -> Option<OutageKind> {
        self.requests += 1;
        for (outage, started_at) in &mut self.all {
            if outage.starts == OutageStart::Request(self.requests) {
                *started_at = Some(now);
            }
        }
        self.current(now)
    }

    /// The outage in progress at `now`.
    pub(super) fn current(&self, now: Instant) -> Option<OutageKind> {
        let lasts = |(outage, started_at): &&(Outage, Option<Instant>)| {
            started_at
                .and_then(|started_at| now.checked_duration_since(started_at))
                .is_some_and(|since| since < outage.lasts)
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
            return Err(ParseError::new(format!("unknown outage {kind:?} [possible values: {kinds}]")));
        };
        let (mut starts, mut lasts) = (None, None);
        for part in rest.split(',').filter(|part| !part.is_empty()) {
            match option(part) {
                ("after", Some(time)) => starts = Some(OutageStart::After(duration(time)?)),
                ("request", Some(number)) => {
                    starts = Some(OutageStart::Request(value("request", number, "the number of a request")?));
                }
                ("for", Some(time)) => lasts = Some(duration(time)?),
                _ => {
                    return Err(ParseError::unknown(part, "after=TIME, request=NUMBER, for=TIME"));
                }
            }
        }
        let starts = starts.ok_or_else(|| ParseError::new("the start is missing: after=TIME or request=NUMBER"))?;
        let lasts = lasts.ok_or_else(|| ParseError::new("the length is missing: for=TIME"))?;
        Ok(Self { kind, starts, lasts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_outage_starts_and_ends_on_time() {
        let outage = Outage { kind: OutageKind::Refused, starts: OutageStart::After(SECOND * 5), lasts: SECOND * 10 };
        let start = Instant::now();
        let outages = Outages::new(&[outage], start);
        let lasting = [0, 4, 5, 14, 15, 99].map(|second| outages.current(start + SECOND * second).is_some());
        assert_eq!(lasting, [false, false, true, true, false, false]);
    }

    #[test]
    fn an_outage_at_a_request_starts_once() {
        let outage = Outage { kind: OutageKind::Status503, starts: OutageStart::Request(3), lasts: SECOND };
        let start = Instant::now();
        let mut outages = Outages::new(&[outage], start);
        let met = [0, 500, 1_000, 1_500, 2_000, 2_500]
            .map(|at| outages.request(start + Duration::from_millis(at)) == Some(OutageKind::Status503));
        assert_eq!(met, [false, false, true, true, false, false]);
    }

    #[test]
    fn every_part_is_read() {
        for (text, kind, starts, lasts) in [
            ("refused:after=5s,for=600s", OutageKind::Refused, OutageStart::After(SECOND * 5), SECOND * 600),
            ("503:request=200,for=0.25s", OutageKind::Status503, OutageStart::Request(200), SECOND / 4),
            ("maintenance:request=1,for=1s", OutageKind::Maintenance, OutageStart::Request(1), SECOND),
            ("error-envelope:after=0s,for=1s", OutageKind::ErrorEnvelope, OutageStart::After(Duration::ZERO), SECOND),
            ("refused:for=10m,after=0s", OutageKind::Refused, OutageStart::After(Duration::ZERO), SECOND * 600),
        ] {
            assert_eq!(text.parse(), Ok(Outage { kind, starts, lasts }), "{text}");
        }
    }

    #[test]
    fn invalid_texts_say_what_is_expected() {
        for (text, part) in [
            ("", "unknown outage \"\""),
            ("dns:after=1s,for=1s", "\"dns\""),
            ("503", "the start is missing"),
            ("503:after=1s", "the length is missing"),
            ("503:request=x,for=1s", "the number of a request"),
            ("503:until=5s", "unknown option"),
            ("503:after=1,for=1s", "a duration such as"),
        ] {
            let error = text.parse::<Outage>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
