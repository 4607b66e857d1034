//! `linq-export completions`: a script that completes the program's commands and options in a shell.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::stdout::put;
use crate::ExitCode;

const EXAMPLES: &str = "\
Examples:
  linq-export completions bash > ~/.local/share/bash-completion/completions/linq-export
  linq-export completions zsh > ~/.zfunc/_linq-export
  linq-export completions fish > ~/.config/fish/completions/linq-export.fish
  linq-export completions powershell >> $PROFILE";

/// Print a script that completes commands and options in a shell
///
/// For zsh, the directory must be in fpath before compinit runs.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// bash, zsh, fish, powershell or elvish
    #[arg(value_name = "SHELL", value_enum, hide_possible_values = true)]
    shell: Shell,
}

impl Completions {
    /// Prints the script for this program.
    pub fn run(&self, mut program: Command) -> ExitCode {
        let (name, mut script) = (program.get_name().to_owned(), Vec::new());
        generate(self.shell, &mut program, name, &mut script);
        // `put` ends the last line.
        put(&String::from_utf8_lossy(&script).trim_end())
    }
}
