//! One script per warehouse that loads an export and checks the table, to be run every night without a hand.

use super::contribution::DIGEST;
use super::dialect::Dialect;
use super::input::{KitDeletes, KitFile, KitInput, Table};
use super::quote::shell;

/// What is particular about a warehouse.
struct Client {
    dialect: Dialect,
    /// What the script is called with.
    usage: &'static str,
    about: &'static str,
    /// Comes before everything else, with `{dataset}` for the schema of the tables.
    begin: &'static str,
    /// The commands that load a table; `{}` stands for a file, whose name follows.
    load: &'static [(&'static str, &'static str)],
    /// The command that prints the verdict on a table as its last line.
    check: &'static str,
}

const CLIENTS: [Client; 3] = [
    Client {
        dialect: Dialect::DuckDb,
        usage: "DATABASE",
        about: "# DATABASE is the file of the database, such as linq.duckdb.\n",
        begin: ": \"${1:?usage: sh load-duckdb.sh DATABASE}\"\n",
        load: &[("duckdb -bail \"$1\" < ", "sql")],
        check: "duckdb -bail -list -noheader \"$1\" < ",
    },
    Client {
        dialect: Dialect::Postgres,
        usage: "[OPTION...]",
        about: "# Options are those of psql, such as --dbname=linq; its variables, such as PGHOST and PGDATABASE, work too.\n",
        begin: "",
        load: &[("psql \"$@\" --no-psqlrc --quiet --file ", "sql")],
        check: "psql \"$@\" --no-psqlrc --quiet --tuples-only --no-align --file ",
    },
    Client {
        dialect: Dialect::BigQuery,
        usage: "[OPTION...]",
        about: "# Options are those of bq, such as --project_id=PROJECT or --location=EU.\n",
        begin: "bq \"$@\" --quiet mk --force --dataset {dataset} >&2\n",
        load: &[("bash ", "load.sh"), ("bq \"$@\" --quiet query --nouse_legacy_sql < ", "merge.sql")],
        check: "bq \"$@\" --quiet query --nouse_legacy_sql --format=csv < ",
    },
];

/// Whether a file of this name is one of the scripts.
pub(super) fn is_named_like_a_script(name: &str) -> bool {
    CLIENTS.iter().any(|client| name == self::name(client.dialect))
}

fn name(dialect: Dialect) -> String {
    format!("load-{}.sh", dialect.name())
}

/// The scripts for the warehouses that can be loaded from the files.
pub(super) fn scripts(input: &KitInput<'_>, tables: &[Table]) -> Vec<KitFile> {
    let clients = CLIENTS.iter().filter(|client| client.dialect.load(input.format).is_some());
    clients.map(|client| KitFile { name: name(client.dialect), text: script(client, input, tables) }).collect()
}

/// The commands of the README that run the scripts.
pub(super) fn commands(input: &KitInput<'_>) -> String {
    let clients = CLIENTS.iter().filter(|client| client.dialect.load(input.format).is_some());
    let command = |client: &Client| format!("sh {} {}\n", name(client.dialect), client.usage.trim_matches(['[', ']']));
    clients.map(command).collect::<Vec<_>>().concat()
}

fn script(client: &Client, input: &KitInput<'_>, tables: &[Table]) -> String {
    let Client { dialect, usage, about, begin, load, check } = client;
    let (title, file) = (dialect.section().map_or("", |section| section.title), name(*dialect));
    let dataset = tables.first().map_or("linq", Table::dataset);
    let require = if input.deletes == KitDeletes::Active { " --require complete" } else { "" };
    let steps = tables.iter().map(|table| {
        let name = |suffix: &str| table.file_name(dialect.name(), suffix);
        let pass_on = |command: &str| if command == "bash " { " \"$@\"" } else { "" };
        let line = |(command, suffix): &(&str, &str)| format!("{command}{}{} >&2\n", name(suffix), pass_on(command));
        let loads: Vec<_> = load.iter().map(line).collect();
        format!("{}verdict {} \"$({check}{})\"\n", loads.concat(), table.role, name(DIGEST))
    });
    let remaining = match input.deletes {
        KitDeletes::Active => "",
        _ => "# Rows that the export no longer has remain in the table, which then differs: see --kit-deletes.\n",
    };
    format!(
        "#!/bin/sh\n\
         # Verifies the export, loads it into {title}, and checks the table. Run it after each export; nothing has to be edited.\n\
         # Usage: sh {file} {usage}\n\
         {about}\
         # Prints a verdict for each table. Exits with 0 if all are equal, with 1 if one differs, with the exit code of linq-export\n\
         # verify before anything is loaded, and otherwise with that of the command that failed.\n\
         {remaining}\
         set -eu\n\
         cd -- \"$(dirname -- \"$0\")\"\n\
         {begin}\
         \"${{LINQ_EXPORT:-linq-export}}\" verify {target}{require} >&2\n\
         differs=0\n\
         verdict() {{\n    \
         last=$(printf '%s\\n' \"$2\" | tail -n 1)\n    \
         echo \"$1: ${{last:-no verdict}}\"\n    \
         [ \"$last\" = equal ] || differs=1\n\
         }}\n\
         {steps}\
         exit \"$differs\"\n",
        target = shell(input.target),
        begin = begin.replace("{dataset}", dataset),
        steps = steps.collect::<String>(),
    )
}
