//! `linq-export inspect`: a summary of an exported file, on one screen or as JSON.

mod chart;
mod spans;
mod text;

use std::path::PathBuf;

use clap::Args;

use super::messages;
use super::stdout::{put, put_json};
use crate::ExitCode;
use crate::inspect::inspect;

/// Width of the output in columns: without a terminal, at least, and at most.
const WIDTH: usize = 80;
const NARROWEST: usize = 60;
const WIDEST: usize = 100;

/// Summarize an exported file: columns, sizes, owners, creation dates
///
/// Reads the whole file, and writes nothing. If the file has a manifest, the summary shows the completeness of the
/// export; use verify to check the file against the manifest.
#[derive(Debug, Args)]
pub struct Inspect {
    /// Parquet, NDJSON or CSV file, optionally compressed, directory of part files (one partition), or the URL of one
    #[arg(value_name = "FILE|DIR")]
    path: PathBuf,
    /// Print the summary as a JSON object
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub fn run(&self) -> ExitCode {
        if let Some(exit) = messages::refused_input(&[&self.path]) {
            return exit;
        }
        match inspect(&self.path) {
            Ok(facts) if self.json => put_json(&facts),
            Ok(facts) => put(&text::of(&facts, width())),
            Err(error) => messages::unread(&error),
        }
    }
}

fn width() -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    terminal.map_or(WIDTH, |(terminal_size::Width(columns), _)| usize::from(columns)).clamp(NARROWEST, WIDEST)
}
