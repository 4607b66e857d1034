//! What a run leaves for machines besides its output: the report and the metrics, whatever became of it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use linq_export::ended::{Ended, metrics};
use linq_export::{Readers, RecordFile, SinkError};

/// How long a record may take to write. A pipe whose reader has stopped reading would block for ever.
const LONGEST: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
#[command(next_help_heading = "Records of the run, also of one that failed")]
pub struct Records {
    /// Write a JSON report of how the run ended, and why; - is standard output
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_REPORT")]
    report: Option<PathBuf>,
    /// Write metrics for the textfile collector of Prometheus: a name that ends in .prom, in its folder; - is standard
    /// output
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_METRICS_FILE")]
    metrics_file: Option<PathBuf>,
}

/// The records that can be written when the run has ended.
#[derive(Debug, Default)]
pub struct OpenRecords {
    report: Option<RecordFile>,
    metrics: Option<RecordFile>,
}

impl Records {
    /// Opens the records before anything is asked of the server, if they are `apart` from all else. One that cannot be
    /// opened is an error; the others are there to tell it.
    pub fn open(&self, apart: impl FnOnce(&[&Path]) -> Result<(), SinkError>) -> (OpenRecords, Result<(), SinkError>) {
        let paths: Vec<_> = self.report.iter().chain(&self.metrics_file).map(PathBuf::as_path).collect();
        let mut result = apart(&paths);
        if matches!(result, Err(SinkError::SamePlace { .. })) {
            // What stands there is not the records' to replace.
            return (OpenRecords::default(), result);
        }
        let mut open = |path: &Option<PathBuf>| match RecordFile::open(path.as_deref()?) {
            Ok(record) => Some(record),
            Err(error) => {
                if result.is_ok() {
                    result = Err(error);
                }
                None
            }
        };
        (OpenRecords { report: open(&self.report), metrics: open(&self.metrics_file) }, result)
    }
}

impl OpenRecords {
    /// Writes what was asked for. All of it is tried; the first error is returned.
    pub async fn write(self, ended: &Ended) -> Result<(), SinkError> {
        let report = self.report.map(|record| (record, ended.report(), Readers::Owner));
        let metrics = self.metrics.map(|record| {
            let text = metrics(ended, record.earlier().as_deref());
            // The collector is another user than the one who exports.
            (record, text, Readers::Everybody)
        });
        let mut result = Ok(());
        for (record, text, readers) in report.into_iter().chain(metrics) {
            let target = record.path().display().to_string();
            let wrote = within(LONGEST, target, move || record.write(text.as_bytes(), readers)).await;
            result = result.and(wrote);
        }
        result
    }
}

/// Does what may block, for no longer than a limit; then it is left behind, and ends with the process.
async fn within(
    limit: Duration,
    target: String,
    write: impl FnOnce() -> Result<(), SinkError> + Send + 'static,
) -> Result<(), SinkError> {
    match tokio::time::timeout(limit, tokio::task::spawn_blocking(write)).await {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(SinkError::Write { target, error: io::ErrorKind::TimedOut.into() }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_record_that_nobody_takes_is_left_behind() {
        let (free, blocked) = mpsc::channel::<()>();
        let write = move || blocked.recv().map_err(|_| SinkError::ReaderGone);
        let left = within(Duration::from_millis(1), "pipe".to_owned(), write).await.unwrap_err();
        drop(free);
        assert!(
            matches!(left, SinkError::Write { ref error, .. } if error.kind() == io::ErrorKind::TimedOut),
            "{left}"
        );
    }
}
