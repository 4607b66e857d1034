//! The dialects that a table can be described in, by the names that users give them.

use std::fmt;
use std::str::FromStr;

use super::columns::Column;
use super::contribution::{Load, Section};
use super::{arrow, bigquery, clickhouse, duckdb, json_schema, postgres, snowflake, spark};
use crate::config::Format;

/// A warehouse or library whose language can describe the columns of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The JSON schema file that `bq load` and Google's client libraries take.
    BigQuery,
    /// `DuckDB` DDL.
    DuckDb,
    /// Snowflake DDL.
    Snowflake,
    /// Spark SQL DDL, also for Databricks.
    Spark,
    /// `ClickHouse` DDL.
    ClickHouse,
    /// `PostgreSQL` DDL.
    Postgres,
    /// An Apache Arrow schema, as Python code for pyarrow.
    Arrow,
    /// JSON Schema (draft 2020-12) of one NDJSON line.
    JsonSchema,
}

impl Dialect {
    /// All dialects.
    pub const ALL: [Self; 8] = [
        Self::BigQuery,
        Self::DuckDb,
        Self::Snowflake,
        Self::Spark,
        Self::ClickHouse,
        Self::Postgres,
        Self::Arrow,
        Self::JsonSchema,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::BigQuery => "bigquery",
            Self::DuckDb => "duckdb",
            Self::Snowflake => "snowflake",
            Self::Spark => "spark",
            Self::ClickHouse => "clickhouse",
            Self::Postgres => "postgres",
            Self::Arrow => "arrow",
            Self::JsonSchema => "json-schema",
        }
    }

    pub(super) fn schema(self, table: &str, columns: &[Column]) -> String {
        match self {
            Self::BigQuery => bigquery::schema(columns),
            Self::DuckDb => duckdb::schema(table, columns),
            Self::Snowflake => snowflake::schema(table, columns),
            Self::Spark => spark::schema(table, columns),
            Self::ClickHouse => clickhouse::schema(table, columns),
            Self::Postgres => postgres::schema(table, columns),
            Self::Arrow => arrow::schema(table, columns),
            Self::JsonSchema => json_schema::schema(table, columns),
        }
    }

    /// The dialect's section of a kit; `None` if it only describes tables and nothing is loaded into it.
    pub(super) const fn section(self) -> Option<&'static Section> {
        match self {
            Self::BigQuery => Some(&bigquery::SECTION),
            Self::DuckDb => Some(&duckdb::SECTION),
            Self::Snowflake => Some(&snowflake::SECTION),
            Self::Spark => Some(&spark::SECTION),
            Self::ClickHouse => Some(&clickhouse::SECTION),
            Self::Postgres => Some(&postgres::SECTION),
            Self::Arrow | Self::JsonSchema => None,
        }
    }

    /// How this warehouse reads files of a format; `None` if it is not loaded from that format.
    pub(super) fn load(self, format: Format) -> Option<Load> {
        self.section()?.loads.iter().find(|(of, _)| *of == format).map(|(_, load)| *load)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that does not name a dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown dialect {0:?} [possible values: {all}]", all = Dialect::ALL.map(Dialect::name).join(", "))]
pub struct UnknownDialect(String);

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Self, UnknownDialect> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == text).ok_or_else(|| UnknownDialect(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_parses_from_its_own_name() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
        let error = "mysql".parse::<Dialect>().unwrap_err().to_string();
        assert!(error.contains("\"mysql\"") && error.contains("bigquery, duckdb") && error.contains("json-schema"));
    }
}
