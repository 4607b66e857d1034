//! The API resources that can be exported, and their columns.

pub(crate) mod changes;
pub(crate) mod contacts;

pub(crate) use changes::{CHANGE_TYPE, about, change_fields, rank, repeats};
pub use contacts::schema;
pub(crate) use contacts::{
    CONTACT_KEY, CONTACTS, EXTRA, ID, LIST_KEY, NormalForm, OWNER, OWNER_COLUMNS, OWNER_ID, PATH, RAW, SCHEMA_VERSION,
    UPDATED_AT, extra_key, find, owner_column, raw_schema, schema_with_raw,
};
