//! What a run leaves for machines besides its output: the report and the metrics, whatever became of it.

use std::path::{Path, PathBuf};

use clap::Args;
use linq_export::config::Output;
use linq_export::ended::{Ended, metrics};
use linq_export::{Readers, SinkError, check_apart, check_file, write_file};

#[derive(Debug, Args)]
#[command(next_help_heading = "Records of the run, also of one that failed")]
pub struct Records {
    /// Write a JSON report of how the run ended, and why
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_REPORT")]
    report: Option<PathBuf>,
    /// Write metrics for the textfile collector of Prometheus: a name that ends in .prom, in its folder
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_METRICS_FILE")]
    metrics_file: Option<PathBuf>,
}

impl Records {
    /// Refuses a place where nothing can be written, or something else is, before anything is asked of the
    /// server.
    pub fn check(&self, output: &Output, manifest: Option<&Path>, kit: Option<&Path>) -> Result<(), SinkError> {
        let paths: Vec<_> = self.report.iter().chain(&self.metrics_file).map(PathBuf::as_path).collect();
        check_apart(&paths, output, manifest, kit)?;
        paths.into_iter().try_for_each(check_file)
    }

    /// Writes what was asked for. All of it is tried; the first error is returned.
    pub fn write(&self, ended: &Ended) -> Result<(), SinkError> {
        let report = self.report.as_deref().map_or(Ok(()), |path| write_file(path, &ended.report(), Readers::Owner));
        let metrics = self.metrics_file.as_deref().map_or(Ok(()), |path| write_metrics(path, ended));
        report.and(metrics)
    }
}

/// The collector is another user than the one who exports.
fn write_metrics(path: &Path, ended: &Ended) -> Result<(), SinkError> {
    let previous = std::fs::read_to_string(path).ok();
    write_file(path, &metrics(ended, previous.as_deref()), Readers::Everybody)
}
