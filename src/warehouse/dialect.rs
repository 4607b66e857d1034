//! The dialects that a table can be described in, by the names that a user gives them.

use std::fmt;
use std::str::FromStr;

/// The language of a warehouse, or of a library, for the columns of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The JSON that `bq load` and Google's client libraries take as a schema.
    BigQuery,
    /// DDL of `DuckDB`.
    DuckDb,
    /// DDL of Snowflake.
    Snowflake,
    /// DDL of Spark SQL, Databricks included.
    Spark,
    /// DDL of `ClickHouse`.
    ClickHouse,
    /// DDL of `PostgreSQL`.
    Postgres,
    /// Apache Arrow, as the Python of pyarrow.
    Arrow,
    /// JSON Schema of one line of NDJSON, draft 2020-12.
    JsonSchema,
}

impl Dialect {
    /// All of them.
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

    const fn name(self) -> &'static str {
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
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no dialect {0:?}: {all}", all = Dialect::ALL.map(Dialect::name).join(", "))]
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
    fn each_dialect_is_read_as_it_is_written() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
        let error = "mysql".parse::<Dialect>().unwrap_err().to_string();
        assert!(error.contains("\"mysql\"") && error.contains("bigquery, duckdb") && error.contains("json-schema"));
    }
}
