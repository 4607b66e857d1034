//! `linq-export man`: the manual pages.

use clap::{Args, Command};
use clap_mangen::Man as Page;

use super::messages::fail;
use super::stdout::put;
use crate::config::ConfigError;
use crate::{Error, ExitCode};

const EXAMPLES: &str = "\
Examples:
  linq-export man | man -l -
  linq-export man contacts > linq-export-contacts.1";

/// Print a manual page
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Man {
    /// Command to describe, such as contacts [default: the program]
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

impl Man {
    /// Prints the page of this program, or of one of its commands.
    pub fn run(&self, mut program: Command) -> ExitCode {
        program.build();
        let described = match &self.command {
            None => Some(program),
            Some(name) => program.find_subcommand(name).cloned().map(|command| {
                // As `man` looks it up.
                let full = format!("{}-{name}", program.get_name());
                command.name(full.clone()).display_name(full)
            }),
        };
        let Some(described) = described else {
            let unknown = format!("there is no command {:?} to describe", self.command.as_deref().unwrap_or_default());
            return fail(&Error::Config(ConfigError::Usage(unknown)));
        };
        let mut page = Vec::new();
        match Page::new(described).render(&mut page) {
            Ok(()) => put(&String::from_utf8_lossy(&page).trim_end()),
            Err(error) => fail(&Error::Bug(error.to_string())),
        }
    }
}
