//! `linq-export verify`: a file or a folder against its manifest.

use std::path::PathBuf;

use clap::Args;
use linq_export::Exit;
use linq_export::report::{bytes, counted};
use linq_export::verify::verify;

use super::{say, say_error};

const EXAMPLES: &str = "\
Example:
  linq-export verify contacts.parquet && load contacts.parquet";

/// Check a file, or a folder of files, against its manifest, offline
///
/// Compares size, SHA-256, rows, columns, and whether each id is there once; of a folder each file, and that there is no
/// other. Exits with 0 when all agree, with 65 when something differs, and says what. Writes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Verify {
    /// The file, or the folder of parts: of a partitioned one, one partition
    #[arg(value_name = "FILE|DIR")]
    file: PathBuf,
    /// Its manifest [default: the file's name with .manifest.json, beside it; in a folder _manifest.json]
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_MANIFEST")]
    manifest: Option<PathBuf>,
}

impl Verify {
    pub fn run(&self) -> Exit {
        match verify(&self.file, self.manifest.as_deref()) {
            Ok(verified) => {
                say(format_args!(
                    "{} is as its manifest says: {}, {}, {}, of {}",
                    verified.file.display(),
                    counted(verified.rows, "contact"),
                    bytes(verified.bytes),
                    verified.level,
                    verified.finished_at
                ));
                Exit::Whole
            }
            Err(error) => {
                say_error(&error, error.hint());
                error.exit()
            }
        }
    }
}
