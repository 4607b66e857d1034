//! The end of an export: report and metrics are written, then the last message, which agrees with them.

use std::io;
use std::path::Path;
use std::time::Duration;

use chrono::Utc;
use serde_json::json;

use super::super::messages::{self, fail};
use super::super::run_files::{self, OpenRunFiles, RunFile};
use super::super::signals::Signals;
use super::{Contacts, blocking};
use crate::cli::logging::{say, style};
use crate::events::{Figures, Publishing, Summary};
use crate::report::{RunReport, Severity, json_line, summary_lines};
use crate::{DestinationError, Error, ExitCode, RecordFile};

/// Time limit for writing a run file. A pipe whose reader has stopped reading would block forever.
const LONGEST: Duration = Duration::from_secs(30);

impl Contacts {
    /// Ends a run that failed because of a bug or the system.
    pub fn broken(&self, error: &Error) -> ExitCode {
        let exit = error.exit();
        let ended = RunReport::new(exit, Utc::now(), Duration::ZERO, Figures::default())
            .with_profile(self.profile.name())
            .with_output(&self.destination.output())
            .with_error(error, messages::advice(error).as_deref());
        let places = self.places();
        let (files, opened) = self.run_files.open(|paths| places.check(paths));
        let wrote = files.write(&ended);
        if let Err(error) = opened.and(wrote) {
            self.say_unwritten(&error.into());
        }
        if self.logging.is_json() {
            say(ended.log_line());
        } else {
            fail(error);
        }
        exit
    }

    /// Writes report and metrics. If one cannot be written, a successful run ends with an error, which the other contains.
    pub(super) async fn write_run_files(
        &self,
        exit: ExitCode,
        ended: RunReport,
        files: OpenRunFiles,
        signals: &Signals,
    ) -> (ExitCode, RunReport, Option<Error>) {
        let (mut exit, mut ended, mut files, mut unwritten) = (exit, ended, files, None);
        let mut report = None;
        for kind in RunFile::ALL {
            let Some(file) = files.take(kind) else { continue };
            if kind == RunFile::Report {
                report = Some(&file).filter(|file| file.is_replaced()).map(|file| file.path().to_owned());
            }
            let Err(error) = write(file, kind, &ended, signals).await else { continue };
            let error = Error::from(error);
            // Why the export itself failed is more important.
            if exit == ExitCode::Success {
                exit = error.exit();
                ended = ended.with_exit(exit).with_error(&error, messages::advice(&error).as_deref());
                if kind == RunFile::Metrics
                    && let Some(path) = &report
                {
                    // The report is written already, and says that the run succeeded.
                    let _ = write_again(path, &ended, signals).await;
                }
            }
            unwritten = unwritten.or(Some(error));
        }
        (exit, ended, unwritten)
    }

    /// Prints how the run ended, and which run file could not be written. In a JSON log, the end is the last line.
    pub(super) fn say_last(
        &self,
        result: &Result<Summary, Error>,
        ended: &RunReport,
        publishing: &Publishing,
        unwritten: Option<&Error>,
    ) {
        let (before, after) = if self.logging.is_json() { (unwritten, None) } else { (None, unwritten) };
        if let Some(error) = before {
            self.say_unwritten(error);
        }
        self.say_end(result, ended, publishing);
        if let Some(error) = after {
            self.say_unwritten(error);
        }
    }

    /// Prints why a run file could not be written.
    fn say_unwritten(&self, error: &Error) {
        if self.logging.is_json() {
            say(json_line("warned", Severity::Warning, json!({ "message": messages::line(error) })));
        } else {
            fail(error);
        }
    }

    fn say_end(&self, result: &Result<Summary, Error>, ended: &RunReport, publishing: &Publishing) {
        match result {
            Ok(_) if self.logging.is_quiet() => {}
            _ if self.logging.is_json() => say(ended.log_line()),
            Ok(summary) => self.say_summary(summary),
            Err(Error::Cancelled) => say(messages::stopped(publishing)),
            Err(error) => drop(fail(error)),
        }
    }

    fn say_summary(&self, summary: &Summary) {
        for line in summary_lines(summary, self.destination.kit(), style()) {
            say(line);
        }
        if self.sandbox {
            let unused = self.token.given().map(|source| format!(", and {source} was not used")).unwrap_or_default();
            say(format_args!("note: these contacts come from the sandbox and are invented{unused}"));
        }
    }
}

/// Writes a run file. A blocked pipe or disk is abandoned; the process ends without it.
async fn write(file: RecordFile, kind: RunFile, ended: &RunReport, signals: &Signals) -> Result<(), DestinationError> {
    let (target, ended) = (file.path().display().to_string(), ended.clone());
    unless(late(signals), target, move || run_files::write(file, kind, &ended)).await
}

/// Replaces the report that this run has written.
async fn write_again(path: &Path, ended: &RunReport, signals: &Signals) -> Result<(), DestinationError> {
    let (target, path, ended) = (path.display().to_string(), path.to_owned(), ended.clone());
    let write = move || run_files::write(RecordFile::open(&path)?, RunFile::Report, &ended);
    unless(late(signals), target, write).await
}

/// Returns when writing has taken too long, or the run was canceled and has not stopped in time.
async fn late(signals: &Signals) {
    tokio::select! {
        () = signals.overdue() => {}
        () = tokio::time::sleep(LONGEST) => {}
    }
}

/// Does blocking work, unless `late` returns first.
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
    async fn a_run_file_that_nobody_reads_is_abandoned() {
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
