//! The token: a secret that cannot print.
//!
//! It comes in as text from the environment, a file or standard input, and leaves only as a header
//! that is marked sensitive. No error, log or panic shows any byte of it.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::ConfigError;

/// What stands in the place of a token.
const HIDDEN: &str = "[token]";

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

    /// The text without the token, should a server repeat it: also where its end was cut off.
    pub(crate) fn scrubbed(&self, text: &str) -> Option<String> {
        let token = self.expose();
        if token.len() < Self::SHORTEST_SCRUBBED {
            return None;
        }
        let mut clean = text.replace(token, HIDDEN);
        let cuts: Vec<usize> = clean.match_indices('…').map(|(cut, _)| cut).collect();
        for cut in cuts.into_iter().rev() {
            let shown =
                (Self::SHORTEST_SHOWN..token.len()).rev().find(|shown| clean[..cut].ends_with(&token[..*shown]));
            if let Some(shown) = shown {
                clean.replace_range(cut - shown..cut + '…'.len_utf8(), HIDDEN);
            }
        }
        (clean != text).then_some(clean)
    }

    /// Shorter ones are no tokens, and their letters stand in every text.
    const SHORTEST_SCRUBBED: usize = 8;
    /// A shorter beginning of a token gives nothing away.
    const SHORTEST_SHOWN: usize = 4;

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
    fn a_token_that_is_repeated_is_hidden_also_where_it_is_cut() {
        let token = Token::new("secret-0123456789").unwrap();
        let scrubbed = |text: &str| token.scrubbed(text);
        assert_eq!(scrubbed("bad secret-0123456789!").unwrap(), "bad [token]!");
        assert_eq!(scrubbed("bad secret-01234…").unwrap(), "bad [token]");
        assert_eq!((scrubbed("bad sec…"), scrubbed("bad secret-0"), scrubbed("no")), (None, None, None));
        assert_eq!(Token::new("t").unwrap().scrubbed("text"), None);
    }

    #[test]
    fn it_is_scrubbed_whole_and_cut_wherever_it_stands() {
        let token = Token::new("secret-0123456789").unwrap();
        assert_eq!(token.scrubbed("no such thing"), None);
        let text = "secret-0123456789 and secret-01234… (id abc) and secret-012345678…";
        let scrubbed = token.scrubbed(text).unwrap();
        assert!(!scrubbed.contains("secr"), "{scrubbed}");
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
