//! What a run leaves for machines besides its output: the report and the metrics, whatever became of it.

use std::path::{Path, PathBuf};

use clap::Args;
use linq_export::config::Output;
use linq_export::ended::{Ended, metrics};
use linq_export::{Readers, SinkError, check_apart, check_file, write_file};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Records of the run, also of one that failed")]
pub struct Records {
    /// Write a JSON report of how the run ended, and why
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_REPORT")]
    report: Option<PathBuf>,
    /// Write metrics for the textfile collector of Prometheus, which reads only names that end in .prom
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

impl Records {
    /// Records at these places.
    pub fn new(report: Option<PathBuf>, metrics_file: Option<PathBuf>) -> Self {
        Self { report, metrics_file }
    }

    /// Whether there is a report, which holds the manifest too.
    pub fn has_report(&self) -> bool {
        self.report.is_some()
    }

    /// Whether a place is that of the metrics, and the report has another one.
    pub fn is_metrics_alone(&self, place: &Path) -> bool {
        self.metrics_file.as_deref() == Some(place)
            && self
                .report
                .as_ref()
                .is_none_or(|report| check_apart(&[report, place], &Output::Stdout, None, None).is_ok())
    }

    /// The places that the records take.
    pub fn paths(&self) -> Vec<&Path> {
        self.report.iter().chain(&self.metrics_file).map(PathBuf::as_path).collect()
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

    /// Refuses a place where nothing can be written, or something else is, before anything is asked of the
    /// server.
    pub fn check(&self, output: &Output, manifest: Option<&Path>, kit: Option<&Path>) -> Result<(), SinkError> {
        let paths = self.paths();
        check_apart(&paths, output, manifest, kit)?;
        paths.into_iter().try_for_each(check_file)
    }

    /// Writes one of the records, if it was asked for.
    pub fn write(&self, record: Record, ended: &Ended) -> Result<(), SinkError> {
        match (record, &self.report, &self.metrics_file) {
            (Record::Report, Some(path), _) => write_file(path, &ended.report(), Readers::Owner),
            // One that was refused for its name is not made either.
            (Record::Metrics, _, Some(path)) if is_collected(path) => write_metrics(path, ended),
            _ => Ok(()),
        }
    }
}

/// Whether the collector reads a file of this name. What is there already, and is not a file, is read by somebody else.
fn is_collected(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "prom")
        || path.file_name().is_some_and(|name| name == ".prom")
        || std::fs::metadata(path).is_ok_and(|there| !there.is_file())
        || path.as_os_str() == "-"
}

/// The collector is another user than the one who exports.
fn write_metrics(path: &Path, ended: &Ended) -> Result<(), SinkError> {
    let previous = std::fs::read_to_string(path).ok();
    write_file(path, &metrics(ended, previous.as_deref()), Readers::Everybody)
}
