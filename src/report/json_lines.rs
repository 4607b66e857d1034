//! Events as JSON, one object per line, for logs that programs read.
//!
//! Each object has `time` (RFC 3339, UTC), `severity` and `event`; the other keys depend on the event. None contains contact data.

use std::io::Write;

use chrono::Utc;
use serde_json::{Value, json};

use super::progress::{Progress, Throttled};
use super::text::Verbosity;
use crate::events::{Event, Reporter};
use crate::manifest::timestamp;

/// Writes a JSON object for each event that is shown, and one with the progress every ten seconds.
#[derive(Debug)]
pub struct JsonLines<W> {
    verbosity: Verbosity,
    out: Throttled<W>,
}

impl<W: Write> JsonLines<W> {
    /// Writes to `out`, which is stderr in the program.
    pub fn new(out: W, verbosity: Verbosity) -> Self {
        Self { verbosity, out: Throttled::new(out) }
    }
}

/// The severity of a line, in the words that log services know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The run goes on as expected.
    Info,
    /// Something to look at if it happens often.
    Warning,
    /// The run has failed.
    Error,
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

/// One line of the log: `fields` with the time, the severity and the event's name.
#[must_use]
pub fn json_line(event: &str, severity: Severity, mut fields: Value) -> String {
    if let Value::Object(fields) = &mut fields {
        fields.insert("time".to_owned(), timestamp(Utc::now()).into());
        fields.insert("severity".to_owned(), severity.name().into());
        fields.insert("event".to_owned(), event.into());
    }
    fields.to_string()
}

impl<W: Write + Send> Reporter for JsonLines<W> {
    fn report(&self, event: &Event) {
        self.out.show(event, |out, progress, is_due| {
            let shown = if is_due { Some(("progress", figures(progress))) } else { fields(event, self.verbosity) };
            if let Some((name, fields)) = shown {
                let severity = if is_due { Severity::Info } else { severity(event) };
                // The reader may be gone; the run continues.
                let _ = writeln!(out, "{}", json_line(name, severity, fields));
            }
        });
    }
}

fn figures(progress: &Progress) -> Value {
    json!({
        "pages": progress.figures.pages,
        "pages_planned": progress.figures.pages_planned,
        "contacts": progress.figures.contacts,
        "requests": progress.figures.requests,
        "requests_per_second": progress.requests_per_second(),
        "bytes_read": progress.figures.bytes_read,
        "bytes_written": progress.figures.bytes_written,
    })
}

fn severity(event: &Event) -> Severity {
    match event {
        Event::Waiting { .. }
        | Event::Stale { .. }
        | Event::ClockSkew { .. }
        | Event::Doubted { .. }
        | Event::NoMeasure { .. }
        | Event::NotCompared { .. }
        | Event::Recovered
        | Event::ModesIgnored
        | Event::UploadsRemain
        | Event::Warned(_)
        | Event::Retrying { .. }
        | Event::LookupRetrying { .. } => Severity::Warning,
        _ => Severity::Info,
    }
}

/// The name and the keys of an event, if it is shown.
fn fields(event: &Event, verbosity: Verbosity) -> Option<(&'static str, Value)> {
    let shown = match event {
        Event::LockHeld => ("lock_held", json!({})),
        Event::Waiting { wait, cause } => ("waiting", json!({ "wait_seconds": wait.as_secs_f64(), "cause": cause })),
        Event::Stale { page, cause } => ("stale", json!({ "page": page, "cause": cause })),
        Event::ClockSkew { ahead } => ("clock_skew", json!({ "seconds_ahead": ahead })),
        Event::Doubted { contacts, least, wait } => {
            ("doubted", json!({ "contacts": contacts, "least": least, "wait_seconds": wait.as_secs_f64() }))
        }
        Event::StartingRate { rate, learned } => {
            ("starting_rate", json!({ "requests_per_second": rate.per_second(), "learned_at": learned.to_rfc3339() }))
        }
        Event::NoMeasure { cause } => ("no_measure", json!({ "cause": cause })),
        Event::NotCompared { cause } => ("not_compared", json!({ "cause": cause })),
        Event::LookingUp { contacts } => ("looking_up", json!({ "contacts": contacts })),
        Event::LookupRetrying { id, attempt, wait, cause } if verbosity >= Verbosity::Retries => (
            "retrying_lookup",
            json!({ "id": id, "attempt": attempt, "wait_seconds": wait.as_secs_f64(), "cause": cause }),
        ),
        Event::Recovered => ("recovered", json!({})),
        Event::ModesIgnored => ("modes_ignored", json!({})),
        Event::UploadsRemain => ("uploads_remain", json!({})),
        Event::Publishing => ("publishing", json!({})),
        Event::Planned { pages, contacts } => ("planned", json!({ "pages": pages, "contacts": contacts })),
        Event::Warned(warning) => (
            "warned",
            json!({
                "kind": warning.kind.name(),
                "column": warning.column,
                "page": warning.page,
                "position": warning.position,
            }),
        ),
        Event::Retrying { page, attempt, wait, cause } if verbosity >= Verbosity::Retries => (
            "retrying",
            json!({ "page": page, "attempt": attempt, "wait_seconds": wait.as_secs_f64(), "cause": cause }),
        ),
        Event::PageRead { page, contacts, bytes, took } if verbosity >= Verbosity::Pages => {
            ("page_read", json!({ "page": page, "contacts": contacts, "bytes": bytes, "seconds": took.as_secs_f64() }))
        }
        _ => return None,
    };
    Some(shown)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::events::{Warning, WarningKind};

    fn shown(verbosity: Verbosity, events: &[Event]) -> Vec<Value> {
        let lines = JsonLines::new(Vec::new(), verbosity);
        for event in events {
            lines.report(event);
        }
        let text = String::from_utf8(lines.out.into_output()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn each_line_is_an_object_with_time_and_event() {
        let events = [
            Event::Planned { pages: 2, contacts: 150 },
            Event::Requested { page: 1, attempt: 1 },
            Event::Retrying { page: 1, attempt: 1, wait: Duration::from_secs(2), cause: "a\nb".into() },
            Event::Warned(Warning { kind: WarningKind::WrongKind, page: 1, column: "title", position: 3 }),
            Event::Ended,
        ];
        let names = |verbosity| {
            shown(verbosity, &events).iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(Verbosity::Warnings), ["planned", "warned"]);
        assert_eq!(names(Verbosity::Pages), ["planned", "retrying", "warned"]);
        let lines = shown(Verbosity::Retries, &events);
        assert!(lines.iter().all(|line| line["time"].as_str().is_some_and(|time| time.ends_with('Z'))));
        let severities: Vec<_> = lines.iter().map(|line| line["severity"].as_str().unwrap()).collect();
        assert_eq!(severities, ["INFO", "WARNING", "WARNING"]);
        assert_eq!((&lines[1]["cause"], &lines[1]["wait_seconds"]), (&json!("a\nb"), &json!(2.0)));
        assert_eq!((&lines[2]["kind"], &lines[2]["position"]), (&json!("wrong_kind"), &json!(3)));
    }

    #[test]
    fn progress_is_shown_every_ten_seconds() {
        assert_eq!(shown(Verbosity::Warnings, &vec![Event::Heartbeat; 31]).len(), 3);
    }
}
