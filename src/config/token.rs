//! The token: a secret that cannot be printed.
//!
//! Its only use is as a request header that is marked sensitive. Errors, logs and panics never show any byte of it.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::{ConfigError, traces};

/// An integration token of the Partner API. It can delete contacts and send messages; read-only tokens do not exist.
#[derive(Clone)]
pub struct Token(SecretString);

impl Token {
    /// A token from its text, which is trimmed.
    ///
    /// # Errors
    /// If the token is empty, or contains a character that an HTTP header cannot carry. The error does not show it.
    pub fn new(text: &str) -> Result<Self, ConfigError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ConfigError::Token("is empty"));
        }
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(ConfigError::Token(
                "contains a character that an HTTP header cannot carry: copy exactly the token",
            ));
        }
        Ok(Self(text.into()))
    }

    /// The text without the token, which a server may repeat in any form: cut, split, encoded, or in another case. Scrub
    /// before any other processing, which might hide such a form. `None` if the text contains no trace of the token.
    pub(crate) fn scrubbed(&self, text: &str) -> Option<String> {
        traces::hidden(self.expose(), text)
    }

    /// Whether a text contains the whole token. Very short tokens are ignored: they would match harmless text.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let token = self.expose().to_ascii_lowercase();
        token.len() >= traces::TRACE && text.to_ascii_lowercase().contains(&token)
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_trimmed() {
        assert_eq!(Token::new("\u{feff} \t secret-1\r\n".trim_start_matches('\u{feff}')).unwrap().expose(), "secret-1");
    }

    #[test]
    fn a_repeated_token_is_hidden() {
        let token = Token::new("secret-0123456789").unwrap();
        assert_eq!(token.scrubbed("bad secret-0123456789!").unwrap(), "bad [token]!");
        assert_eq!(token.scrubbed("bad secret-0...").unwrap(), "bad [token]...");
        assert_eq!((token.scrubbed("bad sec…"), token.scrubbed("no such thing")), (None, None));
    }

    #[test]
    fn only_the_whole_token_counts_in_a_name() {
        let token = Token::new("secret-0123456789").unwrap();
        assert!(token.is_in("https://host/SECRET-0123456789/") && !token.is_in("secret-012345678"));
        assert!(!Token::new("t").unwrap().is_in("contacts"));
    }

    #[test]
    fn refuses_what_no_header_carries_unseen() {
        for text in ["", " \n", "two\nlines", "nul\0", "é-secret", "tab\tinside"] {
            let error = Token::new(text).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert_eq!(format!("{:?}", Token::new("secret").unwrap()), "Token(…)");
    }
}
