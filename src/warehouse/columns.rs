//! The columns of a table as the dialects need them: names, types and descriptions.
//!
//! [`columns`] keeps the order of the Arrow schema; [`leaves`] gives the order of the digest.

use std::fmt::Write;

use arrow::datatypes::{DataType, Field, Schema};

use crate::resource;

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A 64-bit signed integer.
    Integer,
    /// Text in UTF-8.
    Text,
    /// A timestamp: microseconds since 1970, UTC.
    Timestamp,
    /// A struct of columns.
    Struct(Vec<Column>),
}

/// A column of a table, or a field of its struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub name: String,
    pub kind: Kind,
    pub nullable: bool,
    /// A short description; empty if the column is not one of this program's.
    pub about: String,
}

/// A value that is not a struct: a column, or a field of a struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    pub within: Option<String>,
    pub name: String,
    pub kind: Kind,
}

impl Leaf {
    /// Its name in SQL dialects that access the fields of a struct with a dot.
    pub fn dotted(&self) -> String {
        match &self.within {
            Some(within) => format!("{within}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Column {
    fn new(field: &Field, within: Option<&str>) -> Self {
        let path = within.map_or_else(|| field.name().clone(), |within| format!("{within}.{}", field.name()));
        let about = resource::about(&path).unwrap_or_default();
        // If the column cannot be null, its description must not say when it is.
        let about = match (field.is_nullable(), about.split_once("; null if")) {
            (false, Some((about, _))) => about,
            _ => about,
        };
        Self { name: field.name().clone(), kind: kind(field), nullable: field.is_nullable(), about: about.to_owned() }
    }

    /// The description, with the names of a struct's fields for dialects that cannot describe fields.
    pub fn about_with_fields(&self) -> String {
        match &self.kind {
            Kind::Struct(fields) => {
                let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
                format!("{}. Fields: {}", self.about, names.join(", "))
            }
            _ => self.about.clone(),
        }
    }
}

fn kind(field: &Field) -> Kind {
    match field.data_type() {
        DataType::Int64 => Kind::Integer,
        DataType::Timestamp(..) => Kind::Timestamp,
        DataType::Struct(fields) => {
            Kind::Struct(fields.iter().map(|inner| Column::new(inner, Some(field.name()))).collect())
        }
        // This program's tables contain only these types and text.
        _ => Kind::Text,
    }
}

/// The columns of a table.
pub(super) fn columns(schema: &Schema) -> Vec<Column> {
    schema.fields().iter().map(|field| Column::new(field, None)).collect()
}

/// Adds to the descriptions of hashed columns that they hold hashes. `hashed` are names of the full table.
pub(super) fn describe_hashes(columns: &mut [Column], hashed: &[String], key_id: &str) {
    for column in columns {
        match &mut column.kind {
            Kind::Struct(fields) => {
                for field in fields.iter_mut().filter(|field| hashed.contains(&resource::owner_column(&field.name))) {
                    add_hash(&mut field.about, "", key_id);
                    // Not every dialect can describe a field.
                    add_hash(&mut column.about, &format!("{}: ", field.name), key_id);
                }
            }
            _ if hashed.contains(&column.name) => add_hash(&mut column.about, "", key_id),
            _ => {}
        }
    }
}

fn add_hash(about: &mut String, field: &str, key_id: &str) {
    // Writing to a String cannot fail.
    let _ = write!(about, "; {field}replaced by its HMAC-SHA-256 in hexadecimal, key id {key_id}");
}

/// The names of the columns.
pub(super) fn names(columns: &[Column]) -> Vec<&str> {
    columns.iter().map(|column| column.name.as_str()).collect()
}

/// The column that identifies a contact or an owner: the first that cannot be null, but in a table of changes the id.
pub(super) fn key(columns: &[Column]) -> &str {
    let first = columns.iter().find(|column| !column.nullable && !has_changes(columns));
    first.map_or(resource::ID, |column| &column.name)
}

/// Whether these are the columns of a table of changes, where a contact can have several rows.
pub(super) fn has_changes(columns: &[Column]) -> bool {
    columns.iter().any(|column| column.name == resource::CHANGE_TYPE)
}

/// The values in the order in which the digest takes them, which may differ from the order of a file's columns.
pub(super) fn leaves(columns: &[Column]) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for column in columns {
        let leaf = |within, column: &Column| Leaf { within, name: column.name.clone(), kind: column.kind.clone() };
        match &column.kind {
            Kind::Struct(fields) => leaves.extend(fields.iter().map(|field| leaf(Some(column.name.clone()), field))),
            _ => leaves.push(leaf(None, column)),
        }
    }
    leaves.sort_by_key(|leaf| resource::rank(&leaf.dotted()));
    leaves
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::tests::{nested, owners};

    #[test]
    fn leaves_have_the_order_of_the_digest() {
        let dotted: Vec<_> = leaves(&columns(&nested())).iter().map(Leaf::dotted).collect();
        assert_eq!(dotted[11..14], ["updated_at", "contact_owner.id", "contact_owner.email"]);
        assert_eq!(dotted.last().unwrap(), "extra");
        let mut fields = nested().fields().to_vec();
        fields.reverse();
        assert_eq!(leaves(&columns(&Schema::new(fields))).iter().map(Leaf::dotted).collect::<Vec<_>>(), dotted);
    }

    #[test]
    fn hashed_columns_and_fields_say_so() {
        let hashed = ["phone_number", "owner_email"].map(str::to_owned);
        for form in [nested(), owners(), resource::schema().as_ref().clone()] {
            let mut columns = columns(&form);
            describe_hashes(&mut columns, &hashed, "0123456789abcdef");
            let fields = |column: Column| match column.kind {
                Kind::Struct(fields) => fields,
                _ => vec![column],
            };
            for column in columns.into_iter().flat_map(fields) {
                let due = ["phone_number", "owner_email"].contains(&column.name.as_str())
                    || column.name == "email" && column.about.contains("the owner");
                let words = "; replaced by its HMAC-SHA-256 in hexadecimal, key id 0123456789abcdef";
                let said = column.about.ends_with(words);
                assert_eq!(said, due, "{}: {}", column.name, column.about);
            }
        }
    }

    #[test]
    fn the_key_of_owners_is_their_id() {
        let owners = columns(&owners());
        assert_eq!(key(&owners), "owner_id");
        assert_eq!(owners[0].about, "ID of the user who owns the contact");
        assert!(columns(&nested()).iter().all(|column| !column.about.is_empty()));
    }
}
