//! Error messages for users: the error, its causes, a hint, and notes on environment variables.

mod hints;
mod io;
mod store;

use std::error::Error as StdError;
use std::fmt::Write;
use std::path::Path;

use super::logging::say;
use super::{hide_secrets, profile, variables};
use crate::config::ConfigError;
use crate::dataset::ReadbackError;
use crate::events::Publishing;
use crate::storage;
use crate::text::sanitize;
use crate::verify::VerifyError;
use crate::{Error, ExitCode, error_chain};

/// An error and its causes, one per line.
pub fn error(error: &dyn StdError) -> String {
    let mut text = format!("error: {error}");
    for cause in causes(error) {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  caused by: {cause}");
    }
    text
}

/// An error and its causes on one line.
pub fn line(error: &dyn StdError) -> String {
    causes(error).fold(error.to_string(), |text, cause| text + ": " + &cause)
}

/// The causes of an error, without the paths of temporary files that `tempfile` appends.
fn causes(error: &dyn StdError) -> impl Iterator<Item = String> {
    error_chain(error).map(|cause| cause.split(" at path \"").next().unwrap_or_default().to_owned())
}

/// The hint and the notes on an error, on one line.
pub fn advice(error: &Error) -> Option<String> {
    let advice: Vec<_> = hints::of(error).map(str::to_owned).into_iter().chain(notes(error)).collect();
    Some(advice.join("; ")).filter(|advice| !advice.is_empty())
}

/// What a canceled run has published.
pub fn stopped(publishing: &Publishing) -> &'static str {
    match publishing {
        Publishing::NotBegun => "canceled: nothing was published",
        Publishing::Done { .. } => "canceled: the export is published, but its kit may not be",
        _ => "canceled while publishing: use verify to check the output",
    }
}

/// Prints why a run failed. Returns how to exit.
pub fn fail(error: &Error) -> ExitCode {
    let exit = error.exit();
    if exit != ExitCode::BrokenPipe {
        print(error, hints::of(error), &notes(error));
    }
    exit
}

/// What is said when a canceled run ends although a write has not.
pub const ABANDONED: &str = "a write did not end in time and was abandoned: use verify to check the output";

/// Prints why an input cannot be read, if it is written like a URL and is not the URL of an object. Returns how to exit.
pub fn refused_input(paths: &[&Path]) -> Option<ExitCode> {
    let reason = paths.iter().find_map(|path| storage::objection(path))?;
    Some(fail(&Error::Config(ConfigError::Usage(reason))))
}

/// Prints why a table cannot be read. Returns how to exit.
pub fn unread(error: &ReadbackError) -> ExitCode {
    print(error, Some(hints::of_reading(error)), &variables::in_text(&self::error(error)));
    error.exit()
}

/// Prints why a table is not accepted. Returns how to exit.
pub fn unverified(error: &VerifyError) -> ExitCode {
    print(error, Some(hints::of_verifying(error)), &variables::in_text(&self::error(error)));
    error.exit()
}

/// Prints an error that is not one of the library's, and the notes on it.
pub fn say_with_notes(error: &str, hint: Option<&str>) {
    say(sanitize::inert_lines(error));
    if let Some(hint) = hint {
        say(format_args!("hint: {hint}"));
    }
    for note in variables::in_text(error) {
        say(format_args!("note: {note}"));
    }
}

fn print(error: &dyn StdError, hint: Option<&str>, notes: &[String]) {
    say(sanitize::inert_lines(&hide_secrets::without_token(&self::error(error))));
    if let Some(hint) = hint {
        say(format_args!("hint: {hint}"));
    }
    for note in notes {
        say(format_args!("note: {note}"));
    }
}

/// Notes on the variables that an error comes from.
fn notes(error: &Error) -> Vec<String> {
    if !matches!(error.exit(), ExitCode::Usage | ExitCode::CannotCreate | ExitCode::CannotWrite) {
        return Vec::new();
    }
    let text = self::error(error);
    variables::in_text(&text).into_iter().chain(profile::in_text(&text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_published_is_said_only_before_publishing() {
        assert_eq!(stopped(&Publishing::NotBegun), "canceled: nothing was published");
        assert!(stopped(&Publishing::Begun).contains("verify"));
    }
}
