//! The README of a kit: what is what, with the commands in order.

use super::input::{HashedColumns, KitInput, Load};
use super::kit::TITLE;
use super::quote::standard;
use crate::config::Format;

/// What it says of a warehouse.
struct Section {
    title: &'static str,
    dialect: &'static str,
    /// The commands, each with the end of the name of the file that it is given.
    commands: &'static [(&'static str, &'static str)],
    more: &'static str,
}

const SECTIONS: [Section; 6] = [
    Section {
        title: "BigQuery",
        dialect: "bigquery",
        commands: &[
            ("bash ", "load.sh"),
            ("bq query --nouse_legacy_sql < ", "merge.sql"),
            ("bq query --nouse_legacy_sql --format=csv < ", "digest.sql"),
        ],
        more: "The tables are in the data set `linq`: make it once with `bq mk linq`, or put another name into the \
               files. `bigquery.load.sh` hands its arguments to `bq`, such as `--project_id=PROJECT`.",
    },
    Section {
        title: "DuckDB",
        dialect: "duckdb",
        commands: &[
            ("duckdb -bail linq.duckdb < ", "sql"),
            ("duckdb -bail -list -noheader linq.duckdb < ", "digest.sql"),
        ],
        more: "DuckDB 1.4 or later.",
    },
    Section {
        title: "Snowflake",
        dialect: "snowflake",
        commands: &[("snow sql --filename ", "sql"), ("snow sql --filename ", "digest.sql")],
        more: "Written from Snowflake's documentation, and not run there.",
    },
    Section {
        title: "ClickHouse",
        dialect: "clickhouse",
        commands: &[("clickhouse-client < ", "sql"), ("clickhouse-client < ", "digest.sql")],
        more: "The client reads the files.",
    },
    Section {
        title: "Spark",
        dialect: "spark",
        commands: &[("spark-sql -f ", "sql"), ("spark-sql -f ", "digest.sql")],
        more: "Spark reads the files: on a cluster they must stand where all of it can.",
    },
    Section {
        title: "PostgreSQL",
        dialect: "postgres",
        commands: &[("psql --file ", "sql"), ("psql --tuples-only --no-align --file ", "digest.sql")],
        more: "PostgreSQL 14 or later. ",
    },
];

/// The whole text.
pub(super) fn readme(input: &KitInput<'_>, loads: &[Load]) -> String {
    let sections = SECTIONS.iter().map(|section| section.text(loads));
    [introduction(input), sections.collect(), partitions(input, loads)].concat()
}

fn introduction(input: &KitInput<'_>) -> String {
    let mut of = format!("{} contacts", input.contacts.digest.rows);
    let mut keys = "`id`".to_owned();
    let mut digests = format!("Digest of the contacts: {}", input.contacts.digest);
    if let Some(owners) = &input.owners {
        of = format!("{of} and {} owners", owners.digest.rows);
        keys += ", owners by `owner_id`";
        digests = format!("{digests}  \nDigest of the owners: {}", owners.digest);
    }
    format!(
        "{TITLE}\n\
         For {of}, by linq-export. First, check the files against their manifest with `linq-export verify`.\n\n\
         Below, the first command loads, and the last one proves it: it computes the digest of the loaded table and \
         says `equal`, or which of count and sum differs. Rows are updated by {keys}, and inserted where there is \
         none. What the export has no more stays in the table, and then the digest differs. The deletes are in the files, \
         switched off: they are sound only if the manifest's `completeness.level` is `complete` or `snapshot`.\n\n\
         {digests}\n{}",
        hashed(input)
    )
}

/// What values are hashes, and of which key.
fn hashed(input: &KitInput<'_>) -> String {
    let Some(HashedColumns { columns, key_id }) = &input.hashed else { return String::new() };
    format!(
        "\nThe values of {} are not as the API has them: each is the HMAC-SHA-256 of one, in hexadecimal, with the key of \
         the id `{key_id}` (`options.hash_key` in the manifest). The same key gives the same hash.\n",
        columns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    )
}

impl Section {
    fn text(&self, loads: &[Load]) -> String {
        let commands = loads.iter().flat_map(|load| {
            // PostgreSQL loads no Parquet, and an empty table would not be equal.
            let proves = self.dialect != "postgres" || load.format != Format::Parquet;
            let commands = self.commands.iter().filter(move |(_, rest)| proves || *rest != "digest.sql");
            commands.map(|(command, rest)| format!("{command}{}\n", load.named(self.dialect, rest)))
        });
        let commands: String = commands.collect();
        format!("\n## {}\n\n```sh\n{commands}```\n\n{}{}\n", self.title, self.more, self.of_files(loads))
    }

    /// What else there is to say of the kind of files.
    fn of_files(&self, loads: &[Load]) -> &'static str {
        let parquet = loads.iter().any(|load| load.format == Format::Parquet);
        match (self.dialect, parquet) {
            ("postgres", true) => {
                "It reads no Parquet: the file makes the table alone. That of an export to CSV or NDJSON loads it, too. \
                 However it is loaded, the files `postgres*.digest.sql` prove it."
            }
            ("postgres", false) => "A row with the character NUL (U+0000) stops the load: its text cannot hold one.",
            _ => "",
        }
    }
}

/// How all partitions of a directory are read as one table.
fn partitions(input: &KitInput<'_>, loads: &[Load]) -> String {
    let root = input.partition.and_then(|(key, value)| {
        let contacts = loads.iter().find(|load| load.table == "contacts" && load.format == Format::Parquet)?;
        let (root, _) = contacts.files.first()?.rsplit_once(&format!("/{key}={value}/"))?;
        Some((key, value, root))
    });
    let Some((key, value, root)) = root else { return String::new() };
    // Not *.parquet alone: the owners' file has that ending, too.
    let all = standard(&format!("{root}/{key}=*/part-*.parquet"));
    format!(
        "\n## All partitions\n\nThe files above are those of `{key}={value}`. All of them in DuckDB, with `{key}` as a \
         column:\n\n```sql\nFROM read_parquet({all}, hive_partitioning = true);\n```\n"
    )
}
