//! The arguments, parsed; where they are wrong, what may be a token among them is not repeated.
//!
//! No option takes the token itself, so that whoever gives it as an argument is told so by clap, which shows what it does not
//! know. That ends up in logs.

use std::io::IsTerminal;

use clap::Parser;
use clap::error::ErrorKind;

use super::Cli;

/// A shorter word is no token.
const SHORTEST: usize = 16;
/// What stands in the place of one.
const HIDDEN: &str = "[hidden]";

/// Parses the arguments of this process, or ends it.
pub fn parse() -> Cli {
    let error = match Cli::try_parse() {
        Ok(cli) => return cli,
        Err(error) => error,
    };
    let arguments: Vec<_> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let secrets: Vec<_> =
        arguments.iter().flat_map(|argument| words(argument)).filter(|word| may_be_secret(word)).collect();
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let plain = error.render().to_string();
    if is_help || !secrets.iter().any(|secret| plain.contains(secret)) {
        error.exit();
    }
    let shown = if std::io::stderr().is_terminal() { error.render().ansi().to_string() } else { plain };
    super::say(secrets.iter().fold(shown, |shown, secret| shown.replace(secret, HIDDEN)).trim_end());
    std::process::exit(error.exit_code())
}

/// An argument, and what stands behind the sign in `--option=value`.
fn words(argument: &str) -> impl Iterator<Item = &str> {
    argument.split('=')
}

/// Whether a word looks like a token: long, with letters and digits, and with nothing that names of files, numbers or lists
/// have.
fn may_be_secret(word: &str) -> bool {
    word.len() >= SHORTEST
        && !word.starts_with('-')
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+".contains(&byte))
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_token_is_hidden() {
        for word in ["lk_live_4f1d0c77a9b84e5f9d3c", "550e8400-e29b-41d4-a716-446655440000", "c2VjcmV0c2VjcmV0"] {
            assert!(may_be_secret(word), "{word}");
        }
        for word in [
            "--publish-below2",
            "contacts-2026-01-31.parquet",
            "first_name,last_name1",
            "a/b1c2d3e4f5a6b7c8",
            "1234567890123456",
            "publish_everything_below",
        ] {
            assert!(!may_be_secret(word), "{word}");
        }
    }
}
