//! Events as plain lines, for logs and for terminals that are none.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Progress;
use crate::events::{Event, Reporter};
use crate::text::humanize::{count, counted, seconds};

/// A wait worth a line unasked.
const LONG: Duration = Duration::from_secs(5);

/// How much is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Warnings.
    #[default]
    Warnings,
    /// Each attempt that failed, too.
    Retries,
    /// Each page, too.
    Pages,
}

/// The line that an event is worth, if it is.
pub(super) fn line(event: &Event, verbosity: Verbosity) -> Option<String> {
    match event {
        Event::Warned(warning) => Some(format!("warning: {warning}")),
        Event::Stale { page, cause } => Some(format!("warning: page {page} is from a cache: {cause}")),
        Event::ClockSkew { ahead } => {
            let side = if *ahead < 0 { "behind" } else { "ahead of" };
            let by = seconds(Duration::from_secs(ahead.unsigned_abs()));
            Some(format!(
                "warning: this machine's clock is {by} {side} the server's: the watermark is the earlier of both"
            ))
        }
        Event::Doubted { contacts, least, wait } => Some(format!(
            "warning: page 1 counts {}, and at least {} were expected after the last export: reading it again in {}",
            counted(*contacts, "contact"),
            count(*least),
            seconds(*wait)
        )),
        Event::NoMeasure { cause } => Some(format!(
            "warning: {cause}: whether too many contacts are gone since that export (--max-deletes) is not checked"
        )),
        Event::LockHeld => Some("another run is writing this output: waiting for it".to_owned()),
        Event::Recovered => {
            Some("finished the manifest of an earlier run that was stopped while it published".to_owned())
        }
        Event::ModesIgnored => Some(
            "warning: the file system does not let the output's permissions be set: its mount decides who may read it"
                .to_owned(),
        ),
        Event::Planned { pages, contacts } if verbosity >= Verbosity::Retries => {
            Some(format!("{} contacts on {} pages", count(*contacts), count(*pages)))
        }
        Event::Retrying { page, attempt, wait, cause } if verbosity >= Verbosity::Retries => {
            let when = if wait.is_zero() { "again".to_owned() } else { format!("again in {}", seconds(*wait)) };
            Some(format!("page {page}, attempt {attempt}: {cause}; {when}"))
        }
        Event::Waiting { wait, cause } if *wait >= LONG || verbosity >= Verbosity::Retries => {
            Some(format!("waiting {}: {cause}", seconds(*wait)))
        }
        Event::PageRead { page, contacts, bytes, took } if verbosity >= Verbosity::Pages => Some(format!(
            "page {page}: {contacts} contacts, {} in {} ms",
            crate::text::humanize::bytes(*bytes),
            took.as_millis()
        )),
        _ => None,
    }
}

/// Writes a line every ten seconds, and one for each event that is worth it.
#[derive(Debug)]
pub struct Lines<W> {
    verbosity: Verbosity,
    state: Mutex<State<W>>,
}

#[derive(Debug)]
struct State<W> {
    out: W,
    progress: Progress,
}

impl<W: Write> Lines<W> {
    /// Lines to `out`, which is standard error in the program.
    pub fn new(out: W, verbosity: Verbosity) -> Self {
        Self { verbosity, state: Mutex::new(State { out, progress: Progress::default() }) }
    }
}

impl<W: Write + Send> Reporter for Lines<W> {
    fn report(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { out, progress } = &mut *state;
        progress.update(event);
        // Nobody may be left to read what is said; the run goes on.
        if let Some(line) = line(event, self.verbosity) {
            let _ = writeln!(out, "{line}");
        }
        if progress.is_due(event) {
            let _ = writeln!(out, "{} of {} pages, {progress}", count(progress.figures.pages), planned(progress));
        }
    }
}

fn planned(progress: &Progress) -> String {
    if progress.figures.pages_planned == 0 { "?".to_owned() } else { count(progress.figures.pages_planned) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(verbosity: Verbosity, events: &[Event]) -> String {
        let lines = Lines::new(Vec::new(), verbosity);
        for event in events {
            lines.report(event);
        }
        String::from_utf8(lines.state.into_inner().unwrap().out).unwrap()
    }

    #[test]
    fn one_line_every_ten_seconds_even_when_nothing_comes() {
        let ticks = vec![Event::Heartbeat; 31];
        assert_eq!(said(Verbosity::Warnings, &ticks).lines().count(), 3);
        assert!(said(Verbosity::Warnings, &ticks).starts_with("0 of ? pages, 0 contacts, 0 bytes, 0.0 requests/s"));
    }

    #[test]
    fn more_is_said_when_asked() {
        let skew = |ahead| said(Verbosity::Warnings, &[Event::ClockSkew { ahead }]);
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
        assert_eq!(said(Verbosity::Warnings, &events), "");
        assert_eq!(
            said(Verbosity::Pages, &events),
            "2,500 contacts on 25 pages\npage 7, attempt 1: the server answered 502; again in 2.0 s\npage 7: 100 contacts, 47 kB in 80 ms\n"
        );
    }
}
