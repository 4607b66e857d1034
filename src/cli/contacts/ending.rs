//! How an export ends: its records are written, and then the last word is said, which agrees with them.

use std::path::Path;
use std::time::Duration;

use chrono::Utc;
use linq_export::ended::Ended;
use linq_export::report::{Figures, Publishing, Summary, bytes, counted, json_line, seconds};
use linq_export::{Error, Exit, Level, SinkError};
use serde_json::json;

use super::super::records::Record;
use super::super::signals::Signals;
use super::super::{fail, say, token, words};
use super::{Contacts, blocking, overdue};

impl Contacts {
    /// Ends a run that came to a stop for a fault of the program or the system.
    pub fn broken(&self, error: &Error) -> Exit {
        let exit = error.exit();
        let ended = Ended::new(exit, Utc::now(), Duration::ZERO, Figures::default())
            .with_output(self.destination.output().to_string())
            .with_error(error, words::advice(error).as_deref());
        let free =
            self.records.check(&self.destination.output(), self.destination.manifest(), self.values.kit.as_deref());
        let unwritten =
            free.and_then(|()| Record::ALL.iter().try_for_each(|record| self.records.write(*record, &ended))).err();
        if let Some(error) = unwritten {
            self.say_unwritten(&error.into());
        }
        if self.voice.is_json() {
            say(ended.log_line());
        } else {
            fail(error);
        }
        exit
    }

    /// Writes the records. A run that ended well ends with an error if they cannot be written, and what could be written
    /// of them says so.
    pub(super) async fn leave(
        &self,
        exit: Exit,
        ended: Ended,
        result: &Result<Summary, Error>,
        signals: &Signals,
    ) -> (Exit, Ended, Option<Error>) {
        let (mut exit, mut ended, mut unwritten) = (exit, ended, None);
        for record in self.writable(result).await {
            let Err(error) = self.write(record, &ended, signals).await else { continue };
            let error = Error::from(error);
            // Why the export itself failed is worth more.
            if exit == Exit::Whole {
                exit = error.exit();
                ended = ended.with_exit(exit).with_error(&error, words::advice(&error).as_deref());
                if record == Record::Metrics {
                    // It was the last that could fail, and the report says that all went well.
                    let _ = self.write(Record::Report, &ended, signals).await;
                }
            }
            let is_said = matches!(result, Err(first) if is_same_place(first, &error));
            unwritten = unwritten.or(Some(error).filter(|_| !is_said));
        }
        (exit, ended, unwritten)
    }

    /// The records whose places are their own. Where one was refused, what stands there is not its to replace.
    async fn writable(&self, result: &Result<Summary, Error>) -> Vec<Record> {
        match result {
            Err(Error::Sink(SinkError::SamePlace { path, .. })) if self.records.is_metrics_alone(path) => {
                vec![Record::Report]
            }
            Err(Error::Sink(SinkError::SamePlace { .. })) => Vec::new(),
            // The records were not looked at then.
            Err(Error::Sink(SinkError::KitNotApart { .. })) => {
                let (records, output) = (self.records.clone(), self.destination.output());
                let manifest = self.destination.manifest().map(Path::to_owned);
                let checked = blocking(move || records.check(&output, manifest.as_deref(), None)).await;
                checked.map_or_else(|_| Vec::new(), |()| Record::ALL.to_vec())
            }
            _ => Record::ALL.to_vec(),
        }
    }

    /// Writes a record on a thread that may block: a disk may hang, and a pipe waits for its reader.
    async fn write(&self, record: Record, ended: &Ended, signals: &Signals) -> Result<(), SinkError> {
        let (records, ended) = (self.records.clone(), ended.clone());
        tokio::select! {
            written = blocking(move || records.write(record, &ended)) => written,
            () = overdue(signals) => {
                let (target, error) = ("a record of the run".to_owned(), std::io::ErrorKind::TimedOut.into());
                Err(SinkError::Write { target, error })
            }
        }
    }

