//! Arguments that clap refuses: reported like any other error, also in the report and metrics of the run.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::Utc;
use clap::ValueEnum;
use clap::error::{ContextKind, ContextValue};

use super::arguments::Arguments;
use super::logging::{Color, say, style};
use super::run_files::RunFiles;
use super::{hide_secrets, messages, profile, server, variables};
use crate::config::{ConfigError, Output};
use crate::events::Figures;
use crate::report::RunReport;
use crate::{DestinationError, Error, ExitCode, RunPaths, check_apart};

/// Prints what is wrong with the arguments, or the requested help. Returns how to exit.
pub fn refused(mut error: clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return match error.print() {
            Ok(()) => ExitCode::Success,
            Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::BrokenPipe,
            Err(_) => ExitCode::CannotWrite,
        };
    }
    let notes = variables::behind_refusal(&mut error);
    let arguments = Arguments::of_process();
    suggest_subcommands(&mut error);
    let (error, ended) = (&error, ended(&error, &notes, &arguments));
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

/// Prints why a configuration file is refused, also in the report of the run. Returns how to exit.
pub fn refused_file(reason: &str) -> ExitCode {
    let error = Error::Config(ConfigError::Usage(hide_secrets::without_secrets(reason)));
    let arguments = Arguments::of_process();
    let ended = RunReport::new(ExitCode::Usage, Utc::now(), Duration::ZERO, Figures::default());
    let ended = ended.with_error(&error, messages::advice(&error).as_deref());
    if arguments.command() == Some("contacts") && value("log-format", &arguments).is_some_and(|format| format == "json")
    {
        say(ended.log_line());
    } else {
        messages::fail(&error);
    }
    if arguments.command() == Some("contacts") {
        leave(&ended, &arguments);
    }
    ExitCode::Usage
}

/// When messages have colors; `auto` if the option is wrong.
pub fn color(arguments: &Arguments) -> Color {
    let text = value("color", arguments);
    text.and_then(|text| Color::from_str(text.to_str()?, true).ok()).unwrap_or_default()
}

/// Whether the messages of this run are a log, whose lines have times.
pub fn is_log(arguments: &Arguments) -> bool {
    let is_json = value("log-format", arguments).is_some_and(|format| format == "json");
    arguments.command() == Some("contacts") && !arguments.has("dry-run", None) && !is_json
}

/// Replaces clap's suggestion to pass an unknown option as a value: says which subcommands have the option.
fn suggest_subcommands(error: &mut clap::Error) {
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(unknown)) if error.kind() == clap::error::ErrorKind::UnknownArgument => {
            unknown.clone()
        }
        _ => return,
    };
    let Some(name) = unknown.strip_prefix("--") else { return };
    let owners = variables::commands_with(name);
    let is_near = error.get(ContextKind::SuggestedArg).is_some();
    error.remove(ContextKind::Suggested);
    if !owners.is_empty() && !is_near {
        let tip = format!("--{name} is an option of: {}", owners.join(", "));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
}

fn say_text(error: &clap::Error, notes: &[String]) {
    let styled = error.render();
    let text = if style().colors { styled.ansi().to_string() } else { styled.to_string() };
    say(hide_secrets::without_secrets(&text).trim_end());
    for note in notes {
        say(format_args!("note: {note}"));
    }
}

/// The report of a run that did not begin.
fn ended(error: &clap::Error, notes: &[String], arguments: &Arguments) -> RunReport {
    let text = error.render().to_string();
    let text = hide_secrets::without_secrets(&text);
    let reason = match error.get(ContextKind::InvalidArg) {
        // The word may be the token, and the report is a file.
        Some(ContextValue::String(word)) if !word.starts_with('-') && !word.starts_with("LINQ_") => {
            "unexpected argument found: every argument must be an option or its value"
        }
        _ => text.split("\n\n").next().unwrap_or_default(),
    };
    let reason = reason.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ");
    let hint = if notes.is_empty() { "see linq-export contacts --help".to_owned() } else { notes.join("; ") };
    let ended = RunReport::new(ExitCode::Usage, Utc::now(), Duration::ZERO, Figures::default());
    let ended = match outputs(arguments).first() {
        Some(output) => ended.with_output(output),
        None => ended,
    };
    ended.with_error(&Error::Config(ConfigError::Usage(reason)), Some(&hint))
}

/// Writes the report and the metrics, if their paths are clear and conflict with nothing else.
fn leave(ended: &RunReport, arguments: &Arguments) {
    let path = |option| value(option, arguments).map(PathBuf::from);
    let records = RunFiles::new(path("report"), path("metrics-file"));
    let (manifest, kit) = (path("manifest"), path("kit"));
    let mut outputs = outputs(arguments);
    if outputs.is_empty() {
        outputs.push(Output::Stdout);
    }
    // Any other argument may be a file that must not be overwritten, such as the token's.
    let own = ["report", "metrics-file"];
    let others = arguments.values_of_others(&own).into_iter().chain(variables::values(arguments, &own));
    let others: Vec<_> = others.map(PathBuf::from).chain(server::authorities()).collect();
    let inputs: Vec<_> = others.iter().map(|path| (path.as_path(), "another argument")).collect();
    let apart = |paths: &[&Path]| {
        let (manifest, kit) = (manifest.as_deref(), kit.as_deref());
        for output in &outputs {
            let beside = RunPaths { output, manifest, kit, records: paths, inputs: &[] };
            // The output is among the other arguments, so these are compared with the run files only.
            for among in [beside, RunPaths { manifest: None, kit: None, inputs: &inputs, ..beside }] {
                if let Err(taken @ DestinationError::SamePlace { .. }) = check_apart(&among) {
                    return Err(taken);
                }
            }
        }
        Ok(())
    };
    // An error here would hide why the arguments were refused.
    let _ = records.open(apart).0.write(ended);
}

/// The outputs that were given; there should be one.
fn outputs(arguments: &Arguments) -> Vec<Output> {
    let partition = value("partition", arguments).and_then(|partition| partition.to_str()?.parse().ok());
    let given = arguments.values("output", Some('o'));
    let set = variables::value("output", arguments);
    given.into_iter().chain(set).map(|path| Output::named(path.into(), partition.clone())).collect()
}

/// The value of an option that was given once, or is set by its variable.
fn value(option: &str, arguments: &Arguments) -> Option<OsString> {
    let mut values = arguments.values(option, None);
    if values.len() > 1 {
        return None;
    }
    let of_profile = || profile::setting(option).and_then(|setting| setting.values.last().map(OsString::from));
    values.pop().or_else(|| variables::value(option, arguments)).or_else(of_profile)
}
