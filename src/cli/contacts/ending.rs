//! How an export ends: its records are written, and then the last word is said, which agrees with them.

use std::io;
use std::path::Path;
use std::time::Duration;

use chrono::Utc;
use serde_json::json;

use super::super::records::{self, OpenRecords, Record};
use super::super::signals::Signals;
use super::super::{fail, say, token, words};
use super::{Contacts, blocking, overdue};
use crate::events::{Figures, Publishing, Summary};
use crate::report::{Ended, json_line};
use crate::text::humanize::{bytes, counted, seconds};
use crate::{DestinationError, Error, ExitCode, Level, RecordFile};

/// How long a record may take to write. A pipe whose reader has stopped reading would block for ever.
const LONGEST: Duration = Duration::from_secs(30);

impl Contacts {
    /// Ends a run that came to a stop for a fault of the program or the system.
    pub fn broken(&self, error: &Error) -> ExitCode {
        let exit = error.exit();
        let ended = Ended::new(exit, Utc::now(), Duration::ZERO, Figures::default())
            .with_output(&self.destination.output())
            .with_error(error, words::advice(error).as_deref());
        let places = self.places();
        let (records, opened) = self.records.open(|paths| places.check(paths));
        let wrote = records.write(&ended);
        if let Err(error) = opened.and(wrote) {
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
        exit: ExitCode,
        ended: Ended,
        records: OpenRecords,
        signals: &Signals,
    ) -> (ExitCode, Ended, Option<Error>) {
        let (mut exit, mut ended, mut records, mut unwritten) = (exit, ended, records, None);
        let mut report = None;
        for record in Record::ALL {
            let Some(file) = records.take(record) else { continue };
            if record == Record::Report {
                report = Some(&file).filter(|file| file.is_replaced()).map(|file| file.path().to_owned());
            }
            let Err(error) = write(file, record, &ended, signals).await else { continue };
            let error = Error::from(error);
            // Why the export itself failed is worth more.
            if exit == ExitCode::Success {
                exit = error.exit();
                ended = ended.with_exit(exit).with_error(&error, words::advice(&error).as_deref());
                if record == Record::Metrics
                    && let Some(path) = &report
                {
                    // It was the last that could fail, and the report says that all went well.
                    let _ = write_again(path, &ended, signals).await;
                }
            }
            unwritten = unwritten.or(Some(error));
        }
        (exit, ended, unwritten)
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
        if summary.exit() == ExitCode::Incomplete {
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

/// Writes a record. A pipe whose reader has stopped reading, or a disk that hangs, is left behind, and ends with the process.
async fn write(file: RecordFile, record: Record, ended: &Ended, signals: &Signals) -> Result<(), DestinationError> {
    let (target, ended) = (file.path().display().to_string(), ended.clone());
    unless(late(signals), target, move || records::write(file, record, &ended)).await
}

/// Writes a report in the place of the one that this run has written.
async fn write_again(path: &Path, ended: &Ended, signals: &Signals) -> Result<(), DestinationError> {
    let (target, path, ended) = (path.display().to_string(), path.to_owned(), ended.clone());
    let write = move || records::write(RecordFile::open(&path)?, Record::Report, &ended);
    unless(late(signals), target, write).await
}

/// Returns when a record has taken too long, or the run was told to stop and has not done so in time.
async fn late(signals: &Signals) {
    tokio::select! {
        () = overdue(signals) => {}
        () = tokio::time::sleep(LONGEST) => {}
    }
}

/// Does what may block, unless it is too late before it is done.
async fn unless(
    late: impl Future<Output = ()>,
    target: String,
    write: impl FnOnce() -> Result<(), DestinationError> + Send + 'static,
) -> Result<(), DestinationError> {
    tokio::select! {
        written = blocking(write) => written,
        () = late => Err(DestinationError::Write { target, error: io::ErrorKind::TimedOut.into() }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_record_that_nobody_takes_is_left_behind() {
        let (free, blocked) = mpsc::channel::<()>();
        let write = move || blocked.recv().map_err(|_| DestinationError::ReaderGone);
        let left = unless(std::future::ready(()), "pipe".to_owned(), write).await.unwrap_err();
        drop(free);
        assert!(
            matches!(left, DestinationError::Write { ref error, .. } if error.kind() == io::ErrorKind::TimedOut),
            "{left}"
        );
    }
}
