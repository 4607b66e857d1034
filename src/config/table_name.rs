//! The name of the table that a kit loads the contacts into.

use std::fmt;
use std::str::FromStr;

use super::ConfigError;
use crate::resource;

/// Maximum length of a part. `PostgreSQL` truncates names after 63 bytes, and the names of staging tables are longer.
const MAX_LENGTH: usize = 48;

/// The name of a table in a warehouse: `TABLE`, or `SCHEMA.TABLE`. In BigQuery, the schema is a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName(String);

impl TableName {
    /// The name, with its parts separated by a dot.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The table of owners next to it: `crm.owners` for `crm.contacts`, and `crm.people_owners` for `crm.people`.
    #[must_use]
    pub fn owners(&self) -> Self {
        Self(match self.0.strip_suffix(resource::CONTACTS) {
            Some(before) => format!("{before}owners"),
            None => format!("{}_owners", self.0),
        })
    }
}

impl Default for TableName {
    fn default() -> Self {
        Self(resource::CONTACTS.to_owned())
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TableName {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let is_part = |part: &str| {
            part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && part.bytes().next().is_some_and(|first| !first.is_ascii_digit())
                && part.len() <= MAX_LENGTH
        };
        if text.split('.').count() <= 2 && text.split('.').all(is_part) {
            return Ok(Self(text.to_owned()));
        }
        Err(ConfigError::Usage(format!(
            "invalid table name {text:?}: expected TABLE or SCHEMA.TABLE, such as crm.contacts; each may contain letters, digits \
             and _, must not start with a digit, and has at most {MAX_LENGTH} characters"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_or_two_plain_parts() {
        for text in ["contacts", "crm.contacts", "_a1.B_2", &"a".repeat(48)] {
            assert_eq!(text.parse::<TableName>().unwrap().as_str(), text);
        }
        let long = "a".repeat(49);
        for text in ["", ".", "crm.", ".contacts", "a.b.c", "1a", "a-b", "a b", "a;b", "a\"b", "a`b", "'a'", "ä", &long]
        {
            let error = text.parse::<TableName>().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("invalid table name {text:?}: expected TABLE or SCHEMA.TABLE")),
                "{error}"
            );
        }
    }

    #[test]
    fn owners_are_next_to_the_contacts() {
        for (contacts, owners) in [
            ("contacts", "owners"),
            ("crm.contacts", "crm.owners"),
            ("crm.north_contacts", "crm.north_owners"),
            ("crm.people", "crm.people_owners"),
            ("owners", "owners_owners"),
        ] {
            assert_eq!(contacts.parse::<TableName>().unwrap().owners().as_str(), owners);
        }
    }
}
