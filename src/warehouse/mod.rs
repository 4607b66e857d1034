//! Tables described for warehouses, and the files that an export is handed to one with. Pure: texts come out.
//!
//! An Arrow schema comes in; [`schema`] gives the schema or DDL in a [`Dialect`], and [`kit`] what loads an export into
//! each warehouse, merges it into what is there, and proves afterwards that the table holds what was exported. Every
//! name of a file is quoted, and every type is given: nothing is left for a warehouse to guess.
//!
//! # Types
//!
//! |  | never null | integer | text | instant | struct |
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
//! How each line is known, and what else there is to say of a warehouse, is in `docs/warehouses.md`.

mod arrow;
mod bigquery;
mod clickhouse;
mod columns;
mod create_table;

mod dialect;
mod digest;
mod duckdb;
mod input;

mod json_schema;
mod kit;
mod merge;
mod postgres;
mod quote;
mod readme;
mod snowflake;
mod spark;
#[cfg(test)]
mod tests;

use ::arrow::datatypes::Schema;

pub use dialect::{Dialect, UnknownDialect};
pub use input::{HashedColumns, KitFile, KitInput, TableInput};
pub use kit::kit;
pub(crate) use kit::{README, TITLE, is_named_like_a_kit};

/// The schema or DDL of a table in a dialect, every column described.
///
/// The name of the table may have parts, with dots between, none of which may be empty. A part that is none of this
/// program's own names is quoted, so a word that the dialect reserves will do; for Snowflake in capital letters, as it has
/// names without quotes. A column of a type that no table of this program has is
/// taken for text.
#[must_use]
pub fn schema(dialect: Dialect, table: &str, schema: &Schema) -> String {
    let columns = columns::columns(schema);
    match dialect {
        Dialect::BigQuery => bigquery::schema(&columns),
        Dialect::DuckDb => duckdb::schema(table, &columns),
        Dialect::Snowflake => snowflake::schema(table, &columns),
        Dialect::Spark => spark::schema(table, &columns),
        Dialect::ClickHouse => clickhouse::schema(table, &columns),
        Dialect::Postgres => postgres::schema(table, &columns),
        Dialect::Arrow => arrow::schema(table, &columns),
        Dialect::JsonSchema => json_schema::schema(table, &columns),
    }
}
