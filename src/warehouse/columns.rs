//! What the dialects need to know of a table: its columns, what they hold, and what they are about.
//!
//! An Arrow schema comes in; columns in its own order go out, and the leaves in the order of the digest.

use arrow::datatypes::{DataType, Field, Schema};

use crate::resource;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A 64-bit signed integer.
    Integer,
    /// Text in UTF-8.
    Text,
    /// An instant: microseconds since 1970, UTC.
    Instant,
    /// A struct of columns.
    Struct(Vec<Column>),
}

/// A column of a table, or a field of its struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub name: String,
    pub kind: Kind,
    pub nullable: bool,
    /// What it holds, in a few words; empty where it is none of this program's.
    pub about: String,
}

/// A value that is no struct: its column, or its struct's column and the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    pub within: Option<String>,
    pub name: String,
    pub kind: Kind,
}

impl Leaf {
    /// Its name in SQL that reaches into structs with a dot.
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
        // A column that is never null is not told when it is.
        let about = match (field.is_nullable(), about.split_once("; null if")) {
            (false, Some((about, _))) => about,
            _ => about,
        };
        Self { name: field.name().clone(), kind: kind(field), nullable: field.is_nullable(), about: about.to_owned() }
    }

    /// What it is about, with the names of a struct's fields for the dialects that cannot describe those.
    pub fn about_with_fields(&self) -> String {
        match &self.kind {
            Kind::Struct(fields) => {
                let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
                format!("{}. Its keys: {}", self.about, names.join(", "))
            }
            _ => self.about.clone(),
        }
    }
}

fn kind(field: &Field) -> Kind {
    match field.data_type() {
        DataType::Int64 => Kind::Integer,
        DataType::Timestamp(..) => Kind::Instant,
        DataType::Struct(fields) => {
            Kind::Struct(fields.iter().map(|inner| Column::new(inner, Some(field.name()))).collect())
        }
        // Tables of this program hold nothing else than these and text.
        _ => Kind::Text,
    }
}

/// The columns of a table.
pub(super) fn columns(schema: &Schema) -> Vec<Column> {
    schema.fields().iter().map(|field| Column::new(field, None)).collect()
}

/// Says of hashed columns what their values are. `hashed` are names of the whole table.
pub(super) fn say_hashed(columns: &mut [Column], hashed: &[String], key_id: &str) {
    for column in columns {
        match &mut column.kind {
            Kind::Struct(fields) => {
                for field in fields.iter_mut().filter(|field| hashed.contains(&resource::owner_column(&field.name))) {
                    say(&mut field.about, "its value", key_id);
                    // Not every dialect can describe a field.
                    say(&mut column.about, &format!("its key {}", field.name), key_id);
                }
            }
            _ if hashed.contains(&column.name) => say(&mut column.about, "its value", key_id),
            _ => {}
        }
    }
}

fn say(about: &mut String, what: &str, key_id: &str) {
    about.push_str("; ");
    about.push_str(what);
    about.push_str(" is an HMAC-SHA-256 in hexadecimal, with the key of the id ");
    about.push_str(key_id);
}

/// Their names.
pub(super) fn names(columns: &[Column]) -> Vec<&str> {
    columns.iter().map(|column| column.name.as_str()).collect()
}

/// The column that tells rows apart: the first that is never null, which is the id.
pub(super) fn key(columns: &[Column]) -> &str {
    columns.iter().find(|column| !column.nullable).map_or("id", |column| &column.name)
}

/// The values that a digest is of, in its order, which is not that of a file.
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
    fn leaves_stand_in_the_order_of_the_digest() {
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
            say_hashed(&mut columns, &hashed, "0123456789abcdef");
            let fields = |column: Column| match column.kind {
                Kind::Struct(fields) => fields,
                _ => vec![column],
            };
            for column in columns.into_iter().flat_map(fields) {
                let due = ["phone_number", "owner_email"].contains(&column.name.as_str())
                    || column.name == "email" && column.about.contains("the owner");
                let words = "; its value is an HMAC-SHA-256 in hexadecimal, with the key of the id 0123456789abcdef";
                let said = column.about.ends_with(words);
                assert_eq!(said, due, "{}: {}", column.name, column.about);
            }
        }
    }

    #[test]
    fn owners_are_told_apart_by_their_id_which_is_never_null() {
        let owners = columns(&owners());
        assert_eq!(key(&owners), "owner_id");
        assert_eq!(owners[0].about, "ID of the user who owns the contact");
        assert!(columns(&nested()).iter().all(|column| !column.about.is_empty()));
    }
}
