//! The columns of the contacts table: where each value comes from, its type, and how it is stored.
//!
//! The list is in the order of the file, and does not depend on the data: a column that is null in every row is still
//! written. A new column is a line at the end of the list, with a new version and fingerprint.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// The path of the resource, below the base URL.
pub(crate) const PATH: &str = "api/partner/v2/contacts";
/// The key of the list in a response.
pub(crate) const LIST_KEY: &str = "contacts";
/// The key of the contact in a response for one contact.
pub(crate) const CONTACT_KEY: &str = "data";

/// The version of the columns. Appending a column raises the second number. Promoting a key out of `extra` changes the
/// contents of `extra`, and raises the first.
pub(crate) const SCHEMA_VERSION: &str = "1.0";
/// A version, and the fingerprint that its columns have in the manifest.
#[cfg(test)]
pub(crate) const FINGERPRINT: (&str, &str) =
    ("1.0", "998d1e437d33b8eb87be097ea2f630874f47a89cf4c11be7851febbf8c4405c4");

/// Where a column's value is in the API's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source<'k> {
    /// The contact's `id`, which is required.
    Id,
    /// A key of the contact.
    Contact(&'k str),
    /// A key of the contact's `contact_owner`.
    Owner(&'k str),
    /// Everything that no other column can hold.
    Extra,
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    /// A 64-bit signed integer.
    Integer,
    /// Text in UTF-8.
    Text,
    /// Microseconds since 1970, UTC.
    Instant,
}

/// How a text is normalized before it is hashed, so that equal values have equal hashes. White space around it is always
/// trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NormalForm {
    /// As it is.
    Text,
    /// In lowercase.
    Email,
    /// Reduced to the digits of a phone number.
    Phone,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub name: &'static str,
    pub source: Source<'static>,
    pub kind: ColumnType,
    /// A short description for the catalogs of warehouses.
    pub about: &'static str,
    /// Whether many contacts share a value, so that a Parquet dictionary saves space. Elsewhere it costs time and saves
    /// nothing.
    pub repeats: bool,
    /// Whether a higher level of zstd takes time and saves nothing, as with random digits and identifiers.
    pub is_dense: bool,
    pub normal_form: NormalForm,
}

const fn column(name: &'static str, source: Source<'static>, kind: ColumnType, about: &'static str) -> Column {
    Column { name, source, kind, about, repeats: false, is_dense: false, normal_form: NormalForm::Text }
}

/// A column of text from the contact's key of the same name.
const fn text(name: &'static str, about: &'static str) -> Column {
    column(name, Source::Contact(name), ColumnType::Text, about)
}

/// A column of text from a key of the owner. Most contacts share their owner with others.
const fn owner(name: &'static str, key: &'static str, about: &'static str) -> Column {
    column(name, Source::Owner(key), ColumnType::Text, about).repeats()
}

impl Column {
    const fn repeats(self) -> Self {
        Self { repeats: true, ..self }
    }

    const fn dense(self) -> Self {
        Self { is_dense: true, ..self }
    }

    const fn normalized(self, normal_form: NormalForm) -> Self {
        Self { normal_form, ..self }
    }

    const fn of(self, kind: ColumnType) -> Self {
        Self { kind, ..self }
    }
}

/// The API's name of the object that the `owner_` columns flatten.
pub(crate) const OWNER: &str = "contact_owner";
/// The prefix of those columns' names.
pub(crate) const OWNER_COLUMNS: &str = "owner_";

/// The contact's identity, which is never null.
pub(crate) const ID: &str = "id";
/// When the contact was last changed.
pub(crate) const UPDATED_AT: &str = "updated_at";
/// The identity of the contact's owner.
pub(crate) const OWNER_ID: &str = "owner_id";
/// A JSON object of everything that no other column can hold.
pub(crate) const EXTRA: &str = "extra";
/// A column that is not part of the table: the contact's JSON as it was sent, for `--raw`.
pub(crate) const RAW: &str = "raw";

/// The index of [`ID`] in [`COLUMNS`].
pub(crate) const ID_INDEX: usize = 0;
/// The index of `created_at`.
pub(crate) const CREATED_AT_INDEX: usize = 10;
/// The index of [`UPDATED_AT`].
pub(crate) const UPDATED_AT_INDEX: usize = 11;
/// The index of [`EXTRA`].
pub(crate) const EXTRA_INDEX: usize = 17;

/// All columns, in order.
pub(crate) static COLUMNS: [Column; 18] = [
    column(ID, Source::Id, ColumnType::Integer, "Contact ID; never null"),
    text("first_name", "First name").repeats(),
    text("last_name", "Last name").repeats(),
    text("full_name", "Full name").repeats(),
    text("email", "Email address").normalized(NormalForm::Email),
    text("phone_number", "Phone number, as entered").dense().normalized(NormalForm::Phone),
    text("company", "Company").repeats(),
    text("title", "Job title").repeats(),
    text("location", "Location, as entered").repeats(),
    text("image_url", "Photo URL").dense(),
    text("created_at", "Creation time, UTC").of(ColumnType::Instant),
    text(UPDATED_AT, "Time of the last change, UTC").of(ColumnType::Instant),
    owner(OWNER_ID, "id", "ID of the user who owns the contact; null if there is none").of(ColumnType::Integer),
    owner("owner_email", "email", "Email address of the owner").normalized(NormalForm::Email),
    owner("owner_first_name", "first_name", "First name of the owner"),
    owner("owner_last_name", "last_name", "Last name of the owner"),
    owner("owner_name", "name", "Full name of the owner"),
    column(EXTRA, Source::Extra, ColumnType::Text, "JSON object with what no other column can hold; null if empty"),
];

