//! Which columns are written, and in which form.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretSlice};

use super::ConfigError;

/// What of the contacts is written.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Content {
    /// A table.
    Table(Layout),
    /// Each contact's JSON as the API sent it, one a line. Only as NDJSON.
    Raw,
}

impl Content {
    /// The layout of the table, if one is written.
    #[must_use]
    pub fn layout(&self) -> Option<&Layout> {
        match self {
            Self::Table(layout) => Some(layout),
            Self::Raw => None,
        }
    }
}

/// The columns of the table, and their form. Columns keep the table's order, and `id` is always there.
///
/// What is dropped or hashed stands in `extra` neither, where a value of the wrong kind would be kept otherwise.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Layout {
    /// The form of the owners: columns, by default.
    pub owners: Owners,
    /// The columns that are written: all, by default. `contact_owner` stands for all of the owner's.
    pub columns: Option<Vec<String>>,
    /// Columns that are not written: none, by default.
    pub dropped: Vec<String>,
    /// Columns whose values are hashed: none, by default.
    pub hashed: Option<Hashed>,
}

/// The form in which the owners of contacts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Owners {
    /// Columns of the contacts: `owner_id`, `owner_email` and so on.
    #[default]
    Columns,
    /// One column of the contacts, `contact_owner`, as the API has it.
    Struct,
    /// A table of their own, with a row an owner; the contacts have `owner_id` alone.
    Table,
}

impl FromStr for Owners {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        match name {
            "columns" => Ok(Self::Columns),
            "struct" => Ok(Self::Struct),
            "table" => Ok(Self::Table),
            _ => Err(ConfigError::Usage(format!("owners have no form {name} (there are columns, struct and table)"))),
        }
    }
}

impl fmt::Display for Owners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Columns => "columns",
            Self::Struct => "struct",
            Self::Table => "table",
        })
    }
}

/// Columns whose values are replaced by their HMAC-SHA-256.
#[derive(Debug, Clone)]
pub struct Hashed {
    /// Columns of text.
    pub columns: Vec<String>,
    /// The key.
    pub key: HmacKey,
}

/// The key of an HMAC: at least 32 bytes, and a secret. Whoever has it can find out by trial whose the hashes are.
#[derive(Clone)]
pub struct HmacKey(Arc<SecretSlice<u8>>);

impl HmacKey {
    /// The fewest bytes of a key: as many as the hash has.
    const LEAST: usize = 32;

    /// A key from its bytes. One line break at their end is not part of it.
    ///
    /// # Errors
    /// If there are fewer than 32. The error does not show them.
    pub fn new(bytes: &[u8]) -> Result<Self, ConfigError> {
        let key = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let key = key.strip_suffix(b"\r").unwrap_or(key);
        if key.len() < Self::LEAST {
            return Err(ConfigError::Range(format!(
                "the key of the HMAC has {} bytes, and needs {}: make one with `openssl rand -hex 32`",
                key.len(),
                Self::LEAST
            )));
        }
        Ok(Self(Arc::new(key.to_vec().into())))
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey([hidden])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_32_bytes_and_is_never_shown() {
        let key = HmacKey::new(b"0123456789abcdef0123456789abcdef\r\n").unwrap();
        assert_eq!(key.expose().len(), 32);
        assert!(!format!("{key:?}").contains("012"));
        let error = HmacKey::new(b"0123456789abcdef0123456789abcde\n").unwrap_err().to_string();
        assert!(error.contains("31 bytes") && !error.contains("012"), "{error}");
    }
}
