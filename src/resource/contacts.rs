//! The columns of the table: names, types, and where each is found in a contact.
//!
//! One list, in the order of the file. It never depends on the data: a column that is null in every
//! row stays, and columns are only ever added at its end.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// Where a column's value stands in the API's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
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
pub(crate) enum Holds {
    /// A 64-bit signed integer.
    Integer,
    /// Text in UTF-8.
    Text,
    /// An instant: microseconds since 1970, UTC.
    Instant,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub name: &'static str,
    pub place: Place,
    pub holds: Holds,
    /// What it holds, in a few words, for the catalogues of warehouses.
    pub about: &'static str,
}

const fn column(name: &'static str, place: Place, holds: Holds, about: &'static str) -> Column {
    Column { name, place, holds, about }
}

/// The API's name of the object that the `owner_` columns flatten.
pub(crate) const OWNER: &str = "contact_owner";
/// How the names of those columns begin.
pub(crate) const OWNER_COLUMNS: &str = "owner_";

/// The contact's identity, which no row is without.
pub(crate) const ID: &str = "id";
/// When a contact was last changed.
pub(crate) const UPDATED_AT: &str = "updated_at";
/// The identity of a contact's owner.
pub(crate) const OWNER_ID: &str = "owner_id";
/// What no other column can hold: a JSON object.
pub(crate) const EXTRA: &str = "extra";
/// A column beside the table's own: the contact's JSON as it was sent, for exports that pass it on.
pub(crate) const RAW: &str = "raw";

/// All columns, in order.
pub(crate) const COLUMNS: [Column; 18] = [
    column(ID, Place::Id, Holds::Integer, "Contact ID; never null"),
    column("first_name", Place::Contact("first_name"), Holds::Text, "First name"),
    column("last_name", Place::Contact("last_name"), Holds::Text, "Last name"),
    column("full_name", Place::Contact("full_name"), Holds::Text, "Full name"),
    column("email", Place::Contact("email"), Holds::Text, "Email address"),
    column("phone_number", Place::Contact("phone_number"), Holds::Text, "Phone number, as entered"),
    column("company", Place::Contact("company"), Holds::Text, "Company"),
    column("title", Place::Contact("title"), Holds::Text, "Job title"),
    column("location", Place::Contact("location"), Holds::Text, "Location, as entered"),
    column("image_url", Place::Contact("image_url"), Holds::Text, "Photo URL"),
    column("created_at", Place::Contact("created_at"), Holds::Instant, "Creation time, UTC"),
    column(UPDATED_AT, Place::Contact("updated_at"), Holds::Instant, "Time of the last change, UTC"),
    column(OWNER_ID, Place::Owner("id"), Holds::Integer, "ID of the user who owns the contact; null if there is none"),
    column("owner_email", Place::Owner("email"), Holds::Text, "Email address of the owner"),
    column("owner_first_name", Place::Owner("first_name"), Holds::Text, "First name of the owner"),
    column("owner_last_name", Place::Owner("last_name"), Holds::Text, "Last name of the owner"),
    column("owner_name", Place::Owner("name"), Holds::Text, "Full name of the owner"),
    column(EXTRA, Place::Extra, Holds::Text, "JSON object with what no other column can hold; null if empty"),
];

/// The column of a table of owners that says how many contacts an owner has.
pub(crate) const CONTACTS: &str = "contacts";

/// What a column holds, in a few words: one of the table, `contact_owner` or one of its fields (`contact_owner.id`), or
/// the number of contacts in a table of owners. Nothing for any other name.
pub(crate) fn about(name: &str) -> Option<&'static str> {
    let own = |name: &str| COLUMNS.iter().find(|column| column.name == name).map(|column| column.about);
    match name {
        OWNER => Some("User who owns the contact; null if there is none"),
        CONTACTS => Some("Number of contacts the owner has"),
        _ => match name.strip_prefix(OWNER).and_then(|rest| rest.strip_prefix('.')) {
            Some(key) => own(&owner_column(key)),
            None => own(name),
        },
    }
}

/// The flat column that holds a key of the owner.
pub(crate) fn owner_column(key: &str) -> String {
    format!("{OWNER_COLUMNS}{key}")
}

/// The key under which `extra` keeps a value that the column of this name cannot hold.
pub(crate) fn extra_key(name: &str) -> String {
    match COLUMNS.iter().find(|column| column.name == name).map(|column| column.place) {
        Some(Place::Owner(key)) => format!("{OWNER}.{key}"),
        _ => name.to_owned(),
    }
}

/// Where a leaf of a table stands in the order of the digest: the order of the columns, with the fields of
/// `contact_owner` in the place of the `owner_` columns. Nothing for a name that is none of this program's.
pub(crate) fn rank(leaf: &str) -> Option<usize> {
    let flat = match leaf.strip_prefix(OWNER).and_then(|rest| rest.strip_prefix('.')) {
        Some(key) => &owner_column(key),
        None => leaf,
    };
    let names = COLUMNS.iter().map(|column| column.name).chain([CONTACTS]);
    names.enumerate().find(|(_, name)| *name == flat).map(|(rank, _)| rank)
}

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
/// | `created_at` `updated_at` | timestamp in microseconds, time zone `UTC` | RFC 3339, or nearly: `2025-05-21 15:30:00 -0600`, `… UTC`, `2025-05-21T15:30Z`; years 1 to 9999, UTC |
/// | `owner_id` | int64 | `contact_owner.id`, a number or a numeric string |
/// | `owner_email` `owner_first_name` `owner_last_name` `owner_name` | utf8 | the owner's key of the same name |
/// | `extra` | utf8, a JSON object | what the other columns could not hold; null where there is nothing |
#[must_use]
pub fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// The schema of lines that are passed on as they were sent: one column.
pub(crate) fn raw_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![raw_field()]))
}

/// The schema of a table that has those lines, too.
pub(crate) fn schema_with_raw() -> SchemaRef {
    let fields = schema().fields().iter().map(Arc::clone).chain([Arc::new(raw_field())]).collect::<Vec<_>>();
    Arc::new(Schema::new(fields))
}

fn raw_field() -> Field {
    Field::new(RAW, DataType::Binary, false)
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

    #[test]
    fn fields_of_the_owner_rank_and_read_as_its_columns() {
        assert_eq!((rank("id"), rank("owner_id"), rank("contact_owner.id")), (Some(0), Some(12), Some(12)));
        assert_eq!((rank("extra"), rank(CONTACTS), rank("contact_owner"), rank("x")), (Some(17), Some(18), None, None));
        assert_eq!(about("contact_owner.email"), about("owner_email"));
        assert!(about(OWNER).is_some() && about(CONTACTS).is_some() && about("contact_owner.x").is_none());
    }
}
