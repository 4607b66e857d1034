//! Where the token comes from: a file, stdin, a command, `LINQ_INTEGRATION_TOKEN`, or a credential of systemd. Never an argument,
//! which every user of the machine could read.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use clap::builder::BoolishValueParser;
use secrecy::zeroize::Zeroizing;

use super::hide_secrets::{self, VARIABLE};
use super::read_limited;
use crate::config::Token;

/// Longer than any token: protects against a wrong file.
const MAX_BYTES: usize = 16 << 10;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection and rate")]
#[expect(clippy::struct_field_names, reason = "they are the names of the options")]
pub struct TokenSource {
    #[arg(
        long,
        value_name = "PATH",
        env = "LINQ_EXPORT_TOKEN_FILE",
        hide_env_values = true,
        help = format!("Token file [default: from {VARIABLE}]")
    )]
    token_file: Option<PathBuf>,
    /// Read the token from stdin; a terminal asks for it without showing it
    #[arg(long, env = "LINQ_EXPORT_TOKEN_STDIN", value_parser = BoolishValueParser::new())]
    token_stdin: bool,
    /// Run this command and read the token from its stdout, such as "pass show linq"
    ///
    /// The command is run by the shell (sh -c, or cmd /C on Windows), and must exit with 0.
    #[arg(
        long,
        value_name = "COMMAND",
        env = "LINQ_EXPORT_TOKEN_COMMAND",
        hide_env_values = true,
        hide_short_help = true
    )]
    token_command: Option<String>,
}

/// The name of the credential that a systemd unit may give: `LoadCredential=linq-token:/path`.
const CREDENTIAL: &str = "linq-token";

impl TokenSource {
    /// How the token was given, if it was.
    pub fn given(&self) -> Option<&'static str> {
        if self.token_stdin {
            Some("--token-stdin")
        } else if self.token_file.is_some() {
            Some("--token-file")
        } else if self.token_command.is_some() {
            Some("--token-command")
        } else {
            let variable = || std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(|_| VARIABLE);
            variable().or_else(|| credential().map(|_| "the credential of systemd"))
        }
    }

    /// The file that the token is read from.
    pub fn file(&self) -> Option<&Path> {
        self.token_file.as_deref().or_else(|| self.token_stdin.then_some(Path::new("/dev/stdin")))
    }

    /// A warning if other users can read the token.
    pub fn warning(&self) -> Option<String> {
        hide_secrets::readable_by_others("token", self.token_file.as_deref()?)
    }

    /// Reads the token; errors never show its bytes. On a separate thread, since a pipe may block while signals must be
    /// handled.
    pub async fn read(&self) -> Result<Token, String> {
        let source = self.clone();
        let read = tokio::task::spawn_blocking(move || source.read_here()).await;
        read.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    fn read_here(&self) -> Result<Token, String> {
        let given = [
            ("--token-file", self.token_file.is_some()),
            ("--token-stdin", self.token_stdin),
            ("--token-command", self.token_command.is_some()),
        ];
        let given: Vec<_> = given.iter().filter(|(_, is_given)| *is_given).map(|(name, _)| *name).collect();
        if let [first, second, ..] = given[..] {
            return Err(format!("{first} and {second} are mutually exclusive"));
        }
        let (source, text) = if self.token_stdin {
            ("--token-stdin".to_owned(), from_stdin())
        } else if let Some(path) = &self.token_file {
            (format!("--token-file {}", hide_secrets::named(path)), std::fs::File::open(path).and_then(limited))
        } else if let Some(command) = &self.token_command {
            ("--token-command".to_owned(), from_command(command))
        } else if let Some(path) =
            credential().filter(|_| std::env::var_os(VARIABLE).is_none_or(|value| value.is_empty()))
        {
            (format!("the credential {CREDENTIAL}"), std::fs::File::open(path).and_then(limited))
        } else {
            return from_environment();
        };
        let text = text.map_err(|error| format!("cannot read the token from {source}: {error}"))?;
        Token::new(&text).map_err(|error| format!("{error} ({source})"))
    }
}

fn from_environment() -> Result<Token, String> {
    match std::env::var(VARIABLE).map(Zeroizing::new) {
        Ok(text) if !text.trim().is_empty() => Token::new(&text).map_err(|error| format!("{error} ({VARIABLE})")),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(format!("the token in {VARIABLE} contains a byte that an HTTP header cannot carry"))
        }
        _ => Err(format!("no token: set {VARIABLE}, or use --token-file or --token-stdin (--sandbox needs no token)")),
    }
}

/// A terminal asks for the token, and does not show it.
fn from_stdin() -> std::io::Result<Zeroizing<String>> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("token: ").map(Zeroizing::new);
    }
    limited(std::io::stdin())
}

/// The output of a command. What it writes to stderr is shown.
fn from_command(command: &str) -> std::io::Result<Zeroizing<String>> {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut child = Command::new(shell).arg(option).arg(command).stdout(Stdio::piped()).spawn()?;
    let text = child.stdout.take().map_or_else(|| Ok(Zeroizing::default()), limited);
    let status = child.wait()?;
    let text = text?;
    if status.success() { Ok(text) } else { Err(std::io::Error::other(format!("the command failed ({status})"))) }
}

/// The file of the credential that systemd passes to the unit, if there is one.
fn credential() -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("CREDENTIALS_DIRECTORY")?).join(CREDENTIAL);
    path.is_file().then_some(path)
}

/// The text of a source, in memory that is zeroed on drop and not moved before.
fn limited(from: impl Read) -> std::io::Result<Zeroizing<String>> {
    let bytes = read_limited::limited(from, MAX_BYTES)?;
    // A UTF-8 error would show where it occurs; U+FFFD is refused in a token anyway.
    Ok(Zeroizing::new(std::str::from_utf8(&bytes).unwrap_or("\u{fffd}").to_owned()))
}
