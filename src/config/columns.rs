//! Which columns are written, and in which form.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretSlice};

use super::ConfigError;

/// What is written about the contacts.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Content {
    /// A table.
    Table(Layout),
    /// Each contact's JSON as the API sent it, one per line. NDJSON only.
    Raw,
}

impl Content {
    /// The layout of the table, unless raw JSON is written.
    #[must_use]
    pub fn layout(&self) -> Option<&Layout> {
        match self {
            Self::Table(layout) => Some(layout),
            Self::Raw => None,
        }
    }
}

/// The columns of the table and their form. The column order is fixed, and `id` is always included.
///
/// Dropped and hashed columns do not reappear in `extra`, which keeps values of an unexpected type otherwise.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Layout {
    /// How owners are written. Default: as columns.
    pub owners: Owners,
    /// The columns to write. Default: all. `contact_owner` means all of the owner's columns.
    pub columns: Option<Vec<String>>,
    /// Columns to omit. Default: none.
    pub dropped: Vec<String>,
    /// Columns to hash. Default: none.
    pub hashed: Option<Hashed>,
}

/// How the owners of contacts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Owners {
    /// Columns of the contacts: `owner_id`, `owner_email` and so on.
    #[default]
    Columns,
    /// One nested column of the contacts, `contact_owner`, as in the API.
    Struct,
    /// A separate table with one row per owner; the contacts only have `owner_id`.
    Table,
}

impl Owners {
    /// All forms.
    pub const ALL: [Self; 3] = [Self::Columns, Self::Struct, Self::Table];
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

/// Columns whose values are replaced with their HMAC-SHA-256.
#[derive(Debug, Clone)]
pub struct Hashed {
    /// Text columns.
    pub columns: Vec<String>,
    /// The key.
    pub key: HmacKey,
}

/// The key of an HMAC: a secret of at least 32 bytes. Whoever has it can reverse the hashes by trial.
#[derive(Clone)]
pub struct HmacKey(Arc<SecretSlice<u8>>);

impl HmacKey {
    /// Minimum length in bytes: that of the hash.
    const LEAST: usize = 32;

    /// A key from its bytes, without a trailing line break.
    ///
    /// # Errors
    /// If there are fewer than 32 bytes. The error does not show them.
    pub fn new(bytes: &[u8]) -> Result<Self, ConfigError> {
        let key = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let key = key.strip_suffix(b"\r").unwrap_or(key);
        if key.len() < Self::LEAST {
            return Err(ConfigError::Range(format!(
                "the HMAC key has {} bytes, but must have at least {}: generate one with openssl rand -hex 32",
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
    fn a_key_has_32_bytes_and_stays_hidden() {
        let key = HmacKey::new(b"0123456789abcdef0123456789abcdef\r\n").unwrap();
        assert_eq!(key.expose().len(), 32);
        assert!(!format!("{key:?}").contains("012"));
        let error = HmacKey::new(b"0123456789abcdef0123456789abcde\n").unwrap_err().to_string();
        assert!(error.contains("31 bytes") && !error.contains("012"), "{error}");
    }
}
