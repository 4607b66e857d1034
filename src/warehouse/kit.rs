//! The kit: all files that load an export into a warehouse and check the result.

use super::changes_readme;
use super::contribution::{DIGEST, HISTORY, Section};
use super::dialect::Dialect;
use super::input::{Changes, ChangesKitInput, KitFile, KitInput, Table};
use super::load_script::{file_name, load_script};
use super::readme::readme;

/// The file that a kit is recognized by.
pub(crate) const README: &str = "README.md";

/// Whether a kit can contain a file of this name.
pub(crate) fn is_named_like_a_kit(name: &str) -> bool {
    let belongs_to = |dialect: Dialect| {
        let suffix = name.strip_prefix(dialect.name()).and_then(|suffix| suffix.strip_prefix('.'));
        let (Some(section), Some(suffix)) = (dialect.section(), suffix) else { return false };
        let of_table = suffix.strip_prefix("owners.").or_else(|| suffix.strip_prefix("changes.")).unwrap_or(suffix);
        section.files.contains(&of_table) || suffix == HISTORY
    };
    let is_load_script = |dialect: Dialect| {
        dialect.section().is_some_and(|section| section.load_script.is_some()) && name == file_name(dialect)
    };
    name == README || Dialect::ALL.into_iter().any(|dialect| belongs_to(dialect) || is_load_script(dialect))
}

/// The files of a kit: its README, then the files of each warehouse, in the order in which the README names them.
///
/// Those of the owners table have `owners.` in their names. The texts depend on nothing but the input: not on the
/// clock, and on the machine only through the paths of the export's files.
#[must_use]
pub fn kit(input: &KitInput<'_>) -> Vec<KitFile> {
    let mut tables = vec![Table::new("contacts", input.table, &input.contacts, input)];
    tables.extend(input.owners.iter().map(|owners| Table::new("owners", &input.table.owners(), owners, input)));
    let mut files = vec![KitFile { name: README.to_owned(), text: readme(input, &tables) }];
    for dialect in Dialect::ALL {
        let Some(section) = dialect.section() else { continue };
        let tables: Vec<_> = tables.iter().map(|table| table.quoted(section.quotes)).collect();
        files.extend(tables.iter().flat_map(|table| files_of(dialect, section, table)));
        files.extend(load_script(dialect, input, &tables));
    }
    files
}

/// The files of a kit that applies changes, in the same order.
#[must_use]
pub fn changes_kit(input: &ChangesKitInput<'_>) -> Vec<KitFile> {
    let changes = Changes::new(input);
    let mut files = vec![KitFile { name: README.to_owned(), text: changes_readme::readme(input, &changes) }];
    for dialect in Dialect::ALL {
        let Some(section) = dialect.section() else { continue };
        let contacts = &changes.contacts;
        if let Some(load) = dialect.load(input.format) {
            files.extend((section.apply)(&changes, load));
            files.push(contacts.file(dialect.name(), HISTORY, (section.history)(&changes, load)));
        }
        files.push(contacts.file(dialect.name(), DIGEST, (section.digest)(contacts)));
    }
    files
}

fn files_of(dialect: Dialect, section: &Section, table: &Table) -> Vec<KitFile> {
    let mut files = match dialect.load(table.format) {
        Some(load) => (section.scripts)(table, load),
        None => vec![table.file(dialect.name(), section.table_file, create_only(section, table))],
    };
    files.push(table.file(dialect.name(), DIGEST, (section.digest)(table)));
    files
}

fn create_only(section: &Section, table: &Table) -> String {
    format!(
        "-- Creates the table {}. {} is not loaded from {} files: README.md says from which.\n\n{}",
        table.name(),
        section.title,
        table.format.ending(),
        (section.create)(table)
    )
}
