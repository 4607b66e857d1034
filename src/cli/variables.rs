//! Environment variables of options: which are set, which one an error is about, and which are misspelled.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::sync::OnceLock;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use super::arguments::Arguments;

const PREFIX: &str = "LINQ_EXPORT_";

/// The program's options, which errors are matched against.
static PROGRAM: OnceLock<Command> = OnceLock::new();

/// Registers the program's options, once at start.
pub fn register(program: Command) {
    let _ = PROGRAM.set(program);
}

/// The subcommands that have an option of this name.
pub fn commands_with(long: &str) -> Vec<&'static str> {
    let has_option = |command: &&Command| command.get_opts().any(|option| option.get_long() == Some(long));
    let commands = PROGRAM.get().into_iter().flat_map(Command::get_subcommands);
    commands.filter(has_option).map(Command::get_name).collect()
}

/// Treats empty variables as unset: Compose files and CI systems pass on variables that nobody set.
pub fn without_empty(command: Command) -> Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let unset =
        move |option: Arg| if option.get_env().is_some_and(is_empty) { option.env(None::<&str>) } else { option };
    command.mut_args(unset).mut_subcommands(|command| command.mut_args(unset))
}

/// The values of all variables that set an option of this command, except for some options.
pub fn values(arguments: &Arguments, except: &[&str]) -> Vec<OsString> {
    let others = options(arguments).filter(|option| option.get_long().is_none_or(|name| !except.contains(&name)));
    others.filter_map(|option| Some(set_by(option, arguments)?.1)).collect()
}

/// The value of the variable that sets an option, if the option itself was not given.
pub fn value(long: &str, arguments: &Arguments) -> Option<OsString> {
    let option = options(arguments).find(|option| option.get_long() == Some(long))?;
    Some(set_by(option, arguments)?.1)
}

/// Notes on the variables that set the options of a clap error. The error then names the variable in place of the option,
/// which nobody typed.
pub fn behind_refusal(error: &mut clap::Error) -> Vec<String> {
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(option)) => option.clone(),
        Some(ContextValue::Strings(options)) => options.join(" "),
        _ => String::new(),
    };
    let (refused, others) = (named(ContextKind::InvalidArg), named(ContextKind::PriorArg));
    let is_text = |value: &OsStr| error.kind() != ErrorKind::InvalidUtf8 || value.to_str().is_some();
    let notes = notes(|option, value| is_named(&format!("{refused} {others}"), option) || !is_text(value));
    let arguments = Arguments::of_process();
    let refused = options(&arguments).find(|option| is_named(&refused, option));
    if let Some((variable, _)) = refused.and_then(|option| set_by(option, &arguments)) {
        error.insert(ContextKind::InvalidArg, ContextValue::String(variable));
    }
    notes
}

/// Notes on the variables that set the options, or contain the paths, that a text is about.
pub fn in_text(text: &str) -> Vec<String> {
    notes(|option, value| {
        let is_path =
            || option.get_value_names().is_some_and(|names| ["PATH", "DIR"].map(Into::into).contains(&names[0]));
        is_named(text, option) || value.len() > 1 && is_path() && text.contains(&*value.to_string_lossy())
    })
}

/// A warning for each variable that looks like an option's but is not, and so has no effect.
pub fn unknown() -> Vec<String> {
    let commands = PROGRAM.get().into_iter().flat_map(|program| program.get_subcommands().chain([program]));
    let options = commands.flat_map(Command::get_arguments);
    let known: BTreeSet<_> = options.filter_map(|option| option.get_env()?.to_str()).collect();
    let set =
        std::env::vars_os().filter(|(_, value)| !value.is_empty()).filter_map(|(name, _)| name.into_string().ok());
    let mut unknown: Vec<_> = set.filter(|name| name.starts_with(PREFIX) && !known.contains(name.as_str())).collect();
    unknown.retain(|name| !is_of_kubernetes(name));
    unknown.sort();
    unknown.iter().map(|name| unknown_variable(name, &known)).collect()
}

/// The known name that an unknown one may be a misspelling of.
pub fn nearest<'n, N: AsRef<str>>(name: &str, known: impl IntoIterator<Item = &'n N>) -> Option<&'n N> {
    let distance = |known: &N| strsim::damerau_levenshtein(name, known.as_ref());
    let (nearest, distance) =
        known.into_iter().map(|known| (known, distance(known))).min_by_key(|(_, distance)| *distance)?;
    (distance <= 2).then_some(nearest)
}

fn unknown_variable(name: &str, known: &BTreeSet<&str>) -> String {
    // What all names begin with does not change their distance.
    match nearest(name, known) {
        Some(nearest) => format!("unknown environment variable {name}; did you mean {nearest}?"),
        None => format!("unknown environment variable {name}"),
    }
}

/// Whether Kubernetes sets a variable of this name for a Service that is called like this program.
fn is_of_kubernetes(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_PORT")
        || name.contains("_SERVICE_PORT")
        || name.contains("_PORT_")
}

/// A note on each variable that sets an option for which `is_meant` holds.
fn notes(is_meant: impl Fn(&Arg, &OsStr) -> bool) -> Vec<String> {
    let arguments = Arguments::of_process();
    let note = |option: &Arg| {
        let (variable, value) = set_by(option, &arguments)?;
        let name = option.get_long().unwrap_or_default();
        is_meant(option, &value).then(|| format!("the environment variable {variable} sets --{name}"))
    };
    options(&arguments).filter_map(note).collect()
}

/// The options of the running command, including those of all commands.
fn options(arguments: &Arguments) -> impl Iterator<Item = &'static Arg> {
    let program = PROGRAM.get();
    let command = program.and_then(|program| program.find_subcommand(arguments.command()?));
    command.into_iter().chain(program).flat_map(Command::get_opts)
}

/// The variable that sets an option, and its value.
fn set_by(option: &Arg, arguments: &Arguments) -> Option<(String, OsString)> {
    let variable = option.get_env()?;
    let value = std::env::var_os(variable).filter(|value| !value.is_empty())?;
    let is_given = arguments.has(option.get_long()?, option.get_short());
    (!is_given).then(|| (variable.to_string_lossy().into_owned(), value))
}

fn is_named(text: &str, option: &Arg) -> bool {
    names(text, option.get_long().unwrap_or_default())
}

/// Whether a text names an option, and not only a longer one.
pub fn names(text: &str, long: &str) -> bool {
    let name = format!("--{long}");
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
        for (text, due) in
            [("--rate 5", true), ("see --rate", true), ("'--rate <RATE>'", true), ("--rate-limit", false)]
        {
            assert_eq!(names(text, "rate"), due, "{text}");
        }
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        let known = BTreeSet::from(["LINQ_EXPORT_RATE", "LINQ_EXPORT_LIMIT"]);
        for (name, nearest) in [("RATEE", Some("RATE")), ("RAET", Some("RATE")), ("JSON", None), ("", None)] {
            let warning = unknown_variable(&format!("LINQ_EXPORT_{name}"), &known);
            let expected = nearest.map(|nearest| format!("; did you mean LINQ_EXPORT_{nearest}?")).unwrap_or_default();
            assert_eq!(warning, format!("unknown environment variable LINQ_EXPORT_{name}{expected}"));
        }
    }

    #[test]
    fn variables_of_kubernetes_are_not_misspelled() {
        for name in ["SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT", "PORT_8080_TCP_ADDR", "SANDBOX_SERVICE_PORT"] {
            assert!(is_of_kubernetes(&format!("LINQ_EXPORT_{name}")), "{name}");
        }
        assert!(!is_of_kubernetes("LINQ_EXPORT_RATEE"));
    }
}
