//! The name of a table in a warehouse, as a kit uses it.

use std::fmt;
use std::str::FromStr;

use super::ConfigError;

/// The longest part of a name, in characters: `PostgreSQL` cuts longer ones, and staging tables have a suffix.
const LONGEST: usize = 48;

/// The name of a table, with or without its schema or dataset. Each part is a plain identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName {
    schema: Option<String>,
    table: String,
}

impl TableName {
    /// A table of this program, without a schema.
    pub(crate) fn plain(table: &'static str) -> Self {
        Self { schema: None, table: table.to_owned() }
    }

    /// The schema, dataset or database.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The table, without the schema.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The table of the owners: `owners` beside `contacts`, otherwise with the suffix `_owners`.
    #[must_use]
    pub fn of_owners(&self) -> Self {
        let table = if self.table == "contacts" { "owners".to_owned() } else { format!("{}_owners", self.table) };
        Self { schema: self.schema.clone(), table }
    }
}

impl Default for TableName {
    /// `contacts`.
    fn default() -> Self {
        Self { schema: None, table: "contacts".to_owned() }
    }
}

impl FromStr for TableName {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let (schema, table) = match text.split_once('.') {
            Some((schema, table)) => (Some(schema), table),
            None => (None, text),
        };
        let is_plain = |part: &str| {
            part.len() <= LONGEST
                && part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && part.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
        };
        if !schema.into_iter().chain([table]).all(is_plain) {
            return Err(ConfigError::Range(format!(
                "expected TABLE or DATASET.TABLE, each of up to {LONGEST} letters, digits and underscores, and no digit first"
            )));
        }
        Ok(Self { schema: schema.map(str::to_owned), table: table.to_owned() })
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.table),
            None => f.write_str(&self.table),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_or_two_plain_parts() {
        for (text, owners) in [
            ("contacts", "owners"),
            ("crm.contacts", "crm.owners"),
            ("people", "people_owners"),
            ("crm._People2", "crm._People2_owners"),
        ] {
            let name: TableName = text.parse().unwrap();
            assert_eq!((name.to_string(), name.of_owners().to_string()), (text.to_owned(), owners.to_owned()));
        }
        for text in ["", ".", "a.", ".a", "a.b.c", "a b", "a;b", "1a", "a-b", "ä", &"a".repeat(49)] {
            assert!(text.parse::<TableName>().is_err(), "{text}");
        }
    }
}
