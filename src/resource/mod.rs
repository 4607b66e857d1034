//! The resources of the API that can be exported, and their columns.

pub(crate) mod contacts;

pub use contacts::schema;
pub(crate) use contacts::{
    CONTACTS, EXTRA, ID, OWNER, OWNER_COLUMNS, OWNER_ID, RAW, UPDATED_AT, about, extra_key, owner_column, rank,
    raw_schema, schema_with_raw,
};
