//! The variables that options come from: which are set, and which one an error is about.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory};

use super::arguments::Arguments;
use super::{Cli, messages};
use crate::{Error, ExitCode};

/// Lets empty variables count as not set: compose files and CI systems pass on variables that nobody set.
pub fn without_empty(command: Command) -> Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    command.mut_subcommands(|command| {
        command.mut_args(
            |option| {
                if option.get_env().is_some_and(is_empty) { option.env(None::<&str>) } else { option }
            },
        )
    })
}

/// The values of all variables that set an option of this command, but for some.
pub fn values(arguments: &Arguments, but_for: &[&str]) -> Vec<OsString> {
    let others = options(arguments).filter(|option| option.get_long().is_none_or(|name| !but_for.contains(&name)));
    others.filter_map(|option| Some(set_by(&option, arguments)?.1)).collect()
}

/// The value of the variable that sets an option, where the option itself was not given.
pub fn value(long: &str, arguments: &Arguments) -> Option<OsString> {
    let option = options(arguments).find(|option| option.get_long() == Some(long))?;
    Some(set_by(&option, arguments)?.1)
}

/// Which variables set the options that arguments were refused for.
pub fn behind_refusal(error: &clap::Error) -> Vec<String> {
    let named = [ContextKind::InvalidArg, ContextKind::PriorArg].iter().filter_map(|kind| error.get(*kind));
    let named: Vec<String> = named
        .map(|value| match value {
            ContextValue::String(option) => option.clone(),
            ContextValue::Strings(options) => options.join(" "),
            _ => String::new(),
        })
        .collect();
    let is_text = |value: &OsStr| error.kind() != ErrorKind::InvalidUtf8 || value.to_str().is_some();
    notes(|option, value| names(&named.join(" "), option) || !is_text(value))
}

/// Which variables set the options, or hold the paths, that an error is about.
pub fn error_chain(error: &Error) -> Vec<String> {
    if !matches!(error.exit(), ExitCode::Usage | ExitCode::CannotCreate | ExitCode::CannotWrite) {
        return Vec::new();
    }
    in_text(&messages::error(error))
}

/// Which variables set the options, or hold the paths, that a text is about.
pub fn in_text(text: &str) -> Vec<String> {
    notes(|option, value| {
        let is_path =
            || option.get_value_names().is_some_and(|names| ["PATH", "DIR"].map(Into::into).contains(&names[0]));
        names(text, option) || value.len() > 1 && is_path() && text.contains(&*value.to_string_lossy())
    })
}

/// A note on each variable that sets an option for which `is_meant` holds.
fn notes(is_meant: impl Fn(&Arg, &OsStr) -> bool) -> Vec<String> {
    let arguments = Arguments::of_process();
    let note = |option: Arg| {
        let (variable, value) = set_by(&option, &arguments)?;
        is_meant(&option, &value)
            .then(|| format!("--{} is set by the variable {variable}", option.get_long().unwrap_or_default()))
    };
    options(&arguments).filter_map(note).collect()
}

/// The options of the command that is run.
fn options(arguments: &Arguments) -> impl Iterator<Item = Arg> {
    let command = arguments.command().and_then(|name| Cli::command().find_subcommand(name).cloned());
    command.into_iter().flat_map(|command| command.get_opts().cloned().collect::<Vec<_>>())
}

/// The variable that sets an option, and its value.
fn set_by(option: &Arg, arguments: &Arguments) -> Option<(String, OsString)> {
    let variable = option.get_env()?;
    let value = std::env::var_os(variable).filter(|value| !value.is_empty())?;
    let is_given = arguments.has(option.get_long()?, option.get_short());
    (!is_given).then(|| (variable.to_string_lossy().into_owned(), value))
}

/// Whether a text names an option, and not only one whose name begins like it.
fn names(text: &str, option: &Arg) -> bool {
    let name = format!("--{}", option.get_long().unwrap_or_default());
    text.match_indices(&name).any(|(at, _)| {
        let next = text[at + name.len()..].chars().next();
        next.is_none_or(|next| next != '-' && !next.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_named_whole() {
        let option = Arg::new("rate").long("rate");
        for (text, due) in
            [("--rate 5", true), ("see --rate", true), ("'--rate <RATE>'", true), ("--rate-limit", false)]
        {
            assert_eq!(names(text, &option), due, "{text}");
        }
    }
}
