//! The kit: all files that an export is handed to a warehouse with.

use super::input::{KitFile, KitInput, Load};
use super::readme::readme;
use super::{bigquery, clickhouse, duckdb, postgres, snowflake, spark};

/// How the README of a kit begins.
pub(crate) const TITLE: &str = "# From files to a table\n";
/// The file that a kit is known by.
pub(crate) const README: &str = "README.md";

/// The names of all others: the dialect, and what stands behind it.
const NAMES: [(&str, &[&str]); 6] = [
    ("bigquery", &["schema.json", "load.sh", "merge.sql", "digest.sql"]),
    ("duckdb", &["sql", "digest.sql"]),
    ("snowflake", &["sql", "digest.sql"]),
    ("clickhouse", &["sql", "digest.sql"]),
    ("spark", &["sql", "digest.sql"]),
    ("postgres", &["sql", "digest.sql"]),
];

/// Whether a file of a kit can be called so.
pub(crate) fn is_named_like_a_kit(name: &str) -> bool {
    let of = |(dialect, rests): &(&str, &[&str])| {
        let rest = name.strip_prefix(dialect).and_then(|rest| rest.strip_prefix('.'));
        rest.is_some_and(|rest| rests.contains(&rest.strip_prefix("owners.").unwrap_or(rest)))
    };
    name == README || NAMES.iter().any(of)
}

/// The files of a kit, in the order in which the README names them, which comes first.
///
/// Those of the owners have `owners.` in their names. Nothing in them depends on the clock or on the machine but the
/// names of the files.
#[must_use]
pub fn kit(input: &KitInput<'_>) -> Vec<KitFile> {
    let mut loads = vec![Load::new("contacts", &input.contacts, input)];
    loads.extend(input.owners.iter().map(|owners| Load::new("owners", owners, input)));
    let mut files = vec![KitFile { name: README.to_owned(), text: readme(input, &loads) }];
    for of in [bigquery::kit, duckdb::kit, snowflake::kit, clickhouse::kit, spark::kit, postgres::kit] {
        files.extend(loads.iter().flat_map(of));
    }
    files
}
