//! The settings that a run gets from its configuration file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Command};
use toml::Value;

use super::file::{File, PLACEHOLDER, TOKEN_SOURCES};
use crate::cli::arguments::Arguments;
use crate::cli::variables;

/// Settings that exclude each other: if an argument or a variable gives one, the others do not count. So it is with a profile and
/// `[defaults]`.
const GROUPS: [&[&str]; 4] =
    [&TOKEN_SOURCES, &["quiet", "verbose"], &["no-lookups", "max-lookups"], &["no-lock", "lock-lease"]];
/// Settings that an argument makes pointless.
const REPLACED: [(&str, &[&str]); 2] = [("limit", &["require", "previous"]), ("output", &["partition"])];

/// The settings of one run.
#[derive(Debug)]
pub struct Settings {
    pub path: PathBuf,
    pub profile: Option<String>,
    values: BTreeMap<String, Setting>,
}

/// The values of an option.
#[derive(Debug, Clone)]
pub struct Setting {
    /// More than one if the option can be repeated.
    pub values: Vec<String>,
    /// `[defaults]` or `[profile.NAME]`.
    pub section: String,
}

impl Settings {
    /// The settings of a profile, or `[defaults]` without one.
    pub fn of(file: File, profile: Option<String>, program: &Command, arguments: &Arguments) -> Result<Self, String> {
        let File { path, defaults, mut profiles } = file;
        let of_profile = match &profile {
            None => None,
            Some(name) => match profiles.remove(name) {
                Some(settings) => Some((settings, format!("[profile.{name}]"))),
                None => return Err(format!("{}: {}", path.display(), unknown(name, profiles.into_keys()))),
            },
        };
        let mut settings = Self { path, profile, values: BTreeMap::new() };
        settings.add(defaults, "[defaults]", program)?;
        if let Some((of_profile, section)) = of_profile {
            settings.leave_out(|key| of_profile.contains_key(key));
            settings.add(of_profile, &section, program)?;
        }
        settings.leave_out(|key| is_given(key, arguments));
        settings.values.retain(|key, _| !is_given(key, arguments));
        settings.name_profile()?;
        settings.check(program)?;
        Ok(settings)
    }

    /// The setting of an option.
    pub fn get(&self, long: &str) -> Option<&Setting> {
        self.values.get(long)
    }

    /// Notes on the settings of the options that a text names.
    pub fn notes(&self, text: &str) -> Vec<String> {
        let named = self.values.iter().filter(|(key, _)| variables::names(text, key));
        named.map(|(key, setting)| format!("{} in {} sets --{key}", setting.section, self.path.display())).collect()
    }

    /// The program whose options have the settings as defaults.
    pub fn as_defaults(&self, program: Command, command: &str) -> Command {
        let with_default = |option: Arg| match option.get_long().and_then(|long| self.get(long)) {
            Some(setting) => option.required(false).default_values(setting.values.clone()),
            None => option,
        };
        program.mut_args(with_default).mut_subcommand(command, |command| command.mut_args(with_default))
    }

    fn add(&mut self, settings: toml::Table, section: &str, program: &Command) -> Result<(), String> {
        for (key, value) in settings {
            let option = option(program, &key);
            let is_repeated = option.is_some_and(|option| matches!(option.get_action(), ArgAction::Append));
            let separator = option.and_then(Arg::get_value_delimiter);
            let values = match (value, separator) {
                (Value::Array(list), _) if is_repeated => list.iter().map(text).collect(),
                (Value::Array(list), Some(separator)) => {
                    vec![list.iter().map(text).collect::<Vec<_>>().join(&separator.to_string())]
                }
                (Value::Array(_), None) => {
                    return Err(format!("{}: {section} {key} takes one value, not a list", self.path.display()));
                }
                (value, _) => vec![text(&value)],
            };
            self.values.insert(key, Setting { values, section: section.to_owned() });
        }
        Ok(())
    }

    /// Leaves out what something given instead excludes.
    fn leave_out(&mut self, is_given: impl Fn(&str) -> bool) {
        for group in GROUPS {
            if group.iter().any(|key| is_given(key)) {
                self.values.retain(|key, _| !group.contains(&key.as_str()));
            }
        }
        for (given, replaced) in REPLACED {
            if is_given(given) {
                self.values.retain(|key, _| !replaced.contains(&key.as_str()));
            }
        }
    }

    /// Puts the name of the profile into the values.
    fn name_profile(&mut self) -> Result<(), String> {
        let path = self.path.display();
        for (key, setting) in &mut self.values {
            for value in setting.values.iter_mut().filter(|value| value.contains(PLACEHOLDER)) {
                let Some(name) = &self.profile else {
                    return Err(format!(
                        "{path}: {} {key} contains {PLACEHOLDER}: choose a profile with --profile",
                        setting.section
                    ));
                };
                *value = value.replace(PLACEHOLDER, name);
            }
        }
        Ok(())
    }

    /// Refuses values that their options do not take, which clap would not say of defaults.
    fn check(&self, program: &Command) -> Result<(), String> {
        for (key, Setting { values, section }) in &self.values {
            let Some(option) = option(program, key) else { continue };
            let is_flag = matches!(option.get_action(), ArgAction::SetTrue | ArgAction::Count);
            let option = option.clone().global(false).required(false).env(None::<&str>).allow_hyphen_values(true);
            let option = if is_flag { option.action(ArgAction::Set).num_args(1) } else { option };
            let given = values.iter().map(|value| format!("--{key}={value}"));
            let parsed = Command::new("t").arg(option).try_get_matches_from(["t".to_owned()].into_iter().chain(given));
            if let Err(error) = parsed {
                let text = error.render().to_string();
                let reason = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
                let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ").replace(&format!("--{key}"), key);
                return Err(format!("{}: {section} {reason}", self.path.display()));
            }
        }
        Ok(())
    }
}

/// The option of `contacts`, or of the program.
fn option<'c>(program: &'c Command, long: &str) -> Option<&'c Arg> {
    let contacts = program.find_subcommand(super::COMMANDS[0]);
    contacts.into_iter().chain([program]).flat_map(Command::get_opts).find(|option| option.get_long() == Some(long))
}

/// Whether an argument or a variable gives an option.
fn is_given(long: &str, arguments: &Arguments) -> bool {
    let is_argument = match long {
        "output" => arguments.has(long, Some('o')),
        "quiet" => arguments.has_flag(long, 'q'),
        "verbose" => arguments.has_flag(long, 'v'),
        _ => arguments.has(long, None),
    };
    is_argument || variables::value(long, arguments).is_some()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(is_on) => is_on.to_string(),
        Value::Datetime(time) => time.to_string(),
        // Refused when the file was read.
        Value::Array(_) | Value::Table(_) => String::new(),
    }
}

/// A name that no profile has, with the nearest that one has.
fn unknown(name: &str, names: impl Iterator<Item = String>) -> String {
    let names: Vec<_> = names.collect();
    match variables::nearest(name, &names) {
        Some(nearest) => format!("there is no profile {name}; did you mean {nearest}?"),
        None => format!("there is no profile {name}: see linq-export profiles"),
    }
}
