//! Where the token comes from: standard input, a file, or `LINQ_INTEGRATION_TOKEN`. Never an argument,
//! which every user of the machine could read.

use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use linq_export::config::Token;

/// The variable that holds the token.
pub const VARIABLE: &str = "LINQ_INTEGRATION_TOKEN";
/// No token is longer; a wrong file may be.
const LONGEST: u64 = 16 << 10;

#[derive(Debug, Args)]
#[command(next_help_heading = "Token (else from LINQ_INTEGRATION_TOKEN)")]
pub struct TokenSource {
    /// Read the token from a file
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_TOKEN_FILE", conflicts_with = "token_stdin")]
    token_file: Option<PathBuf>,
    /// Read the token from standard input
    #[arg(long, env = "LINQ_EXPORT_TOKEN_STDIN")]
    token_stdin: bool,
}

impl TokenSource {
    /// Whether a token was given in any way.
    pub fn is_given(&self) -> bool {
        self.token_stdin
            || self.token_file.is_some()
            || std::env::var_os(VARIABLE).is_some_and(|value| !value.is_empty())
    }

    /// The token, or what is wrong with it; its bytes are never shown.
    pub fn read(&self) -> Result<Token, String> {
        let (source, text) = if self.token_stdin {
            ("standard input".to_owned(), limited(std::io::stdin()))
        } else if let Some(path) = &self.token_file {
            (path.display().to_string(), std::fs::File::open(path).and_then(limited))
        } else {
            return from_environment();
        };
        let text = text.map_err(|error| format!("cannot read the token from {source}: {error}"))?;
        Token::new(&text).map_err(|error| format!("{error} (read from {source})"))
    }
}

fn from_environment() -> Result<Token, String> {
    let missing = || {
        format!(
            "no token: set {VARIABLE}, or give --token-file or --token-stdin. \
             To try the program without one, use --sandbox"
        )
    };
    match std::env::var(VARIABLE) {
        Ok(text) if !text.trim().is_empty() => Token::new(&text).map_err(|error| format!("{error} (from {VARIABLE})")),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(format!("the token in {VARIABLE} has a byte that no HTTP header can carry"))
        }
        _ => Err(missing()),
    }
}

fn limited(from: impl Read) -> std::io::Result<String> {
    let mut text = Vec::new();
    from.take(LONGEST).read_to_end(&mut text)?;
    // Not from_utf8, whose error would show the bytes; what is no UTF-8 is refused as a token anyway.
    Ok(String::from_utf8_lossy(&text).into_owned())
}
