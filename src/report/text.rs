//! Events as plain lines, for logs, and when stderr is not a terminal.

use std::io::Write;
use std::time::Duration;

use chrono::{SecondsFormat, Utc};

use super::progress::Throttled;
use crate::events::{Event, Reporter};
use crate::text::humanize::{count, counted, seconds};
use crate::text::sanitize::inert;

/// Waits from this length on are shown at any verbosity.
const LONG: Duration = Duration::from_secs(5);

/// What is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Warnings.
    #[default]
    Warnings,
    /// Also each failed attempt.
    Retries,
    /// Also each page.
    Pages,
}

/// The line for an event, if it is shown.
pub(super) fn line(event: &Event, verbosity: Verbosity) -> Option<String> {
    match event {
        Event::Warned(warning) => Some(format!("warning: {warning}")),
        Event::Stale { page, cause } => Some(format!("warning: page {page} came from a cache: {cause}")),
        Event::ClockSkew { ahead } => {
            let side = if *ahead < 0 { "behind" } else { "ahead of" };
            let by = seconds(Duration::from_secs(ahead.unsigned_abs()));
            Some(format!(
                "warning: this machine's clock is {by} {side} the server's; the watermark uses the earlier time"
            ))
        }
        Event::Doubted { contacts, least, wait } => Some(format!(
            "warning: page 1 reports {}, but at least {} are expected since the last export; re-reading it in {}",
            counted(*contacts, "contact"),
            count(*least),
            seconds(*wait)
        )),
        Event::StartingRate { rate, learned } => {
            Some(format!("starting at {rate:.1} requests/s, learned {}; --rate overrides", learned.format("%Y-%m-%d")))
        }
        Event::NoMeasure { cause } => Some(format!(
            "warning: {}; cannot check how many contacts were deleted since that export (--max-deletes)",
            inert(cause)
        )),
        Event::NotCompared { cause } => Some(format!("warning: {cause}; its contacts are not accounted for")),
        Event::LookingUp { contacts } if verbosity >= Verbosity::Retries => {
            Some(format!("looking up {} of the previous export", counted(*contacts, "contact")))
        }
        Event::LookupRetrying { id, attempt, wait, cause } if verbosity >= Verbosity::Retries => {
            Some(format!("id {id}, attempt {attempt}: {cause}; retrying in {}", seconds(*wait)))
        }
        Event::LockHeld => Some("another run holds the lock of this output; waiting for it".to_owned()),
        Event::Recovered => {
            Some("published the manifest of an earlier run that was interrupted while publishing".to_owned())
        }
        Event::UploadsRemain => Some(
            "cannot list or abort unfinished uploads in the store: those of killed runs remain until a lifecycle rule removes \
             them"
                .to_owned(),
        ),
        Event::ModesIgnored => Some(
            "warning: the file system ignores file permissions; its mount options decide who can read the output"
                .to_owned(),
        ),
        Event::Planned { pages, contacts } if verbosity >= Verbosity::Retries => {
            Some(format!("{} on {}", counted(*contacts, "contact"), counted(*pages, "page")))
        }
        Event::Retrying { page, attempt, wait, cause } if verbosity >= Verbosity::Retries => {
            let when = if wait.is_zero() { "now".to_owned() } else { format!("in {}", seconds(*wait)) };
            Some(format!("page {}, attempt {attempt}: {cause}; retrying {when}", count(*page)))
        }
        Event::Waiting { wait, cause } if *wait >= LONG || verbosity >= Verbosity::Retries => {
            Some(format!("waiting {}: {cause}", seconds(*wait)))
        }
        Event::PageRead { page, contacts, bytes, took } if verbosity >= Verbosity::Pages => Some(format!(
            "page {}: {}, {} in {} ms",
            count(*page),
            counted(*contacts, "contact"),
            crate::text::humanize::bytes(*bytes),
            took.as_millis()
        )),
        _ => None,
    }
}

/// The time, as it begins a line of a log.
pub(crate) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true) + " "
}

/// Writes a line for each event that is shown, and one with the progress every ten seconds.
#[derive(Debug)]
pub struct Lines<W> {
    verbosity: Verbosity,
    has_times: bool,
    out: Throttled<W>,
}

impl<W: Write> Lines<W> {
    /// Writes to `out`, which is stderr in the program.
    pub fn new(out: W, verbosity: Verbosity) -> Self {
        Self { verbosity, has_times: false, out: Throttled::new(out) }
    }

    /// Begins each line with the time, as logs need it.
    #[must_use]
    pub fn with_times(self) -> Self {
        Self { has_times: true, ..self }
    }
}

impl<W: Write + Send> Reporter for Lines<W> {
    fn report(&self, event: &Event) {
        self.out.show(event, |out, progress, is_due| {
            let time = if self.has_times { now() } else { String::new() };
            // The reader may be gone; the run continues.
            if let Some(line) = line(event, self.verbosity) {
                let _ = writeln!(out, "{time}{line}");
            }
            if is_due {
                let planned = match progress.figures.pages_planned {
                    0 => "?".to_owned(),
                    planned => count(planned),
                };
                let _ = writeln!(out, "{time}{} of {planned} pages, {progress}", count(progress.figures.pages));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(verbosity: Verbosity, events: &[Event]) -> String {
        let lines = Lines::new(Vec::new(), verbosity);
        for event in events {
            lines.report(event);
        }
        String::from_utf8(lines.out.into_output()).unwrap()
    }

    #[test]
    fn progress_is_shown_every_ten_seconds() {
        let ticks = vec![Event::Heartbeat; 31];
        assert_eq!(shown(Verbosity::Warnings, &ticks).lines().count(), 3);
        assert!(shown(Verbosity::Warnings, &ticks).starts_with("0 of ? pages, 0 contacts, 0 bytes, 0.0 requests/s"));
    }

    #[test]
    fn a_log_has_times() {
        let lines = Lines::new(Vec::new(), Verbosity::Warnings).with_times();
        lines.report(&Event::LockHeld);
        let text = String::from_utf8(lines.out.into_output()).unwrap();
        let (time, rest) = text.split_once(' ').unwrap();
        assert!(time.ends_with('Z') && chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{text}");
        assert!(rest.starts_with("another run holds the lock"), "{text}");
    }

    #[test]
    fn verbosity_adds_retries_and_pages() {
        let skew = |ahead| shown(Verbosity::Warnings, &[Event::ClockSkew { ahead }]);
        assert!(skew(600).contains("clock is 10 min 0 s ahead of the server's"), "{}", skew(600));
        assert!(skew(-70).contains("clock is 1 min 10 s behind the server's"), "{}", skew(-70));
        let events = [
            Event::Planned { pages: 25, contacts: 2_500 },
            Event::Retrying {
                page: 7,
                attempt: 1,
                wait: Duration::from_secs(2),
                cause: "the server answered 502".into(),
            },
            Event::PageRead { page: 7, contacts: 100, bytes: 47_000, took: Duration::from_millis(80) },
        ];
        assert_eq!(shown(Verbosity::Warnings, &events), "");
        assert_eq!(
            shown(Verbosity::Pages, &events),
            "2,500 contacts on 25 pages\npage 7, attempt 1: the server answered 502; retrying in 2.0 s\npage 7: 100 contacts, 47 kB in 80 ms\n"
        );
    }
}