/// The column of an owners table with the owner's number of contacts.
pub(crate) const CONTACTS: &str = "contacts";

/// A column by its name. The fields of a nested owner (`contact_owner.id`) are the `owner_` columns.
pub(crate) fn find(name: &str) -> Option<&'static Column> {
    position(name).and_then(|index| COLUMNS.get(index))
}

fn position(name: &str) -> Option<usize> {
    match name.strip_prefix(OWNER).and_then(|rest| rest.strip_prefix('.')) {
        Some(key) => position(&owner_column(key)),
        None => COLUMNS.iter().position(|column| column.name == name),
    }
}

/// A short description of a column of any table: of contacts, flat or nested, or of owners.
pub(crate) fn about(name: &str) -> Option<&'static str> {
    match name {
        OWNER => Some("User who owns the contact; null if there is none"),
        CONTACTS => Some("Number of contacts the owner has"),
        _ => find(name).map(|column| column.about),
    }
}

/// The flat column that holds a key of the owner.
pub(crate) fn owner_column(key: &str) -> String {
    format!("{OWNER_COLUMNS}{key}")
}

/// The key in `extra` for a value that this column cannot hold.
pub(crate) fn extra_key(name: &str) -> String {
    match COLUMNS.iter().find(|column| column.name == name).map(|column| column.source) {
        Some(Source::Owner(key)) => format!("{OWNER}.{key}"),
        _ => name.to_owned(),
    }
}

/// The position of a leaf column in the content digest: the order of the columns, where the fields of `contact_owner`
/// count as the `owner_` columns. `None` for an unknown name.
pub(crate) fn rank(leaf: &str) -> Option<usize> {
    if leaf == CONTACTS { Some(COLUMNS.len()) } else { position(leaf) }
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let fields: Vec<Field> = COLUMNS
        .iter()
        .map(|column| Field::new(column.name, data_type(column.kind), column.source != Source::Id))
        .collect();
    Arc::new(Schema::new(fields))
});

/// The Arrow schema of every batch and file.
///
/// | column | type | from |
/// |---|---|---|
/// | `id` | int64, never null | `id`, a number or a numeric string |
/// | `first_name` `last_name` `full_name` `email` `phone_number` `company` `title` `location` `image_url` | utf8 | the key of the same name; `""` is kept, an absent key is null |
/// | `created_at` `updated_at` | timestamp in microseconds, time zone `UTC` | RFC 3339 and its variants: `2025-05-21 15:30:00 -0600`, `… UTC`, `2025-05-21T15:30Z`; years 1 to 9999, UTC. Digits below a microsecond are dropped |
/// | `owner_id` | int64 | `contact_owner.id`, a number or a numeric string |
/// | `owner_email` `owner_first_name` `owner_last_name` `owner_name` | utf8 | the owner's key of the same name |
/// | `extra` | utf8, a JSON object | everything that no other column can hold; null if there is nothing |
#[must_use]
pub fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// The schema of `--raw`: one column with the JSON as it was sent.
pub(crate) fn raw_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![raw_field()]))
}

/// The schema of the table with that column appended.
pub(crate) fn schema_with_raw() -> SchemaRef {
    let fields = schema().fields().iter().map(Arc::clone).chain([Arc::new(raw_field())]).collect::<Vec<_>>();
    Arc::new(Schema::new(fields))
}

fn raw_field() -> Field {
    Field::new(RAW, DataType::Binary, false)
}

fn data_type(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::Integer => DataType::Int64,
        ColumnType::Text => DataType::Utf8,
        // Not "+00:00", which readers treat as another type.
        ColumnType::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
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

    /// `decode` knows them by their indexes, and has no others of their kinds.
    #[test]
    fn special_columns_have_their_indexes() {
        let indexes = |is: fn(&Column) -> bool| {
            (0..).zip(&COLUMNS).filter(move |(_, column)| is(column)).map(|(index, _)| index).collect::<Vec<usize>>()
        };
        assert_eq!(indexes(|column| column.source == Source::Id), [ID_INDEX]);
        assert_eq!(indexes(|column| column.kind == ColumnType::Instant), [CREATED_AT_INDEX, UPDATED_AT_INDEX]);
        assert_eq!(indexes(|column| column.source == Source::Extra), [EXTRA_INDEX]);
        assert_eq!((COLUMNS[CREATED_AT_INDEX].name, COLUMNS[UPDATED_AT_INDEX].name), ("created_at", UPDATED_AT));
    }

    #[test]
    fn fields_of_the_owner_rank_and_read_as_its_columns() {
        assert_eq!((rank("id"), rank("owner_id"), rank("contact_owner.id")), (Some(0), Some(12), Some(12)));
        assert_eq!((rank("extra"), rank(CONTACTS), rank("contact_owner"), rank("x")), (Some(17), Some(18), None, None));
        assert_eq!(about("contact_owner.email"), about("owner_email"));
        assert!(about(OWNER).is_some() && about(CONTACTS).is_some() && about("contact_owner.x").is_none());
    }
}
