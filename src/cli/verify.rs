//! `linq-export verify`: checks exported files against their manifest.

use std::path::PathBuf;

use clap::Args;

use super::logging::{Verbosity, say};
use super::messages;
use super::values::one_of;
use crate::text::humanize::{bytes, counted};
use crate::text::sanitize::inert;
use crate::verify::verify;
use crate::{ExitCode, Require};

const EXAMPLES: &str = "\
Examples:
  linq-export verify contacts.parquet
  linq-export verify contacts.parquet --require complete && ./load.sh";

/// Check exported files against their manifest
///
/// Compares size, SHA-256, rows and columns, and checks that each id occurs once; in a directory, each file, and that there
/// is no other file. The numbers in the manifest must be consistent, too. Exits with 0 if everything matches, otherwise with
/// 65, and prints the first difference. Writes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Verify {
    /// Exported file, directory of part files (one partition), or the URL of one
    #[arg(value_name = "FILE|DIR")]
    file: PathBuf,
    /// Manifest path [default: FILE.manifest.json or DIR/_manifest.json]
    #[arg(long, value_name = "PATH")]
    manifest: Option<PathBuf>,
    /// Exit with 3 if the export's completeness is below this level
    #[arg(
        long,
        value_name = "LEVEL",
        value_parser = one_of(&Require::ALL),
        default_value_t = Require::Any,
        env = "LINQ_EXPORT_REQUIRE"
    )]
    require: Require,
}

impl Verify {
    pub fn run(&self, verbosity: Verbosity) -> ExitCode {
        if let Some(exit) = messages::refused_input(&[&self.file]) {
            return exit;
        }
        let verified = verify(&self.file, self.manifest.as_deref());
        match verified.and_then(|verified| verified.require(self.require).map(|()| verified)) {
            Ok(_) if verbosity.quiet => ExitCode::Success,
            Ok(verified) => {
                let (rows, time) = if verified.are_changes { ("change", "until") } else { ("contact", "exported") };
                say(format_args!(
                    "{}: OK, matches its manifest ({}, {}, {}, {time} {})",
                    inert(&verified.file.to_string_lossy()),
                    counted(verified.rows, rows),
                    bytes(verified.bytes),
                    verified.level,
                    minute(&verified.finished_at)
                ));
                ExitCode::Success
            }
            Err(error) => messages::unverified(&error),
        }
    }
}

/// An RFC 3339 time in UTC, to the minute: `2026-11-30 00:12 UTC`.
pub fn minute(time: &str) -> String {
    match (time.get(..10), time.get(10..11), time.get(11..16)) {
        (Some(day), Some("T"), Some(minute)) if time.ends_with('Z') => format!("{day} {minute} UTC"),
        _ => time.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_to_the_minute() {
        assert_eq!(minute("2026-11-29T23:38:52.476Z"), "2026-11-29 23:38 UTC");
        for other in ["", "2026-11-29", "2026-11-29T23:38:52+01:00", "yesterday"] {
            assert_eq!(minute(other), other);
        }
    }
}
