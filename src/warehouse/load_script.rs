//! The scripts that load an export in one step: verify the files, upsert them in a transaction, check the digests.

use super::contribution::{DIGEST, Load, LoadScript, Section};
use super::dialect::Dialect;
use super::input::{KitFile, KitInput, Missing, Table};
use super::quote::shell;
use crate::proof::Level;

/// The name of the script for a dialect.
pub(super) fn file_name(dialect: Dialect) -> String {
    format!("load-{}.sh", dialect.name())
}

/// The scripts of the dialects that have one and are loaded from the export's format, each with its text.
pub(super) fn load_script(dialect: Dialect, input: &KitInput<'_>, tables: &[Table]) -> Option<KitFile> {
    let section = dialect.section()?;
    let (script, load) = (section.load_script.as_ref()?, dialect.load(input.format)?);
    let name = file_name(dialect);
    let missing = tables.first()?.missing;
    let text = [
        head(&name, section, script, missing),
        verify(input, missing),
        transaction(dialect, script, tables, load),
        tables.iter().map(|table| check(dialect, script, table)).collect(),
        end(missing),
    ];
    Some(KitFile { name, text: text.concat() })
}

fn head(name: &str, section: &Section, script: &LoadScript, missing: Missing) -> String {
    let (deletes, remain) = match missing {
        Missing::Deleted => ("Rows that are missing from the export are deleted.", ""),
        Missing::Kept => (
            "Deletes are off: rows that are missing from the export remain.",
            "\n#   4    loaded, but rows that are missing from the export remain in the table: deletes are off",
        ),
    };
    format!(
        "#!/bin/sh\n\
         # Loads the export into {title}, and checks that the table equals it. Run it after each export: nothing needs to be edited.\n\
         #\n\
         #   sh {name} {usage}\n\
         #\n\
         # {about}\n\
         # It verifies the files, creates the table if it is missing, and upserts the export {atomic}.\n\
         # {deletes} Prints a verdict per table.\n\
         #\n\
         # Exit codes:\n\
         #   0    the table equals the export\n\
         #   1    not loaded: {unloaded}; or the loaded table could not be checked, or differs\n\
         #   2    invalid usage{remain}\n\
         #   127  linq-export is not in PATH\n\
         #   The others are those of linq-export verify, such as 65 if the files differ from their manifest: nothing was loaded.\n\
         set -eu\n\
         differs=no\n\
         failed() {{\n    echo \"{name}: $1\" >&2\n    exit 1\n}}\n\
         {arguments}\
         here=$(cd -- \"$(dirname -- \"$0\")\" && pwd)\n",
        title = section.title,
        usage = script.usage,
        about = script.about,
        arguments = script.arguments,
        atomic = script.atomic,
        unloaded = script.unloaded,
    )
}

/// Stops before anything is loaded unless the files are those of the manifest, with the level that this kit was written for.
fn verify(input: &KitInput<'_>, missing: Missing) -> String {
    let level = match (missing, input.level) {
        (Missing::Deleted, _) => Level::Complete.to_string(),
        (Missing::Kept, Level::Incomplete) => "any".to_owned(),
        (Missing::Kept, level) => level.to_string(),
    };
    format!("\nlinq-export verify --require {level} -- {} >&2\n", shell(&input.export.to_string_lossy()))
}

fn transaction(dialect: Dialect, script: &LoadScript, tables: &[Table], load: Load) -> String {
    let staged = tables.iter().filter_map(|table| {
        let file = table.file_name(dialect.name(), script.stage?);
        Some(format!("bash \"$here/{file}\" \"$@\" >&2 || failed 'cannot load the files'\n"))
    });
    let (before, within): (Vec<_>, Vec<_>) = tables.iter().map(|table| (script.sql)(table, load)).unzip();
    format!(
        "{staged}\n{run} <<'END_OF_SQL' || failed 'cannot load the export: {unloaded}'\n\
         {before}{begin}{within}{commit}END_OF_SQL\n",
        staged = staged.collect::<String>(),
        run = script.run,
        unloaded = script.unloaded,
        before = before.concat(),
        begin = script.begin,
        within = within.join("\n"),
        commit = script.commit,
    )
}

fn check(dialect: Dialect, script: &LoadScript, table: &Table) -> String {
    let Table { kind, .. } = table;
    format!(
        "\nverdict=$({ask} < \"$here/{file}\") || failed 'cannot check the table of {kind}'\n\
         verdict=${{verdict##*\n}}\n\
         echo \"{kind}: $verdict\"\n\
         [ \"$verdict\" = equal ] || differs=yes\n",
        ask = script.ask,
        file = table.file_name(dialect.name(), DIGEST),
    )
}

fn end(missing: Missing) -> String {
    let end = match missing {
        Missing::Deleted => "failed 'the table differs from the export: was it changed meanwhile?'".to_owned(),
        Missing::Kept => {
            "echo 'loaded, but the table also has rows that are missing from the export: deletes are off' >&2\n    \
                          exit 4"
                .to_owned()
        }
    };
    format!("\nif [ \"$differs\" = yes ]; then\n    {end}\nfi\n")
}