    /// Says how the run ended, and which record could not be written. In a log, the end is the last line.
    pub(super) fn say_last(
        &self,
        result: &Result<Summary, Error>,
        ended: &Ended,
        publishing: &Publishing,
        unwritten: Option<&Error>,
    ) {
        let (before, after) = if self.voice.is_json() { (unwritten, None) } else { (None, unwritten) };
        if let Some(error) = before {
            self.say_unwritten(error);
        }
        self.say_end(result, ended, publishing);
        if let Some(error) = after {
            self.say_unwritten(error);
        }
    }

    /// Says why a record of the run could not be written.
    fn say_unwritten(&self, error: &Error) {
        if self.voice.is_json() {
            say(json_line("warned", json!({ "message": words::line(error) })));
        } else {
            fail(error);
        }
    }

    fn say_end(&self, result: &Result<Summary, Error>, ended: &Ended, publishing: &Publishing) {
        match result {
            Ok(_) if self.voice.is_quiet() => {}
            _ if self.voice.is_json() => say(ended.log_line()),
            Ok(summary) => self.say_summary(summary),
            Err(Error::Cancelled) => say(words::stopped(publishing)),
            Err(error) => drop(fail(error)),
        }
    }

    /// Says how complete the export is: loudly, where that is not proven.
    fn say_level(summary: &Summary) {
        let certificate = &summary.read.certificate;
        let level = certificate.level;
        match level {
            Level::Snapshot => say(format_args!("completeness: snapshot, exactly the server's list at one instant")),
            Level::Complete => {
                let why = certificate.why();
                let separator = if why.is_empty() { "" } else { "; " };
                say(format_args!("completeness: complete, every contact that was there throughout{separator}{why}"));
            }
            _ => say(format_args!("COMPLETENESS NOT PROVEN: {level}: {}", certificate.why())),
        }
        if summary.exit() == Exit::Incomplete {
            say(format_args!("published below what was required ({}), as --publish-below says", summary.required));
        }
    }

    fn say_summary(&self, summary: &Summary) {
        let Summary { read, output, bytes: size, elapsed, .. } = summary;
        let (contacts, owners) = (counted(read.contacts, "contact"), counted(read.owners, "owner"));
        match &summary.owners {
            None => say(format_args!("{contacts} and {owners} in {output}")),
            Some(beside) => say(format_args!("{contacts} in {output}, {owners} in {}", beside.display())),
        }
        say(format_args!(
            "{}, {}, {} read, {} written, {}",
            counted(read.pages, "page"),
            counted(read.requests, "request"),
            bytes(read.bytes),
            bytes(*size),
            seconds(*elapsed)
        ));
        if let Some(rate) = read.learned_rate {
            say(format_args!("the server bears {rate:.1} requests a second, as learned on the way"));
        }
        for ((kind, column), (_, times)) in &read.warnings {
            say(format_args!("warning: {column}, {}: {kind}", counted(*times, "time")));
        }
        if let Some(kit) = &self.values.kit {
            say(format_args!("how to load it, and to check the table: {}", kit.join("README.md").display()));
        }
        Self::say_level(summary);
        if self.sandbox {
            let token = if self.token.is_given() {
                format!("; the token was not used ({})", token::VARIABLE)
            } else {
                String::new()
            };
            say(format_args!("from the embedded sandbox: these contacts are invented{token}"));
        }
    }
}

/// Whether two errors are about the same path.
fn is_same_place(one: &Error, other: &Error) -> bool {
    let place = |error: &Error| match error {
        Error::Sink(SinkError::Create { path, .. }) => Some(path.display().to_string()),
        Error::Sink(SinkError::Write { target, .. }) => Some(target.clone()),
        _ => None,
    };
    place(one).is_some_and(|place_of_one| place(other) == Some(place_of_one))
}
