//! The progress of a run, and how often reporters show it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::events::{Event, Figures};
use crate::text::humanize::{bytes, count, counted, seconds};

/// Seconds over which the speed is averaged.
const SPEED_OVER: usize = 10;

/// Seconds between two lines of progress.
const EVERY: u64 = 10;

/// How far a run is, and how fast.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Progress {
    /// The figures so far.
    pub figures: Figures,
    /// Ticks so far; the first comes at once.
    ticks: u64,
    /// Pages read, those that are read again included.
    read: u64,
    /// Seconds until requests are sent again.
    waiting: u64,
    /// Whether all pages are read, and single contacts are looked up.
    looks_up: bool,
    /// Requests and pages at each of the last seconds, oldest first.
    seconds: VecDeque<(u64, u64)>,
}

/// An output with the progress that it shows, behind one lock.
#[derive(Debug)]
pub(super) struct Throttled<W>(Mutex<(W, Progress)>);

impl<W> Throttled<W> {
    pub fn new(out: W) -> Self {
        Self(Mutex::new((out, Progress::default())))
    }

    /// Updates the progress by an event; `show` gets it with the output, and learns whether a line of progress is due.
    pub fn show(&self, event: &Event, show: impl FnOnce(&mut W, &Progress, bool)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (out, progress) = &mut *state;
        progress.update(event);
        show(out, progress, progress.is_due(event));
    }

    /// The output, once nothing is shown any more.
    #[cfg(test)]
    pub fn into_output(self) -> W {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Progress {
    /// Takes an event into account.
    pub fn update(&mut self, event: &Event) {
        self.figures.count(event);
        match event {
            Event::PageRead { .. } => self.read += 1,
            Event::LookingUp { .. } => self.looks_up = true,
            Event::Waiting { wait, .. } => self.waiting = self.waiting.max(wait.as_secs()),
            Event::Heartbeat => {
                self.ticks += 1;
                self.waiting = self.waiting.saturating_sub(1);
                if self.seconds.len() > SPEED_OVER {
                    self.seconds.pop_front();
                }
                self.seconds.push_back((self.figures.requests, self.figures.pages));
            }
            _ => {}
        }
    }

    /// Whether an event, already taken into account, is the tick at which a line of progress is due.
    fn is_due(&self, event: &Event) -> bool {
        matches!(event, Event::Heartbeat) && self.ticks > 1 && (self.ticks - 1).is_multiple_of(EVERY)
    }

    /// Whether all pages are read, and single contacts are looked up.
    #[must_use]
    pub fn is_looking_up(&self) -> bool {
        self.looks_up
    }

    /// Requests per second, over the last ten seconds.
    #[must_use]
    pub fn requests_per_second(&self) -> f64 {
        self.per_second(|(requests, _)| requests)
    }

    /// The time left at the current speed; `None` before that is known.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn time_left(&self) -> Option<Duration> {
        let speed = self.per_second(|(_, pages)| pages);
        let Figures { pages, pages_planned, .. } = self.figures;
        let left = pages_planned.checked_sub(pages).filter(|_| pages_planned > 0 && speed > 0.0)?;
        Duration::try_from_secs_f64(left as f64 / speed).ok()
    }

    /// The progress in one line of at most this many characters: the most important first, and what does not fit is left out.
    #[must_use]
    pub fn within(&self, characters: usize) -> String {
        let Figures { pages, pages_planned, .. } = self.figures;
        let pages = match pages_planned {
            0 => "page 1".to_owned(),
            planned if pages >= planned => {
                let again = match self.read.saturating_sub(planned) {
                    0 => String::new(),
                    again => format!(" ({} read again)", count(again)),
                };
                format!("{}, checking{again}", counted(planned, "page"))
            }
            planned => format!("{} of {} pages", count(pages), count(planned)),
        };
        let left = match self.time_left() {
            _ if self.waiting > 0 => format!("waiting {} s for the server", self.waiting),
            Some(left) if !left.is_zero() => format!("{} left", seconds(left)),
            _ => String::new(),
        };
        let speed = format!("{:.1} requests/s", self.requests_per_second());
        let (contacts, bytes) = (counted(self.figures.contacts, "contact"), bytes(self.figures.bytes_read));
        let mut line = pages;
        for part in [left, speed, contacts, bytes].into_iter().filter(|part| !part.is_empty()) {
            if line.chars().count() + part.chars().count() + 2 > characters {
                break;
            }
            line = format!("{line}, {part}");
        }
        line
    }

    #[expect(clippy::cast_precision_loss, reason = "a speed")]
    fn per_second(&self, figure: fn((u64, u64)) -> u64) -> f64 {
        match (self.seconds.front(), self.seconds.back()) {
            (Some(first), Some(last)) if self.seconds.len() > 1 => {
                (figure(*last) - figure(*first)) as f64 / (self.seconds.len() - 1) as f64
            }
            _ => 0.0,
        }
    }
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}, {}, {:.1} requests/s",
            counted(self.figures.contacts, "contact"),
            bytes(self.figures.bytes_read),
            self.requests_per_second()
        )?;
        if self.waiting > 0 {
            return write!(f, ", waiting {} s for the server", self.waiting);
        }
        match self.time_left() {
            Some(left) if !left.is_zero() => write!(f, ", {} left", seconds(left)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_and_time_left_use_the_last_ten_seconds() {
        let mut progress = Progress::default();
        progress.update(&Event::Planned { pages: 100, contacts: 10_000 });
        for _ in 0..20 {
            progress.update(&Event::Heartbeat);
            for page in 0..2 {
                progress.update(&Event::Requested { page, attempt: 1 });
            }
            progress.update(&Event::PageRead { page: 1, contacts: 100, bytes: 47_000, took: Duration::ZERO });
            progress.update(&Event::RowsEmitted { page: 1, contacts: 100 });
        }
        progress.update(&Event::Heartbeat);
        assert!((progress.requests_per_second() - 2.0).abs() < 1e-9);
        assert_eq!(progress.time_left(), Some(Duration::from_secs(80)));
        assert_eq!(progress.to_string(), "2,000 contacts, 940 kB, 2.0 requests/s, 1 min 20 s left");
        for (characters, due) in [
            (10, "20 of 100 pages"),
            (31, "20 of 100 pages"),
            (32, "20 of 100 pages, 1 min 20 s left"),
            (63, "20 of 100 pages, 1 min 20 s left, 2.0 requests/s"),
            (64, "20 of 100 pages, 1 min 20 s left, 2.0 requests/s, 2,000 contacts"),
            (183, "20 of 100 pages, 1 min 20 s left, 2.0 requests/s, 2,000 contacts, 940 kB"),
        ] {
            assert_eq!(progress.within(characters), due, "{characters}");
        }
        progress.update(&Event::Waiting { wait: Duration::from_secs(30), cause: "x".into() });
        assert_eq!(progress.within(60), "20 of 100 pages, waiting 30 s for the server, 2.0 requests/s");
    }

    #[test]
    fn there_are_never_more_pages_than_planned() {
        let mut progress = Progress::default();
        assert_eq!(progress.within(7), "page 1");
        progress.update(&Event::Planned { pages: 2, contacts: 200 });
        for page in 1..=3 {
            progress.update(&Event::RowsEmitted { page, contacts: 100 });
        }
        assert_eq!(progress.within(18), "2 pages, checking");
        for page in 1..=3 {
            progress.update(&Event::PageRead { page, contacts: 100, bytes: 1, took: Duration::ZERO });
        }
        assert_eq!(progress.within(18), "2 pages, checking (1 read again)");
    }
}
