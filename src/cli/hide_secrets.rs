//! Keeps secrets out of messages: a user may pass one where its file is expected, or as a stray argument.

use std::path::Path;

use secrecy::zeroize::Zeroizing;

use crate::config::ConfigError;
use crate::{Error, platform};

/// The variable that holds the token.
pub const VARIABLE: &str = "LINQ_INTEGRATION_TOKEN";
/// Shorter tokens are not searched for in text.
const SHORTEST_TOKEN: usize = 8;
/// Shorter words are not taken for tokens.
const SHORTEST: usize = 16;
/// Replaces a secret.
const HIDDEN: &str = "[hidden]";

/// Shorter names are not taken for secrets.
const SHORT: usize = 12;
/// Characters shown of a name that may be a secret.
const SHOWN: usize = 4;

/// A path for messages. It is shortened if it may be the secret itself: neither the file nor its directory exists.
pub fn named(path: &Path) -> String {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let text = path.to_string_lossy();
    if path.symlink_metadata().is_ok() || directory.is_some_and(Path::is_dir) || text.chars().count() < SHORT {
        return text.into_owned();
    }
    format!("{}… (expected the path of a file, not the secret itself)", text.chars().take(SHOWN).collect::<String>())
}

/// A warning if other users can read a secret's file.
pub fn readable_by_others(secret: &str, path: &Path) -> Option<String> {
    let mode = platform::mode_open_to_others(&std::fs::metadata(path).ok()?)?;
    let path = path.display();
    Some(format!("other users can read the {secret} in {path} (mode {mode:03o}); make it private: chmod 600 {path}"))
}

/// A usage error without words of the arguments and variables that may be a token: such errors repeat what they do not
/// understand.
pub fn without_secrets(text: &str) -> String {
    let arguments = std::env::args_os().skip(1);
    let variables = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LINQ_"));
    let given = arguments.chain(variables.map(|(_, value)| value)).map(|text| text.to_string_lossy().into_owned());
    let words = given.flat_map(|text| text.split(['=', ':', '/', ',', '@']).map(str::to_owned).collect::<Vec<_>>());
    words.filter(|word| may_be_secret(word)).fold(without_token(text), |shown, secret| shown.replace(&secret, HIDDEN))
}

/// A text without the token of the environment.
pub fn without_token(text: &str) -> String {
    token().map_or_else(|| text.to_owned(), |token| text.replace(&*token, HIDDEN))
}

/// A configuration error without the token. All other errors are redacted where they arise.
pub fn within(error: Error) -> Error {
    match error {
        Error::Config(ConfigError::Secret(name)) => Error::Config(ConfigError::Secret(name)),
        Error::Config(config) => Error::Config(ConfigError::Usage(without_token(&config.to_string()))),
        error => error,
    }
}

/// Whether a path contains the token of the environment.
pub fn holds_token(path: &Path) -> bool {
    token().is_some_and(|token| path.to_string_lossy().contains(&*token))
}

/// The token of the environment, unless it is so short that harmless text may contain it.
fn token() -> Option<Zeroizing<String>> {
    let token = Zeroizing::new(std::env::var(VARIABLE).ok()?.trim().to_owned());
    (token.chars().count() >= SHORTEST_TOKEN).then_some(token)
}

/// Whether a text contains something that looks like a token.
pub fn holds_secret(text: &str) -> bool {
    words(text).any(may_be_secret)
}

/// A text without what looks like a token, and without the token of the environment.
pub fn shown(text: &str) -> String {
    words(text)
        .filter(|word| may_be_secret(word))
        .fold(without_token(text), |shown, secret| shown.replace(secret, HIDDEN))
}

/// What a text consists of, between the characters that a token does not have.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| character.is_whitespace() || "=:/,@.\"'".contains(character))
}

/// Whether a word looks like a token: long, with letters and digits, and without the characters of file names, numbers and
/// lists.
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
    fn hides_only_what_looks_like_a_token() {
        for word in ["lk_live_4f1d0c77a9b84e5f9d3c", "550e8400-e29b-41d4-a716-446655440000", "c2VjcmV0c2VjcmV0"] {
            assert!(may_be_secret(word), "{word}");
        }
        for word in [
            "--allow-incomplete2",
            "contacts-2026-01-31.parquet",
            "first_name,last_name1",
            "a/b1c2d3e4f5a6b7c8",
            "1234567890123456",
            "publish_everything_below",
        ] {
            assert!(!may_be_secret(word), "{word}");
        }
    }

    #[test]
    fn shortens_what_may_be_the_secret() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("0123456789abcdef");
        assert_eq!(named(&file), file.display().to_string());
        assert_eq!(named(Path::new("token")), "token");
        assert_eq!(named(Path::new("Cargo.toml")), "Cargo.toml");
        for secret in ["lk_live_4f1d0c77a9b84e5f9d3c", "c2VjcmV0/c2VjcmV0+c2VjcmV0", "0123456789ab"] {
            let named = named(Path::new(secret));
            assert!(named.starts_with(&secret[..4]) && !named.contains(&secret[..5]), "{named}");
        }
    }
}
