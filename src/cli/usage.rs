//! Arguments that cannot be understood: said as clap says it, and told in the records of the run that was to be.

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::Utc;
use clap::error::{ContextKind, ContextValue};

use super::arguments::Arguments;
use super::records::Records;
use super::{say, secret, server, variables};
use crate::config::{ConfigError, Output};
use crate::events::Figures;
use crate::report::Ended;
use crate::{DestinationError, Error, ExitCode, RunPaths, check_apart};

/// Says what is wrong with the arguments, or prints the help that they ask for, and how to exit.
pub fn refused(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return match error.print() {
            Ok(()) => ExitCode::Success,
            Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::BrokenPipe,
            Err(_) => ExitCode::CannotWrite,
        };
    }
    let notes = variables::behind_refusal(error);
    let arguments = Arguments::of_process();
    let ended = ended(error, &notes, &arguments);
    if arguments.command() == Some("contacts") {
        if value("log-format", &arguments).is_some_and(|format| format == "json") {
            say(ended.log_line());
        } else {
            say_text(error, &notes);
        }
        leave(&ended, &arguments);
    } else {
        say_text(error, &notes);
    }
    ExitCode::Usage
}

fn say_text(error: &clap::Error, notes: &[String]) {
    let styled = error.render();
    let text = if std::io::stderr().is_terminal() { styled.ansi().to_string() } else { styled.to_string() };
    say(secret::without_secrets(&text).trim_end());
    for note in notes {
        say(format_args!("note: {note}"));
    }
}

/// The record of a run that did not begin.
fn ended(error: &clap::Error, notes: &[String], arguments: &Arguments) -> Ended {
    let text = error.render().to_string();
    let text = secret::without_secrets(&text);
    let reason = match error.get(ContextKind::InvalidArg) {
        // Somebody may have put the token there, and the record is a file.
        Some(ContextValue::String(word)) if !word.starts_with('-') => {
            "unexpected argument found: every argument is an option or its value"
        }
        _ => text.split("\n\n").next().unwrap_or_default(),
    };
    let reason = reason.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ");
    let hint = if notes.is_empty() { "see linq-export contacts --help".to_owned() } else { notes.join("; ") };
    let ended = Ended::new(ExitCode::Usage, Utc::now(), Duration::ZERO, Figures::default());
    let ended = match outputs(arguments).first() {
        Some(output) => ended.with_output(output),
        None => ended,
    };
    ended.with_error(&Error::Config(ConfigError::Usage(reason)), Some(&hint))
}

/// Writes the records, if it is clear where they go, and that they take the place of nothing else.
fn leave(ended: &Ended, arguments: &Arguments) {
    let path = |option| value(option, arguments).map(PathBuf::from);
    let records = Records::new(path("report"), path("metrics-file"));
    let (manifest, kit) = (path("manifest"), path("kit"));
    let mut outputs = outputs(arguments);
    if outputs.is_empty() {
        outputs.push(Output::Stdout);
    }
    // Whatever else is named may be a file that somebody needs, such as the one with the token.
    let own = ["report", "metrics-file"];
    let others = arguments.values_of_others(&own).into_iter().chain(variables::values(arguments, &own));
    let others: Vec<_> = others.map(PathBuf::from).chain(server::authorities()).collect();
    let inputs: Vec<_> = others.iter().map(|path| (path.as_path(), "another argument")).collect();
    let apart = |paths: &[&Path]| {
        let (manifest, kit) = (manifest.as_deref(), kit.as_deref());
        for output in &outputs {
            let beside = RunPaths { output, manifest, kit, records: paths, inputs: &[] };
            // What is named is told from the records alone: the output is among it.
            for among in [beside, RunPaths { manifest: None, kit: None, inputs: &inputs, ..beside }] {
                if let Err(taken @ DestinationError::SamePlace { .. }) = check_apart(&among) {
                    return Err(taken);
                }
            }
        }
        Ok(())
    };
    // Why the arguments were refused is said; more would hide it.
    let _ = records.open(apart).0.write(ended);
}

/// The outputs that were named, of which there should be one.
fn outputs(arguments: &Arguments) -> Vec<Output> {
    let partition = value("partition", arguments).and_then(|partition| partition.to_str()?.parse().ok());
    let given = arguments.values("output", Some('o'));
    let set = variables::value("output", arguments);
    given.into_iter().chain(set).map(|path| Output::named(path.into(), partition.clone())).collect()
}

/// The value of an option that is given once, or set by its variable.
fn value(option: &str, arguments: &Arguments) -> Option<OsString> {
    let mut values = arguments.values(option, None);
    if values.len() > 1 { None } else { values.pop().or_else(|| variables::value(option, arguments)) }
}
