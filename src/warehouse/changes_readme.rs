//! The README of a kit that applies changes: which commands to run for each warehouse, in order.

use super::contribution::{DIGEST, HISTORY, Section};
use super::dialect::Dialect;
use super::input::{Changes, ChangesKitInput};
use super::readme::{formats, hashed, objects};
use crate::text::humanize::counted;

/// The first line, by which the README of such a kit is recognized.
pub(crate) const TITLE: &str = "# Applying these changes\n";

/// The whole text.
pub(super) fn readme(input: &ChangesKitInput<'_>, changes: &Changes) -> String {
    let sections = Dialect::ALL.into_iter().filter_map(|dialect| Some(text_of(dialect, dialect.section()?, changes)));
    let objects = objects([&changes.table]);
    [introduction(input), hashed(input.hashed.as_ref()), objects, HISTORY_TEXT.to_owned(), sections.collect()].concat()
}

fn introduction(input: &ChangesKitInput<'_>) -> String {
    format!(
        "{TITLE}\n\
         {rows} of changes between two exports, compared by linq-export {version}. Before applying them, check the files against \
         their manifest with `linq-export verify`.\n\n\
         The table `contacts` must hold the old export: load it once with its own kit (`linq-export contacts --kit`), and then \
         apply the changes of each comparison. For each warehouse, run the commands in order. The script that applies the changes \
         fails unless the table then has the digest of the new export, and the digest query prints `equal`, or whether the count \
         or the sum differs. After a failure, load the new export with its own kit.\n\n\
         Each script can be run again: a second run changes nothing. Contacts are deleted only if that is proven. Those marked as \
         `missing` remain in the table, and the digest includes them.\n\n\
         Digest of the contacts: {digest}\n",
        rows = counted(input.changes.digest.rows, "row"),
        version = env!("CARGO_PKG_VERSION"),
        digest = input.applied,
    )
}

const HISTORY_TEXT: &str = "
## History

This is optional. For each warehouse, the script `history.sql` adds the changes to the table `contacts_changes`, and creates the \
view `contacts_history`: every version of each contact, valid from `valid_from` until before `valid_to`, which is null for the \
current version. Run it after the changes were applied, and for every comparison since the first one: if one is left out, the \
script fails, because the current versions do not have the digest of the new export. To begin a new history, drop the table. The \
contacts at some time, in DuckDB and \
PostgreSQL:

```sql
SELECT * FROM contacts_history
WHERE valid_from <= TIMESTAMPTZ '2026-01-31 06:00:00+00'
  AND (valid_to IS NULL OR valid_to > TIMESTAMPTZ '2026-01-31 06:00:00+00');
```

A change is dated with `seen_by`, the end of the export that first showed it, so at the end of each export, the view has exactly \
its contacts. The oldest versions are valid from the start of the first export.
";

fn text_of(dialect: Dialect, section: &Section, changes: &Changes) -> String {
    let Changes { contacts, table, .. } = changes;
    let (name, title) = (dialect.name(), section.title);
    if dialect.load(table.format).is_none() {
        return format!(
            "\n## {title}\n\nThis warehouse is not loaded from `{}` files: write the changes to {}. `{name}.{DIGEST}` checks \
             the table however they are applied.\n",
            table.format.ending(),
            formats(section),
        );
    }
    let command = |(command, file): &(&str, &str)| {
        let of = if *file == DIGEST { contacts } else { table };
        format!("{command}{}\n", of.file_name(name, file))
    };
    let run = section.commands.iter().find(|(_, file)| *file == section.table_file).map_or("", |(command, _)| command);
    format!(
        "\n## {title}\n\n```sh\n{commands}```\n\nWith a history, also:\n\n```sh\n{run}{history}\n```\n\n{note}\n",
        commands = section.commands.iter().map(command).collect::<String>(),
        history = contacts.file_name(name, HISTORY),
        note = [section.note, (section.reads)(table.cloud())].concat().trim_end(),
    )
}
