//! `linq-export schema`: the columns, as a warehouse wants them described.

use clap::{Args, ValueEnum};

use super::columns::Form;
use super::{fail, put};
use crate::config::ConfigError;
use crate::warehouse::{self, Dialect};
use crate::{ExitCode, schemas};

const EXAMPLES: &str = "\
Examples:
  linq-export schema --for bigquery > contacts.schema.json
  linq-export schema --for snowflake --owners table --of owners
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
    /// The table: contacts, or owners with --owners table
    #[arg(long, value_name = "TABLE", default_value = "contacts", env = "LINQ_EXPORT_OF")]
    of: Of,
    /// The name of the table, as in crm.contacts; bigquery's schema has none
    #[arg(long, value_name = "NAME", value_parser = table, env = "LINQ_EXPORT_TABLE")]
    table: Option<String>,
    #[command(flatten)]
    form: Form,
}

/// Which table is described.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Of {
    Contacts,
    Owners,
}

/// A name of a table with its parts.
fn table(text: &str) -> Result<String, String> {
    if text.split('.').any(|part| part.trim().is_empty()) {
        return Err("a table has a name, and so has each part of it before a dot".to_owned());
    }
    Ok(text.to_owned())
}

impl Schema {
    pub fn run(&self) -> ExitCode {
        if let (Dialect::BigQuery, Some(_)) = (self.dialect, &self.table) {
            let reason = "--for bigquery prints a schema, which has no name: leave out --table".to_owned();
            return fail(&ConfigError::Usage(reason).into());
        }
        let schemas = match schemas(&self.form.layout()) {
            Ok(schemas) => schemas,
            Err(error) => return fail(&error.into()),
        };
        let (name, schema) = match (self.of, schemas.owners) {
            (Of::Contacts, _) => ("contacts", schemas.contacts),
            (Of::Owners, Some(owners)) => ("owners", owners),
            (Of::Owners, None) => {
                let reason = "owners have a table of their own with --owners table alone".to_owned();
                return fail(&ConfigError::Usage(reason).into());
            }
        };
        let text = warehouse::schema(self.dialect, self.table.as_deref().unwrap_or(name), &schema);
        // `put` ends the last line.
        put(&text.trim_end())
    }
}
