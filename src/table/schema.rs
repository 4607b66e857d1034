//! The columns of the table: names, types, and where each is found in a contact.
//!
//! One list, in the order of the file. It never depends on the data: a column that is null in every
//! row stays, and columns are only ever added at its end.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// Where a column's value stands in the API's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The contact's identity, which no row is without.
    Id,
    /// A key of the contact.
    Contact(&'static str),
    /// A key of the contact's `contact_owner`.
    Owner(&'static str),
    /// Whatever the columns could not hold.
    Extra,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// A 64-bit signed integer.
    Integer,
    /// Text in UTF-8.
    Text,
    /// An instant: microseconds since 1970, UTC.
    Instant,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub name: &'static str,
    pub place: Place,
    pub holds: Holds,
}

const fn column(name: &'static str, place: Place, holds: Holds) -> Column {
    Column { name, place, holds }
}

/// The API's name of the object that the `owner_` columns flatten.
pub(super) const OWNER: &str = "contact_owner";

/// All columns, in order.
pub(super) const COLUMNS: [Column; 18] = [
    column("id", Place::Id, Holds::Integer),
    column("first_name", Place::Contact("first_name"), Holds::Text),
    column("last_name", Place::Contact("last_name"), Holds::Text),
    column("full_name", Place::Contact("full_name"), Holds::Text),
    column("email", Place::Contact("email"), Holds::Text),
    column("phone_number", Place::Contact("phone_number"), Holds::Text),
    column("company", Place::Contact("company"), Holds::Text),
    column("title", Place::Contact("title"), Holds::Text),
    column("location", Place::Contact("location"), Holds::Text),
    column("image_url", Place::Contact("image_url"), Holds::Text),
    column("created_at", Place::Contact("created_at"), Holds::Instant),
    column("updated_at", Place::Contact("updated_at"), Holds::Instant),
    column("owner_id", Place::Owner("id"), Holds::Integer),
    column("owner_email", Place::Owner("email"), Holds::Text),
    column("owner_first_name", Place::Owner("first_name"), Holds::Text),
    column("owner_last_name", Place::Owner("last_name"), Holds::Text),
    column("owner_name", Place::Owner("name"), Holds::Text),
    column("extra", Place::Extra, Holds::Text),
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let fields: Vec<Field> = COLUMNS
        .iter()
        .map(|column| Field::new(column.name, data_type(column.holds), column.place != Place::Id))
        .collect();
    Arc::new(Schema::new(fields))
});

/// The Arrow schema of every batch and file.
///
/// | column | type | from |
/// |---|---|---|
/// | `id` | int64, never null | `id`, a number or a numeric string |
/// | `first_name` `last_name` `full_name` `email` `phone_number` `company` `title` `location` `image_url` | utf8 | the key of the same name; `""` is kept, an absent key is null |
/// | `created_at` `updated_at` | timestamp in microseconds, time zone `UTC` | RFC 3339, or `2025-05-21 15:30:00 -0600` |
/// | `owner_id` | int64 | `contact_owner.id` |
/// | `owner_email` `owner_first_name` `owner_last_name` `owner_name` | utf8 | the owner's key of the same name |
/// | `extra` | utf8, a JSON object | what the other columns could not hold; null where there is nothing |
#[must_use]
pub fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

fn data_type(holds: Holds) -> DataType {
    match holds {
        Holds::Integer => DataType::Int64,
        Holds::Text => DataType::Utf8,
        // The string "UTC", since readers take "+00:00" for another type.
        Holds::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_the_documented_one() {
        let names: Vec<_> = schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(
            names.join(" "),
            "id first_name last_name full_name email phone_number company title location image_url created_at updated_at \
             owner_id owner_email owner_first_name owner_last_name owner_name extra"
        );
        assert!(schema().fields().iter().all(|field| field.is_nullable() == (field.name() != "id")));
    }
}
