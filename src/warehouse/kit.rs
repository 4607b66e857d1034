//! The kit: all files that an export is handed to a warehouse with.

use super::handoff::{Handoff, KitFile, Load};
use super::readme::readme;
use super::{bigquery, clickhouse, duckdb, postgres, snowflake, spark};

/// The files of a kit, in the order in which the README names them, which comes first.
///
/// Those of the owners have `owners.` in their names. Nothing in them depends on the clock or on the machine but the
/// names of the files.
#[must_use]
pub fn kit(handoff: &Handoff<'_>) -> Vec<KitFile> {
    let mut loads = vec![Load::new("contacts", &handoff.contacts, handoff)];
    loads.extend(handoff.owners.iter().map(|owners| Load::new("owners", owners, handoff)));
    let mut files = vec![KitFile { name: "README.md".to_owned(), text: readme(handoff, &loads) }];
    for of in [bigquery::kit, duckdb::kit, snowflake::kit, clickhouse::kit, spark::kit, postgres::kit] {
        files.extend(loads.iter().flat_map(of));
    }
    files
}
