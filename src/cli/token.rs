//! Where the token comes from: standard input, a file, or `LINQ_INTEGRATION_TOKEN`. Never an argument,
//! which every user of the machine could read.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::BoolishValueParser;
use secrecy::zeroize::Zeroizing;

use super::{files, secret};
use crate::config::Token;
use crate::platform;

/// The variable that holds the token.
pub const VARIABLE: &str = "LINQ_INTEGRATION_TOKEN";
/// No token is longer; a wrong file may be.
const LONGEST: usize = 16 << 10;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Token (else from LINQ_INTEGRATION_TOKEN)")]
pub struct TokenSource {
    /// Read the token from a file
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_TOKEN_FILE", hide_env_values = true)]
    token_file: Option<PathBuf>,
    /// Read the token from standard input
    #[arg(long, env = "LINQ_EXPORT_TOKEN_STDIN", value_parser = BoolishValueParser::new())]
    token_stdin: bool,
}

impl TokenSource {
    /// Whether a token was given in any way.
    pub fn is_given(&self) -> bool {
        self.token_stdin
            || self.token_file.is_some()
            || std::env::var_os(VARIABLE).is_some_and(|value| !value.is_empty())
    }

    /// The file that the token is read from, if it is one.
    pub fn file(&self) -> Option<&Path> {
        self.token_file.as_deref().or_else(|| self.token_stdin.then_some(Path::new("/dev/stdin")))
    }

    /// What the operator should see to: a token that others can read.
    pub fn warning(&self) -> Option<String> {
        let path = self.token_file.as_ref()?;
        let mode = platform::mode_open_to_others(&std::fs::metadata(path).ok()?)?;
        Some(format!(
            "the token in {} can be read by other users (mode {mode:03o}): give it to this one alone, with chmod 600",
            path.display()
        ))
    }

    /// The token, or what is wrong with it; its bytes are never shown. Read on a
    /// thread of its own: a pipe may let it wait, and signals are to be heard meanwhile.
    pub async fn read(&self) -> Result<Token, String> {
        let source = self.clone();
        let read = tokio::task::spawn_blocking(move || source.read_here()).await;
        read.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    fn read_here(&self) -> Result<Token, String> {
        if self.token_stdin && self.token_file.is_some() {
            return Err("--token-file and --token-stdin contradict each other: give one of them".to_owned());
        }
        let (source, text) = if self.token_stdin {
            ("standard input".to_owned(), limited(std::io::stdin()))
        } else if let Some(path) = &self.token_file {
            (secret::named(path), std::fs::File::open(path).and_then(limited))
        } else {
            return from_environment();
        };
        let option = if self.token_stdin { "--token-stdin" } else { "--token-file" };
        let text = text.map_err(|error| format!("cannot read the token of {option} from {source}: {error}"))?;
        Token::new(&text).map_err(|error| format!("{error} (read from {source}, {option})"))
    }
}

fn from_environment() -> Result<Token, String> {
    let missing = || {
        format!(
            "no token: set {VARIABLE}, or give --token-file or --token-stdin. \
             To try the program without one, use --sandbox"
        )
    };
    match std::env::var(VARIABLE).map(Zeroizing::new) {
        Ok(text) if !text.trim().is_empty() => Token::new(&text).map_err(|error| format!("{error} (from {VARIABLE})")),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(format!("the token in {VARIABLE} has a byte that no HTTP header can carry"))
        }
        _ => Err(missing()),
    }
}

/// The text of a source, in memory that is zeroed when it is dropped, and not moved before.
fn limited(from: impl Read) -> std::io::Result<Zeroizing<String>> {
    let bytes = files::limited(from, LONGEST)?;
    // An error of UTF-8 would show where; U+FFFD is refused as a token anyway.
    Ok(Zeroizing::new(std::str::from_utf8(&bytes).unwrap_or("\u{fffd}").to_owned()))
}
