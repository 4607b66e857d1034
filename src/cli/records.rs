//! What a run leaves for machines besides its output: the report and the metrics, whatever became of it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::secret;
use crate::config::Output;
use crate::report::{Ended, metrics};
use crate::{DestinationError, KnownReaders, RecordFile, RunPaths, check_apart};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Records of the run, also of one that failed")]
pub struct Records {
    /// Write a JSON report of how the run ended, and why; - is standard output
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_REPORT")]
    report: Option<PathBuf>,
    /// Write metrics for the textfile collector of Prometheus, which reads only names that end in .prom; - is standard
    /// output
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_METRICS_FILE")]
    metrics_file: Option<PathBuf>,
}

/// What a run leaves for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    Report,
    Metrics,
}

impl Record {
    /// In the order in which they are written.
    pub const ALL: [Self; 2] = [Self::Report, Self::Metrics];
}

/// The records that can be written when the run has ended.
#[derive(Debug, Default)]
pub struct OpenRecords {
    report: Option<RecordFile>,
    metrics: Option<RecordFile>,
}

impl Records {
    /// Records at these places.
    pub fn new(report: Option<PathBuf>, metrics_file: Option<PathBuf>) -> Self {
        Self { report, metrics_file }
    }

    /// Whether there is a report, which holds the manifest too.
    pub fn has_report(&self) -> bool {
        self.report.is_some()
    }

    /// The record whose name holds the token, which would be shown.
    pub fn holding_token(&self) -> Option<&'static str> {
        let named = [("the name of the report", &self.report), ("the name of the metrics file", &self.metrics_file)];
        let holds = |path: &Option<PathBuf>| path.as_deref().is_some_and(secret::holds_token);
        named.into_iter().find(|(_, path)| holds(path)).map(|(name, _)| name)
    }

    /// Refuses a metrics file that the collector would pass by.
    pub fn check_names(&self) -> Result<(), String> {
        match &self.metrics_file {
            Some(path) if !is_collected(path) => Err(format!(
                "--metrics-file {}: the textfile collector reads only files whose names end in .prom",
                path.display()
            )),
            _ => Ok(()),
        }
    }

    /// Opens the records before anything is asked of the server, if they are `apart` from all else. One that cannot be
    /// opened is an error; the others are there to tell it. A pipe may wait for its reader for a while.
    pub fn open(
        &self,
        apart: impl Fn(&[&Path]) -> Result<(), DestinationError>,
    ) -> (OpenRecords, Result<(), DestinationError>) {
        let (report, metrics) = (self.report.as_deref(), self.metrics_file.as_deref());
        let paths: Vec<_> = report.into_iter().chain(metrics).collect();
        let mut result = apart(&paths);
        let is_taken =
            |result: &Result<(), DestinationError>| matches!(result, Err(DestinationError::SamePlace { .. }));
        let mut open = OpenRecords::default();
        if is_taken(&result) {
            // What stands there is not the records' to replace.
            if let (Some(report), Some(metrics)) = (report, metrics)
                && is_apart(report, metrics)
                && !is_taken(&apart(&[report]))
            {
                open.report = RecordFile::open(report).ok();
            }
            return (open, result);
        }
        let mut opened = |path| match RecordFile::open(path) {
            Ok(record) => Some(record),
            Err(error) => {
                if result.is_ok() {
                    result = Err(error);
                }
                None
            }
        };
        open.report = report.and_then(&mut opened);
        // One that is refused for its name is not made either.
        open.metrics = metrics.and_then(opened).filter(|record| is_collected(record.path()));
        (open, result)
    }
}

impl OpenRecords {
    /// Takes one of the records to write it, if it was asked for and could be opened.
    pub fn take(&mut self, record: Record) -> Option<RecordFile> {
        match record {
            Record::Report => self.report.take(),
            Record::Metrics => self.metrics.take(),
        }
    }

    /// Writes all of them, at once; the first error is returned.
    pub fn write(mut self, ended: &Ended) -> Result<(), DestinationError> {
        let write = |record| self.take(record).map_or(Ok(()), |file| write(file, record, ended));
        Record::ALL.map(write).into_iter().collect()
    }
}

/// Writes a record.
pub fn write(file: RecordFile, record: Record, ended: &Ended) -> Result<(), DestinationError> {
    match record {
        Record::Report => file.write(ended.report().as_bytes(), KnownReaders::Owner),
        Record::Metrics => {
            let text = metrics(ended, file.earlier().as_deref());
            // The collector is another user than the one who exports.
            file.write(text.as_bytes(), KnownReaders::Everybody)
        }
    }
}

/// Whether the metrics, which have no place of their own, leave the report its place.
fn is_apart(report: &Path, metrics: &Path) -> bool {
    let inputs = &[(report, "the report")];
    check_apart(&RunPaths { output: &Output::Stdout, manifest: None, kit: None, records: &[metrics], inputs }).is_ok()
}

/// Whether the collector reads a file of this name. What is there already, and is not a file, is read by somebody else.
fn is_collected(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "prom")
        || path.file_name().is_some_and(|name| name == ".prom")
        || std::fs::metadata(path).is_ok_and(|there| !there.is_file())
        || path.as_os_str() == "-"
}
