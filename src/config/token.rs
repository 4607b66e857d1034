//! The token: a secret that cannot print.
//!
//! It comes in as text from the environment, a file or standard input, and leaves only as a header
//! that is marked sensitive. No error, log or panic shows any byte of it.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::ConfigError;

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
    fn what_no_header_carries_is_refused_unseen() {
        for text in ["", " \n", "two\nlines", "nul\0", "é-secret", "tab\tinside"] {
            let error = Token::new(text).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert_eq!(format!("{:?}", Token::new("secret").unwrap()), "Token(…)");
    }
}
