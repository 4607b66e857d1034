//! `linq-export inspect`: a summary of an exported file, on one screen or as JSON.

mod chart;
mod html;
mod spans;
mod text;

use std::path::{Path, PathBuf};

use clap::Args;

use super::logging::{Verbosity, say};
use super::messages;
use super::stdout::{put, put_json};
use crate::changes::{ChangesError, ChangesOptions, ChangesSummary, changes};
use crate::config::{ConfigError, Output};
use crate::inspect::{Duplicate, Inspection, inspect, inspect_quality};
use crate::naming;
use crate::storage::is_url;
use crate::text::sanitize;
use crate::{Error, ExitCode, KnownReaders, RecordFile, RunPaths, check_apart};

/// Width of the output in columns: without a terminal, at least, and at most.
const WIDTH: usize = 80;
const NARROWEST: usize = 60;
const WIDEST: usize = 100;

const EXAMPLES: &str = "\
Examples:
  linq-export inspect contacts.parquet
  linq-export inspect contacts.parquet --html report.html --duplicates ids.csv
  linq-export inspect tuesday.parquet --html report.html --compare monday.parquet";

/// Summarize an exported file: columns, sizes, owners, creation dates
///
/// Reads the whole file. If the file has a manifest, the summary shows the completeness of the export; use verify to check the file
/// against the manifest.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Inspect {
    /// Parquet, NDJSON or CSV file, optionally compressed, directory of part files (one partition), or the URL of one
    #[arg(value_name = "FILE|DIR")]
    path: PathBuf,
    /// Print the summary as a JSON object
    #[arg(long)]
    json: bool,
    /// Also write the summary and the quality of the data to an HTML file that can be sent on
    ///
    /// It contains no values of contacts, except companies that at least five contacts have, and the names of owners. It loads nothing
    /// from elsewhere.
    #[arg(long, value_name = "PATH")]
    html: Option<PathBuf>,
    /// Also write the ids of contacts that share an email address or a phone number, as CSV
    ///
    /// The columns are kind (email or phone), group and id. Values are compared as --hmac normalizes them.
    #[arg(long, value_name = "PATH")]
    duplicates: Option<PathBuf>,
    /// With --html: an earlier export, to show what changed since then
    #[arg(long, value_name = "FILE|DIR", requires = "html")]
    compare: Option<PathBuf>,
}

/// The files that are written, opened before anything is read.
struct Records {
    html: Option<RecordFile>,
    duplicates: Option<RecordFile>,
}

impl Inspect {
    pub fn run(&self, verbosity: Verbosity) -> ExitCode {
        if let Some(exit) = messages::refused_input(&self.exports().collect::<Vec<_>>()) {
            return exit;
        }
        let records = match self.open() {
            Ok(records) => records,
            Err(error) => return messages::fail(&error),
        };
        if records.html.is_none() && records.duplicates.is_none() {
            return match inspect(&self.path) {
                Ok(facts) => self.print(&facts),
                Err(error) => messages::unread(&error),
            };
        }
        let (facts, duplicates) = match inspect_quality(&self.path) {
            Ok(read) => read,
            Err(error) => return messages::unread(&error),
        };
        match self.write(records, &facts, &duplicates, verbosity) {
            Ok(()) if self.is_to_stdout() => ExitCode::Success,
            Ok(()) => self.print(&facts),
            Err(error) => messages::fail(&error),
        }
    }

    /// What is read.
    fn exports(&self) -> impl Iterator<Item = &Path> {
        [Some(&self.path), self.compare.as_ref()].into_iter().flatten().map(PathBuf::as_path)
    }

    fn print(&self, facts: &Inspection) -> ExitCode {
        if self.json { put_json(facts) } else { put(&text::of(facts, width())) }
    }

    /// Whether a file is written to stdout, where the summary would be in its way.
    fn is_to_stdout(&self) -> bool {
        [&self.html, &self.duplicates]
            .into_iter()
            .flatten()
            .any(|path| path.as_os_str() == "-" || path.as_os_str() == "/dev/stdout")
    }

    fn open(&self) -> Result<Records, Error> {
        let given: Vec<_> = [&self.html, &self.duplicates].into_iter().flatten().map(PathBuf::as_path).collect();
        if let Some(url) = given.iter().find(|path| is_url(path)) {
            let reason = format!("--html and --duplicates need local files, not {}", url.display());
            return Err(Error::Config(ConfigError::Usage(reason)));
        }
        // The summary gives way to a file on stdout, so the export takes the place of the output.
        let is_to_stdout = self.is_to_stdout();
        let output = if is_to_stdout { Output::named(self.path.clone(), None) } else { Output::Stdout };
        let exports: Vec<_> = self.exports().skip(usize::from(is_to_stdout)).collect();
        let manifests: Vec<_> = exports.iter().filter_map(|path| naming::manifest_of(path).ok()).collect();
        let read = exports.iter().map(|path| (*path, "the export"));
        let inputs = read.chain(manifests.iter().map(|path| (path.as_path(), "a manifest")));
        let inputs: Vec<_> = inputs.filter(|(path, _)| !is_url(path)).collect();
        check_apart(&RunPaths { output: &output, manifest: None, kit: None, records: &given, inputs: &inputs })?;
        let open = |path: &Option<PathBuf>| path.as_deref().map(RecordFile::open).transpose();
        Ok(Records { html: open(&self.html)?, duplicates: open(&self.duplicates)? })
    }

    fn write(
        &self,
        records: Records,
        facts: &Inspection,
        duplicates: &[Duplicate],
        verbosity: Verbosity,
    ) -> Result<(), Error> {
        let Records { html, duplicates: ids } = records;
        if ids.is_some() && !facts.columns.iter().any(|column| column.name == "id") {
            let reason = "--duplicates needs the column id, which this table does not have".to_owned();
            return Err(Error::Config(ConfigError::Usage(reason)));
        }
        let written = |path: &Path| {
            if !verbosity.quiet && !self.is_to_stdout() {
                say(format_args!("wrote {}", sanitize::path(path)));
            }
        };
        if let Some(file) = html {
            let old = self
                .compare
                .as_deref()
                .map(|old| Ok::<_, ChangesError>((old, compared(old, &self.path)?)))
                .transpose()?;
            let name = |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            let old = old.as_ref().map(|(path, changes)| (name(path), changes));
            let page = html::page(facts, old.as_ref().map(|(name, changes)| (name.as_str(), *changes)));
            let path = file.path().to_owned();
            file.write(page.as_bytes(), KnownReaders::Owner)?;
            written(&path);
        }
        if let Some(file) = ids {
            let path = file.path().to_owned();
            let lines = duplicates.iter().map(|Duplicate { kind, group, id, .. }| format!("{kind},{group},{id}\n"));
            let text: String = ["kind,group,id\n".to_owned()].into_iter().chain(lines).collect();
            file.write(text.as_bytes(), KnownReaders::Owner)?;
            written(&path);
        }
        Ok(())
    }
}

/// What changed between two exports.
fn compared(old: &Path, new: &Path) -> Result<ChangesSummary, ChangesError> {
    let mut changes = changes(old, new, ChangesOptions::default())?;
    changes.by_ref().try_for_each(|batch| batch.map(drop))?;
    Ok(changes.summary())
}

fn width() -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    terminal.map_or(WIDTH, |(terminal_size::Width(columns), _)| usize::from(columns)).clamp(NARROWEST, WIDEST)
}
