//! `linq-export schema`: the columns, as a warehouse describes them.

use clap::{Args, ValueEnum};

use super::columns::Columns;
use super::messages::fail;
use super::stdout::put;
use super::values::one_of;
use crate::config::ConfigError;
use crate::warehouse::{self, Dialect};
use crate::{ExitCode, schemas};

const EXAMPLES: &str = "\
Examples:
  linq-export schema bigquery > contacts.schema.json
  linq-export schema snowflake --owners table --table owners
  linq-export schema duckdb --name crm.contacts | duckdb linq.duckdb";

/// Print the table's schema or DDL for a warehouse
///
/// Every column has its type and a description. Offline: no request is sent.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Schema {
    /// Warehouse or schema language; arrow is Python code
    #[arg(value_name = "DIALECT", value_parser = one_of(&Dialect::ALL))]
    dialect: Dialect,
    /// Table to describe; owners requires --owners table
    #[arg(long, value_name = "TABLE", value_enum, default_value_t = Table::Contacts)]
    table: Table,
    /// Table name, such as crm.contacts; not for bigquery [default: that of --table]
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: Option<String>,
    #[command(flatten)]
    columns: Columns,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Table {
    Contacts,
    Owners,
}

/// A table name with optional qualifiers.
fn name(text: &str) -> Result<String, String> {
    if text.split('.').any(|part| part.trim().is_empty()) {
        return Err("a part of the name is empty".to_owned());
    }
    Ok(text.to_owned())
}

impl Schema {
    pub fn run(&self) -> ExitCode {
        match self.text() {
            // `put` ends the last line.
            Ok(text) => put(&text.trim_end()),
            Err(error) => fail(&error.into()),
        }
    }

    fn text(&self) -> Result<String, ConfigError> {
        let usage = |reason: &str| Err(ConfigError::Usage(reason.to_owned()));
        if let (Dialect::BigQuery, Some(_)) = (self.dialect, &self.name) {
            return usage("--name cannot be used with bigquery: its JSON schema has no table name");
        }
        let schemas = schemas(&self.columns.layout())?;
        let (name, schema) = match (self.table, schemas.owners) {
            (Table::Contacts, _) => ("contacts", schemas.contacts),
            (Table::Owners, Some(owners)) => ("owners", owners),
            (Table::Owners, None) => {
                return usage("--table owners requires --owners table: otherwise there is no owners table");
            }
        };
        Ok(warehouse::schema(self.dialect, self.name.as_deref().unwrap_or(name), &schema))
    }
}
