//! `linq-export verify`: a file or a folder against its manifest.

use std::path::PathBuf;

use clap::Args;

use super::{say, say_error};
use crate::inspect::whole;
use crate::text::humanize::{bytes, counted};
use crate::verify::verify;
use crate::{ExitCode, Require};

const EXAMPLES: &str = "\
Examples:
  linq-export verify contacts.parquet
  linq-export verify contacts.parquet --require complete && load contacts.parquet";

/// Check a file, or a folder of files, against its manifest, offline
///
/// Compares size, SHA-256, rows, columns, and whether each id is there once; of a folder each file, and that there is no
/// other. The numbers in the manifest must agree with each other, too. Exits with 0 when all agree, with 65 when something
/// differs, and says what. Writes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Verify {
    /// The file, or the folder of parts: of a partitioned one, one partition
    #[arg(value_name = "FILE|DIR")]
    file: PathBuf,
    /// Its manifest [default: the file's name with .manifest.json, beside it; in a folder _manifest.json]
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_MANIFEST")]
    manifest: Option<PathBuf>,
    /// Exit with 3 if the export's completeness is below this level: any, counted, complete or snapshot. An export that
    /// --limit ended is incomplete
    #[arg(long, value_name = "LEVEL", default_value_t = Require::Any, env = "LINQ_EXPORT_REQUIRE")]
    require: Require,
}

impl Verify {
    pub fn run(&self) -> ExitCode {
        let verified = verify(&self.file, self.manifest.as_deref());
        match verified.and_then(|verified| verified.require(self.require).map(|()| verified)) {
            Ok(verified) => {
                say(format_args!(
                    "{} is as its manifest says: {}, {}, {}, of {}",
                    whole(&verified.file.to_string_lossy()),
                    counted(verified.rows, "contact"),
                    bytes(verified.bytes),
                    verified.level,
                    verified.finished_at
                ));
                ExitCode::Success
            }
            Err(error) => {
                say_error(&error, error.hint());
                error.exit()
            }
        }
    }
}
