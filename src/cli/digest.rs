//! `linq-export digest`: the digest of a table's contents, whatever its format.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::{put, put_json, unread};
use crate::ExitCode;
use crate::dataset::digest;

const EXAMPLES: &str = "\
Example:
  test \"$(linq-export digest contacts.parquet)\" = \"$(linq-export digest contacts.ndjson.gz)\"";

/// Digest the contents of a table: the same in each format, and in a warehouse
///
/// Prints the rows, and the sum over them of the first 15 hexadecimal digits of the SHA-256 of each row's text: for
/// each column - for null, else its length in bytes, a colon and its value. The order of the rows does not matter.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Digest {
    /// A Parquet, NDJSON or CSV file, plain or compressed, or a folder of parts: of a partitioned one, one partition
    #[arg(value_name = "FILE|DIR")]
    path: PathBuf,
    /// Print a JSON object with rows and sum, the sum as text
    #[arg(long, env = "LINQ_EXPORT_JSON", value_parser = BoolishValueParser::new())]
    json: bool,
}

impl Digest {
    pub fn run(&self) -> ExitCode {
        match digest(&self.path) {
            Ok(digest) if self.json => put_json(&digest),
            Ok(digest) => put(&digest),
            Err(error) => unread(&error),
        }
    }
}
