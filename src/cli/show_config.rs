//! `linq-export config`: the options of an export, and where each value comes from.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command};
use serde::Serialize;

use super::arguments::Arguments;
use super::messages::fail;
use super::profile::{self, ProfileOptions, Settings};
use super::stdout::{put, put_json};
use super::{hide_secrets, variables};
use crate::config::ConfigError;
use crate::text::sanitize;
use crate::{Error, ExitCode};

const EXAMPLES: &str = "\
Examples:
  linq-export config --profile north
  linq-export config --profile north --json";

/// Show the options of contacts, and where each value comes from
///
/// An argument comes before an environment variable, a variable before the profile, the profile before [defaults], and these
/// before the built-in default.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Config {
    #[command(flatten)]
    profile: ProfileOptions,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// What is shown.
#[derive(Debug, Serialize)]
struct Shown {
    file: Option<String>,
    profile: Option<String>,
    options: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    value: String,
    /// `environment`, `profile`, `defaults` or `built-in`.
    source: &'static str,
    /// The variable or the section.
    from: Option<String>,
}

impl Config {
    /// Prints the options that have a value.
    pub fn run(&self, program: Command) -> ExitCode {
        match self.shown(program) {
            Ok(shown) if self.json => put_json(&shown),
            Ok(shown) => put(&shown.lines().join("\n")),
            Err(reason) => fail(&Error::Config(ConfigError::Usage(hide_secrets::without_secrets(&reason)))),
        }
    }

    fn shown(&self, program: Command) -> Result<Shown, String> {
        let settings = profile::read(&program, &Arguments::of_process())?;
        let program = variables::without_empty(program)
            .mut_subcommand("contacts", |command| command.mut_arg("output", |output| output.required(false)));
        let program = match &settings {
            Some(settings) => settings.as_defaults(program, "contacts"),
            None => program,
        };
        let matches = program.clone().try_get_matches_from(["linq-export", "contacts"]).map_err(|error| {
            let text = error.render().to_string();
            text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ").to_owned()
        })?;
        let Some((_, matches)) = matches.subcommand() else { return Err("there is no command contacts".to_owned()) };
        let contacts = program.find_subcommand("contacts").into_iter();
        let options = contacts.chain([&program]).flat_map(Command::get_opts);
        let rows = options.filter_map(|option| row(option, matches, settings.as_ref()));
        Ok(Shown {
            file: settings.as_ref().map(|settings| settings.path.display().to_string()),
            profile: self.profile.name().map(str::to_owned),
            options: rows.collect(),
        })
    }
}

impl Shown {
    fn lines(&self) -> Vec<String> {
        let file = self.file.as_deref().unwrap_or("none");
        let mut lines = vec![format!("file: {}", sanitize::inert(file))];
        lines.extend(self.profile.as_ref().map(|profile| format!("profile: {profile}")));
        lines.push(String::new());
        let width =
            |of: fn(&Row) -> &str| self.options.iter().map(|row| of(row).chars().count()).max().unwrap_or_default();
        let (names, values) = (width(|row| &row.name), width(|row| &row.value).min(40));
        for Row { name, value, source, from } in &self.options {
            let from = from.as_deref().unwrap_or(source);
            lines.push(format!("{name:<names$}  {:<values$}  {from}", sanitize::inert(value)));
        }
        lines
    }
}

/// An option that has a value.
fn row(option: &Arg, matches: &ArgMatches, settings: Option<&Settings>) -> Option<Row> {
    let name = option.get_long().filter(|name| !["help", "version", "profile", "config"].contains(name))?;
    let id = option.get_id().as_str();
    let values: Vec<_> = matches.get_raw(id)?.map(|value| value.to_string_lossy().into_owned()).collect();
    let setting = settings.and_then(|settings| settings.get(name));
    let (source, from) = match (matches.value_source(id)?, setting) {
        (ValueSource::EnvVariable, _) => {
            ("environment", option.get_env().map(|name| name.to_string_lossy().into_owned()))
        }
        (_, Some(setting)) if setting.section == "[defaults]" => ("defaults", Some(setting.section.clone())),
        (_, Some(setting)) => ("profile", Some(setting.section.clone())),
        // A flag that is off.
        (_, None) if values.iter().all(|value| value == "false" || value == "0") => return None,
        (_, None) => ("built-in", None),
    };
    // A command may contain the token.
    let value = match name {
        "token-command" => "[hidden]".to_owned(),
        _ => hide_secrets::shown(&sanitize::without_credentials(&values.join(", "))),
    };
    Some(Row { name: name.to_owned(), value, source, from })
}
