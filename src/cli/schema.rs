//! `linq-export schema`: the columns, as a warehouse wants them described.

use clap::Args;
use linq_export::Exit;
use linq_export::warehouse::{self, Dialect};

use super::put;

const EXAMPLES: &str = "\
Examples:
  linq-export schema --for bigquery > contacts.schema.json
  linq-export schema --for duckdb | duckdb linq.duckdb";

/// Print the schema or DDL of the table for a warehouse
///
/// Every column has its type and a description. Writes to standard output, and asks no server.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Schema {
    /// bigquery, duckdb, snowflake, spark, clickhouse, postgres, arrow (as Python) or json-schema
    #[arg(long = "for", value_name = "DIALECT", env = "LINQ_EXPORT_FOR")]
    dialect: Dialect,
    /// The name of the table; bigquery's schema has none
    #[arg(long, value_name = "NAME", default_value = "contacts", env = "LINQ_EXPORT_TABLE")]
    table: String,
}

impl Schema {
    pub fn run(&self) -> Exit {
        let text = warehouse::schema(self.dialect, &self.table, &linq_export::schema());
        // `put` ends the last line.
        put(&text.trim_end())
    }
}
