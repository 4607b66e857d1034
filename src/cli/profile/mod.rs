//! Options from a file: `[defaults]`, and a profile for each organization.
//!
//! Each setting becomes the default of its option. So clap itself decides: an argument comes before a variable, a variable
//! before the profile, the profile before `[defaults]`.

mod file;
mod settings;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::{Args, Command};

use super::arguments::Arguments;
use super::variables;
use file::{File, NO_SETTINGS};
pub use settings::{Setting, Settings};

/// The subcommands that take options from the file, all of which have the options of `contacts`.
const COMMANDS: [&str; 2] = ["contacts", "check"];

/// The settings of this run.
static SETTINGS: OnceLock<Settings> = OnceLock::new();

/// Which settings are used.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection and rate")]
pub struct ProfileOptions {
    /// Take options from this profile of --config
    ///
    /// Arguments and environment variables come before it.
    #[arg(long, value_name = "NAME", env = "LINQ_EXPORT_PROFILE")]
    profile: Option<String>,
    /// Configuration file: TOML with [defaults] and [profile.NAME]
    ///
    /// [default: linq-export/config.toml in ~/.config or `XDG_CONFIG_HOME`, otherwise /etc/linq-export/config.toml, if it exists]
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_CONFIG", hide_short_help = true)]
    config: Option<PathBuf>,
}

impl ProfileOptions {
    /// The name of the profile.
    pub fn name(&self) -> Option<&str> {
        self.profile.as_deref()
    }
}

/// Reads the configuration file and the settings of the chosen profile, if the command takes any, and makes them the defaults of
/// its options.
pub fn apply(program: Command, arguments: &Arguments) -> Result<Command, String> {
    let Some(command) = arguments.command().filter(|command| COMMANDS.contains(command)) else { return Ok(program) };
    let Some(settings) = read(&program, arguments)? else { return Ok(program) };
    let command = command.to_owned();
    let changed = settings.as_defaults(program, &command);
    let _ = SETTINGS.set(settings);
    Ok(changed)
}

/// The settings of the chosen profile, without those that arguments or variables replace.
pub fn read(program: &Command, arguments: &Arguments) -> Result<Option<Settings>, String> {
    let profile = text("profile", arguments);
    let Some(file) = read_file(program, arguments)? else {
        return match profile {
            Some(profile) => Err(format!("--profile {profile} needs a configuration file: {}", file::places())),
            None => Ok(None),
        };
    };
    Settings::of(file, profile, program, arguments).map(Some)
}

/// The names of all profiles, in the order of their names.
pub fn names(program: &Command, arguments: &Arguments) -> Result<Vec<String>, String> {
    let file = read_file(program, arguments)?;
    let file = file.ok_or_else(|| format!("there is no configuration file: {}", file::places()))?;
    Ok(file.profiles.into_keys().collect())
}

/// The setting that an option gets its value from.
pub fn setting(long: &str) -> Option<&'static Setting> {
    SETTINGS.get()?.get(long)
}

/// Notes on the settings of the options that a text is about.
pub fn in_text(text: &str) -> Vec<String> {
    SETTINGS.get().map(|settings| settings.notes(text)).unwrap_or_default()
}

fn read_file(program: &Command, arguments: &Arguments) -> Result<Option<File>, String> {
    let options = program.find_subcommand(COMMANDS[0]).map(settable).unwrap_or_default();
    File::read(text("config", arguments).as_deref().map(Path::new), &options)
}

/// The options of a command that can be settings; also those of the whole program.
fn settable(command: &Command) -> Vec<String> {
    let names = command.get_opts().filter_map(|option| option.get_long()).map(str::to_owned);
    let all = names.chain(["quiet", "verbose", "color"].map(str::to_owned));
    all.filter(|name| !NO_SETTINGS.contains(&name.as_str())).collect()
}

/// The value of an option, from the arguments or its variable.
fn text(long: &str, arguments: &Arguments) -> Option<String> {
    let given = arguments.values(long, None).pop().or_else(|| variables::value(long, arguments))?;
    Some(given.to_string_lossy().into_owned())
}
