//! The token: a secret that cannot print.
//!
//! It comes in as text from the environment, a file or standard input, and leaves only as a header
//! that is marked sensitive. No error, log or panic shows any byte of it.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::{ConfigError, traces};

/// An integration token of the Partner API. It can delete contacts and send messages: there are no read-only ones.
#[derive(Clone)]
pub struct Token(SecretString);

impl Token {
    /// A token from its text; white space around it is trimmed.
    ///
    /// # Errors
    /// If nothing is left, or a character is there that no HTTP header can carry. The error does not show it.
    pub fn new(text: &str) -> Result<Self, ConfigError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ConfigError::Token("is empty"));
        }
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(ConfigError::Token(
                "has a character that no HTTP header can carry: was it copied whole, and nothing else?",
            ));
        }
        Ok(Self(text.into()))
    }

    /// The text without the token, should a server repeat it in any form: cut, split, encoded, in other letters. It is to be
    /// asked before anything else is done to the text.
    pub(crate) fn scrubbed(&self, text: &str) -> Option<String> {
        traces::hidden(self.expose(), text)
    }

    /// Whether the whole token stands in a text. Short ones are no tokens, and their letters stand in every text.
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
    fn white_space_around_it_is_trimmed() {
        assert_eq!(Token::new("\u{feff} \t secret-1\r\n".trim_start_matches('\u{feff}')).unwrap().expose(), "secret-1");
    }

    #[test]
    fn a_token_that_is_repeated_is_hidden() {
        let token = Token::new("secret-0123456789").unwrap();
        assert_eq!(token.scrubbed("bad secret-0123456789!").unwrap(), "bad [token]!");
        assert_eq!(token.scrubbed("bad secret-0...").unwrap(), "bad [token]...");
        assert_eq!((token.scrubbed("bad sec…"), token.scrubbed("no such thing")), (None, None));
    }

    #[test]
    fn only_the_whole_token_counts_as_being_in_a_name() {
        let token = Token::new("secret-0123456789").unwrap();
        assert!(token.is_in("https://host/SECRET-0123456789/") && !token.is_in("secret-012345678"));
        assert!(!Token::new("t").unwrap().is_in("contacts"));
    }

    #[test]
    fn what_no_header_carries_is_refused_unseen() {
        for text in ["", " \n", "two\nlines", "nul\0", "é-secret", "tab\tinside"] {
            let error = Token::new(text).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert_eq!(format!("{:?}", Token::new("secret").unwrap()), "Token(…)");
    }
}
