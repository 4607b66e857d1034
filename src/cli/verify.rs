//! `linq-export verify`: checks exported files against their manifest.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::logging::{Verbosity, say};
use super::messages;
use super::stdout::put_json;
use super::values::one_of;
use crate::config::ConfigError;
use crate::destination::partitions;
use crate::text::humanize::{bytes, counted};
use crate::text::sanitize::{self, inert};
use crate::verify::{Verified, VerifyError, verify};
use crate::{Error, ExitCode, Require};

const EXAMPLES: &str = "\
Examples:
  linq-export verify contacts.parquet
  linq-export verify contacts.parquet --require complete && ./load.sh
  linq-export verify contacts.parquet changes.parquet nightly/
  linq-export verify nightly/ --json | jq -r 'select(.ok | not).path'";

/// Check exported files against their manifest
///
/// Compares size, SHA-256, rows and columns, and checks that each id occurs once; in a directory, each file, and that there
/// is no other file. The numbers in the manifest must be consistent, too. Of a directory of partitions, each partition is
/// checked. Exits with 0 if everything matches, otherwise with 65, and prints the first difference of each path. Writes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Verify {
    /// Exported files, directories of part files or of partitions, or the URLs of such
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
    /// Manifest path, for a single file or directory [default: FILE.manifest.json or DIR/_manifest.json]
    #[arg(long, value_name = "PATH")]
    manifest: Option<PathBuf>,
    /// Print a JSON object per file or directory on stdout
    #[arg(long)]
    json: bool,
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

/// What is found of one path, for other programs.
#[derive(Debug, Serialize)]
struct Found {
    path: String,
    ok: bool,
    /// How the program exits if there is only this path.
    exit_code: u8,
    rows: Option<u64>,
    bytes: Option<u64>,
    sha256: Option<String>,
    level: Option<String>,
    /// Why the level is not higher.
    reasons: Vec<String>,
    finished_at: Option<String>,
    /// What differs.
    error: Option<String>,
}

impl Found {
    fn new(path: &Path, verified: &Result<Verified, VerifyError>) -> Self {
        let found = verified.as_ref().ok();
        let exit = verified.as_ref().err().map_or(ExitCode::Success, VerifyError::exit);
        Self {
            path: sanitize::path(path),
            ok: found.is_some(),
            exit_code: exit.code(),
            rows: found.map(|found| found.rows),
            bytes: found.map(|found| found.bytes),
            sha256: found.map(|found| found.sha256.clone()),
            level: found.map(|found| found.level.to_string()),
            reasons: found.map(|found| found.reasons.clone()).unwrap_or_default(),
            finished_at: found.map(|found| found.finished_at.clone()),
            error: verified.as_ref().err().map(ToString::to_string),
        }
    }
}

impl Verify {
    pub fn run(&self, verbosity: Verbosity) -> ExitCode {
        let paths: Vec<_> = self.paths.iter().map(PathBuf::as_path).collect();
        if let Some(exit) = messages::refused_input(&paths) {
            return exit;
        }
        if self.manifest.is_some() && paths.len() > 1 {
            let reason = "--manifest is for a single path: each file has a manifest of its own".to_owned();
            return messages::fail(&Error::Config(ConfigError::Usage(reason)));
        }
        let exits: Vec<_> = paths.iter().flat_map(|path| self.check(path, verbosity)).collect();
        exits.into_iter().find(|exit| *exit != ExitCode::Success).unwrap_or(ExitCode::Success)
    }

    /// Checks a path, or each partition in it.
    fn check(&self, path: &Path, verbosity: Verbosity) -> Vec<ExitCode> {
        let verified = verify(path, self.manifest.as_deref());
        if let (Err(VerifyError::Partitioned { .. }), None) = (&verified, &self.manifest) {
            let partitions = partitions(path).unwrap_or_default().into_iter();
            return partitions.flat_map(|partition| self.check(&path.join(partition.to_string()), verbosity)).collect();
        }
        let verified = verified.and_then(|verified| verified.require(self.require).map(|()| verified));
        if self.json {
            let put = put_json(&Found::new(path, &verified));
            if put != ExitCode::Success {
                return vec![put];
            }
        }
        vec![match &verified {
            Ok(verified) => {
                if !verbosity.quiet && !self.json {
                    say_verified(verified);
                }
                ExitCode::Success
            }
            Err(error) => messages::unverified(error),
        }]
    }
}

fn say_verified(verified: &Verified) {
    let (rows, time) = if verified.are_changes { ("change", "until") } else { ("contact", "exported") };
    say(format_args!(
        "{}: OK, matches its manifest ({}, {}, {}, {time} {})",
        inert(&verified.file.to_string_lossy()),
        counted(verified.rows, rows),
        bytes(verified.bytes),
        verified.level,
        minute(&verified.finished_at)
    ));
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
