//! Schemas for warehouses, and the kit: scripts that load an export and check the loaded table. Pure: returns strings.
//!
//! [`schema`] writes an Arrow schema as DDL, or as a schema file, in a [`Dialect`]. [`kit`] writes the scripts that
//! load an export into each warehouse, upsert it into an existing table, and then compare the table's digest with the
//! export's; and one script each for three of them that does all of that at once. [`changes_kit`] writes those that apply the changes between two exports. Every file name is quoted and every type is given, so that a warehouse has nothing to guess.
//!
//! # Types
//!
//! |  | not null | integer | text | timestamp | struct |
//! |---|---|---|---|---|---|
//! | `bigquery` | `INT64 NOT NULL` | `INT64` | `STRING` | `TIMESTAMP` | `STRUCT<id INT64, name STRING>` |
//! | `duckdb` | `BIGINT NOT NULL` | `BIGINT` | `VARCHAR` | `TIMESTAMPTZ` | `STRUCT(id BIGINT, name VARCHAR)` |
//! | `snowflake` | `NUMBER(19, 0) NOT NULL` | `NUMBER(19, 0)` | `VARCHAR` | `TIMESTAMP_LTZ(6)` | `OBJECT` |
//! | `spark` | `BIGINT NOT NULL` | `BIGINT` | `STRING` | `TIMESTAMP` | `STRUCT<id: BIGINT, name: STRING>` |
//! | `clickhouse` | `Int64` | `Nullable(Int64)` | `Nullable(String)` | `Nullable(DateTime64(6, 'UTC'))` | `Tuple(id Nullable(Int64), name Nullable(String))` |
//! | `postgres` | `bigint PRIMARY KEY` | `bigint` | `text` | `timestamptz` | `jsonb` |
//! | `arrow` | `pa.int64(), nullable=False` | `pa.int64()` | `pa.string()` | `pa.timestamp("us", tz="UTC")` | `pa.struct([ pa.field("id", pa.int64()), pa.field("name", pa.string()), ])` |
//! | `json-schema` | `"integer"` | `["integer","null"]` | `["string","null"]` | `["string","null"]` | `["object","null"]` |
//!
//! `docs/loading.md` says how each row was tested, and what to know about each warehouse.

mod arrow;
mod bigquery;
mod changes_readme;
#[cfg(test)]
mod changes_tests;
mod clickhouse;
mod columns;
mod contribution;
mod create_table;
mod dialect;
mod digest;
mod duckdb;
mod history;
mod input;
mod json_schema;
mod kit;
mod load_script;
mod location;
mod merge;
#[cfg(test)]
mod nightly_tests;
#[cfg(test)]
mod object_tests;
mod postgres;
mod quote;
mod readme;
mod snowflake;
mod spark;
#[cfg(test)]
mod tests;

use ::arrow::datatypes::Schema;

pub(crate) use changes_readme::TITLE as CHANGES_TITLE;
pub use dialect::{Dialect, UnknownDialect};
pub use input::{ChangesKitInput, HashedColumns, KitFile, KitInput, TableInput};
pub(crate) use kit::{README, is_named_like_a_kit};
pub use kit::{changes_kit, kit};
#[cfg(feature = "cli")]
pub(crate) use quote::shell;
pub(crate) use readme::TITLE;

/// The schema or DDL of a table in a dialect, with a description of every column.
///
/// The table name may have several parts separated by dots, none of them empty. Every part that this program did not
/// choose itself is quoted, so reserved words are allowed; for Snowflake it is quoted in upper case, as Snowflake
/// stores unquoted names. A column whose type does not occur in this program's tables is described as text.
#[must_use]
pub fn schema(dialect: Dialect, table: &str, schema: &Schema) -> String {
    dialect.schema(table, &columns::columns(schema))
}
