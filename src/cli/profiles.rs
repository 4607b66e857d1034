//! `linq-export profiles`: the names of all profiles, one a line.

use clap::{Args, Command};
use std::path::PathBuf;

use super::arguments::Arguments;
use super::messages::fail;
use super::profile;
use super::stdout::put;
use crate::config::ConfigError;
use crate::{Error, ExitCode};

const EXAMPLES: &str = "\
Example:
  linq-export profiles | xargs -P 4 -I{} linq-export contacts --profile {}";

/// List the profiles of the configuration file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Profiles {
    /// Configuration file: TOML with [defaults] and [profile.NAME]
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_CONFIG")]
    config: Option<PathBuf>,
}

impl Profiles {
    /// Prints the names.
    pub fn run(program: &Command) -> ExitCode {
        match profile::names(program, &Arguments::of_process()) {
            Ok(names) if names.is_empty() => ExitCode::Success,
            Ok(names) => put(&names.join("\n")),
            Err(reason) => fail(&Error::Config(ConfigError::Usage(reason))),
        }
    }
}
