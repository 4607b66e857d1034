//! Results on stdout.

use std::fmt::Display;
use std::io::Write;

use super::logging::say;
use super::messages;
use crate::{Error, ExitCode};

/// Prints a line on stdout.
pub fn print(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Prints a result on stdout. Returns how the program exits.
pub fn put(data: &dyn Display) -> ExitCode {
    match print(&data.to_string()) {
        Ok(()) => ExitCode::Success,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::BrokenPipe,
        Err(error) => {
            say(format_args!("error: cannot write to stdout\n  caused by: {error}"));
            ExitCode::CannotWrite
        }
    }
}

/// Prints a result as one JSON object on stdout.
pub fn put_json(data: &impl serde::Serialize) -> ExitCode {
    match serde_json::to_string(data) {
        Ok(text) => put(&text),
        Err(error) => messages::fail(&Error::Bug(error.to_string())),
    }
}
