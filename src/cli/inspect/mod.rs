//! `linq-export inspect`: what stands in a table, for people on one screen, or for machines as JSON.

mod chart;
mod spans;
mod text;

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::{put, put_json, unread};
use crate::ExitCode;
use crate::inspect::inspect;

/// Columns of a terminal where nobody says how many there are, the fewest that are used, and the most.
const WIDTH: usize = 80;
const NARROWEST: usize = 60;
const WIDEST: usize = 100;

/// Show what stands in a table: columns, sizes, owners, and when contacts were created
///
/// Reads it from end to end, offline, and writes nothing. Where a manifest stands beside it, it says how complete the
/// export was; whether file and manifest agree, verify checks.
#[derive(Debug, Args)]
pub struct Inspect {
    /// A Parquet, NDJSON or CSV file, plain or compressed, or a folder of parts: of a partitioned one, one partition
    #[arg(value_name = "FILE|DIR")]
    path: PathBuf,
    /// Print the facts as a JSON object
    #[arg(long, env = "LINQ_EXPORT_JSON", value_parser = BoolishValueParser::new())]
    json: bool,
}

impl Inspect {
    pub fn run(&self) -> ExitCode {
        match inspect(&self.path) {
            Ok(facts) if self.json => put_json(&facts),
            Ok(facts) => put(&text::of(&facts, width())),
            Err(error) => unread(&error),
        }
    }
}

fn width() -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    terminal.map_or(WIDTH, |(terminal_size::Width(columns), _)| usize::from(columns)).clamp(NARROWEST, WIDEST)
}
