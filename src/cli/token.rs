//! Where the token comes from: stdin, a file, or `LINQ_INTEGRATION_TOKEN`. Never an argument, which every user of the
//! machine could read.

use std::io::Read;
use std::path::{Path, PathBuf};

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
pub struct TokenSource {
    #[arg(
        long,
        value_name = "PATH",
        env = "LINQ_EXPORT_TOKEN_FILE",
        hide_env_values = true,
        help = format!("Token file [default: from {VARIABLE}]")
    )]
    token_file: Option<PathBuf>,
    /// Read the token from stdin
    #[arg(long, env = "LINQ_EXPORT_TOKEN_STDIN", value_parser = BoolishValueParser::new())]
    token_stdin: bool,
}

impl TokenSource {
    /// How the token was given, if it was.
    pub fn given(&self) -> Option<&'static str> {
        if self.token_stdin {
            Some("--token-stdin")
        } else if self.token_file.is_some() {
            Some("--token-file")
        } else {
            std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(|_| VARIABLE)
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
        if self.token_stdin && self.token_file.is_some() {
            return Err("--token-file and --token-stdin are mutually exclusive".to_owned());
        }
        let (source, text) = if self.token_stdin {
            ("--token-stdin".to_owned(), limited(std::io::stdin()))
        } else if let Some(path) = &self.token_file {
            (format!("--token-file {}", hide_secrets::named(path)), std::fs::File::open(path).and_then(limited))
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

/// The text of a source, in memory that is zeroed on drop and not moved before.
fn limited(from: impl Read) -> std::io::Result<Zeroizing<String>> {
    let bytes = read_limited::limited(from, MAX_BYTES)?;
    // A UTF-8 error would show where it occurs; U+FFFD is refused in a token anyway.
    Ok(Zeroizing::new(std::str::from_utf8(&bytes).unwrap_or("\u{fffd}").to_owned()))
}
