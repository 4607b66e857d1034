//! `linq-export digest`: a digest of a table's contents, whatever its format.

use std::path::PathBuf;

use clap::Args;

use super::messages;
use super::stdout::{put, put_json};
use crate::ExitCode;
use crate::dataset::digest;

const EXAMPLES: &str = "\
Example:
  linq-export digest contacts.parquet
  linq-export digest contacts.ndjson.gz   # same contents, same digest";

/// Compute a format-independent digest of an export, to compare with a loaded table
///
/// Prints the number of rows and a sum over all rows: of the first 15 hexadecimal digits of the SHA-256 of each row's
/// text. This text has, for each column, `-` for null, otherwise the value's length in bytes, a colon and the value. The
/// order of the rows does not matter.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Digest {
    /// Parquet, NDJSON or CSV file, optionally compressed, directory of part files (one partition), or the URL of one
    #[arg(value_name = "FILE|DIR")]
    path: PathBuf,
    /// Print a JSON object with the rows and the sum (as a string)
    #[arg(long)]
    json: bool,
}

impl Digest {
    pub fn run(&self) -> ExitCode {
        if let Some(exit) = messages::refused_input(&[&self.path]) {
            return exit;
        }
        match digest(&self.path) {
            Ok(digest) if self.json => put_json(&digest),
            Ok(digest) => put(&digest),
            Err(error) => messages::unread(&error),
        }
    }
}
