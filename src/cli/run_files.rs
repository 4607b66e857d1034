//! The report and the metrics of a run, which are also written when the run fails.

use std::path::{Path, PathBuf};

use clap::Args;

use super::hide_secrets;
use crate::config::Output;
use crate::report::{RunReport, metrics};
use crate::storage;
use crate::{DestinationError, KnownReaders, RecordFile, RunPaths, check_apart};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Monitoring")]
pub struct RunFiles {
    /// Write a JSON report, even if the run fails
    ///
    /// - is stdout.
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_REPORT")]
    report: Option<PathBuf>,
    /// Write Prometheus metrics, even if the run fails
    ///
    /// - is stdout. The name of a file must end in .prom: the textfile collector of Prometheus's node exporter reads no other files.
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_METRICS_FILE")]
    metrics_file: Option<PathBuf>,
}

/// A file that a run writes besides its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunFile {
    Report,
    Metrics,
}

impl RunFile {
    /// In writing order.
    pub const ALL: [Self; 2] = [Self::Report, Self::Metrics];
}

/// The files that can be written when the run has ended.
#[derive(Debug, Default)]
pub struct OpenRunFiles {
    report: Option<RecordFile>,
    metrics: Option<RecordFile>,
}

impl RunFiles {
    /// Run files at these paths.
    pub fn new(report: Option<PathBuf>, metrics_file: Option<PathBuf>) -> Self {
        Self { report, metrics_file }
    }

    /// Whether there is a report, which contains the manifest.
    pub fn has_report(&self) -> bool {
        self.report.is_some()
    }

    /// Which path contains the token, which would then be shown.
    pub fn holding_token(&self) -> Option<&'static str> {
        let named = [("the report path", &self.report), ("the metrics file path", &self.metrics_file)];
        let holds = |path: &Option<PathBuf>| path.as_deref().is_some_and(hide_secrets::holds_token);
        named.into_iter().find(|(_, path)| holds(path)).map(|(name, _)| name)
    }

    /// Refuses URLs, and a metrics file that the collector would ignore.
    pub fn check_names(&self) -> Result<(), String> {
        for (option, path) in [("--report", &self.report), ("--metrics-file", &self.metrics_file)] {
            if let Some(path) = path.as_deref().filter(|path| storage::is_url(path)) {
                return Err(format!("{option} needs a local file, not {}", path.display()));
            }
        }
        match &self.metrics_file {
            Some(path) if !is_collected(path) => Err(format!(
                "--metrics-file {} must end in .prom: the textfile collector ignores other names",
                path.display()
            )),
            _ => Ok(()),
        }
    }

    /// Opens the files before the first request, unless `apart` finds a conflict with another path. If one cannot be
    /// opened, the other can still report the error. A pipe may wait a while for its reader.
    pub fn open(
        &self,
        apart: impl Fn(&[&Path]) -> Result<(), DestinationError>,
    ) -> (OpenRunFiles, Result<(), DestinationError>) {
        // URLs are refused later, by `check_names`.
        let local = |path: &Option<PathBuf>| path.clone().filter(|path| !storage::is_url(path));
        let (report, metrics) = (local(&self.report), local(&self.metrics_file));
        let (report, metrics) = (report.as_deref(), metrics.as_deref());
        let paths: Vec<_> = report.into_iter().chain(metrics).collect();
        let mut result = apart(&paths);
        let is_taken =
            |result: &Result<(), DestinationError>| matches!(result, Err(DestinationError::SamePlace { .. }));
        let mut open = OpenRunFiles::default();
        if is_taken(&result) {
            // A conflicting path must not be written; the report may be fine on its own.
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
        // A refused name is not created either.
        open.metrics = metrics.and_then(opened).filter(|record| is_collected(record.path()));
        (open, result)
    }
}

impl OpenRunFiles {
    /// Takes a file to write it, if it was requested and could be opened.
    pub fn take(&mut self, file: RunFile) -> Option<RecordFile> {
        match file {
            RunFile::Report => self.report.take(),
            RunFile::Metrics => self.metrics.take(),
        }
    }

    /// Writes all files. Returns the first error.
    pub fn write(mut self, ended: &RunReport) -> Result<(), DestinationError> {
        let write = |record| self.take(record).map_or(Ok(()), |file| write(file, record, ended));
        RunFile::ALL.map(write).into_iter().collect()
    }
}

/// Writes a run file.
pub fn write(file: RecordFile, kind: RunFile, ended: &RunReport) -> Result<(), DestinationError> {
    match kind {
        RunFile::Report => file.write(ended.report().as_bytes(), KnownReaders::Owner),
        RunFile::Metrics => {
            let text = metrics(ended, file.earlier().as_deref());
            // The collector runs as another user.
            file.write(text.as_bytes(), KnownReaders::Everybody)
        }
    }
}

/// Whether the metrics and the report have different paths.
fn is_apart(report: &Path, metrics: &Path) -> bool {
    let inputs = &[(report, "the report")];
    check_apart(&RunPaths { output: &Output::Stdout, manifest: None, kit: None, records: &[metrics], inputs }).is_ok()
}

/// Whether the collector reads a file of this name. An existing device or pipe has another reader.
fn is_collected(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "prom")
        || path.file_name().is_some_and(|name| name == ".prom")
        || std::fs::metadata(path).is_ok_and(|there| !there.is_file())
        || path.as_os_str() == "-"
}
