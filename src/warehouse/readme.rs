//! The README of a kit: which commands to run for each warehouse, in order.

use super::contribution::{DIGEST, Section};
use super::dialect::Dialect;
use super::input::{HashedColumns, KitInput, Table};
use super::load_script::file_name;
use super::location::{ACCOUNT, ACCOUNT_VARIABLE, Location};
use super::quote::standard;
use crate::config::Format;
use crate::storage::Cloud;
use crate::text::humanize::counted;

/// The first line, by which the README of a kit is recognized.
pub(crate) const TITLE: &str = "# Loading this export\n";

/// The whole text.
pub(super) fn readme(input: &KitInput<'_>, tables: &[Table]) -> String {
    let sections = Dialect::ALL.into_iter().filter_map(|dialect| Some(text_of(dialect, dialect.section()?, tables)));
    [introduction(input), load_scripts(input), objects(tables), sections.collect(), partitions(input, tables)].concat()
}

fn introduction(input: &KitInput<'_>) -> String {
    let mut rows = counted(input.contacts.digest.rows, "contact");
    let mut keys = "`id`".to_owned();
    let mut digests = format!("Digest of the contacts: {}", input.contacts.digest);
    if let Some(owners) = &input.owners {
        rows = format!("{rows} and {}", counted(owners.digest.rows, "owner"));
        keys += ", owners by `owner_id`";
        digests = format!("{digests}  \nDigest of the owners: {}", owners.digest);
    }
    format!(
        "{TITLE}\n\
         {rows}, exported by linq-export {version}. Before loading, check the files against their manifest with \
         `linq-export verify`.\n\n\
         For each warehouse, run the commands in order. The digest queries check the loaded tables: each computes a table's \
         digest and prints `equal`, or whether the count or the sum differs.\n\n\
         Contacts are upserted by {keys}. {deletes}\n\n\
         {digests}\n{}",
        hashed(input.hashed.as_ref()),
        deletes = deletes(input),
        version = env!("CARGO_PKG_VERSION"),
    )
}

/// What happens to rows that are missing from the export.
fn deletes(input: &KitInput<'_>) -> String {
    let level = input.level;
    let remain = "Rows missing from the new export remain in the table, so the check then reports a difference. The scripts contain \
                  statements that delete such rows, commented out";
    match (input.deletes, level.proves_deletions()) {
        (true, true) => {
            format!(
                "Rows missing from the new export are deleted: its level, `{level}`, proves that they were deleted in Linq."
            )
        }
        (true, false) => format!(
            "{remain}, although `--kit-deletes` was given: this export is only `{level}`, so it may lack contacts that still \
             exist. Deletes need the level `complete` or `snapshot`."
        ),
        (false, _) => format!(
            "{remain}: enable them only if `completeness.level` in the manifest is `complete` or `snapshot`, or export with \
             `--kit-deletes`."
        ),
    }
}

/// The scripts that load the export in one step.
fn load_scripts(input: &KitInput<'_>) -> String {
    let command = |dialect: Dialect| {
        let script = dialect.section()?.load_script.as_ref()?;
        dialect.load(input.format)?;
        Some(format!("sh {} {}\n", file_name(dialect), script.example))
    };
    let commands: String = Dialect::ALL.into_iter().filter_map(command).collect();
    format!(
        "\n## In one step\n\n\
         Each of these scripts verifies the export, loads it in one transaction (in BigQuery, one per table), and exits with 0 only if the table then equals the \
         export. Run one of them after each export: nothing needs to be edited, and a second run changes nothing. Its first lines \
         list the exit codes.\n\n```sh\n{commands}```\n"
    )
}

/// Where the files are, if they are in an object store.
pub(super) fn objects<'a>(tables: impl IntoIterator<Item = &'a Table>) -> String {
    let mut cloud = None;
    let places = tables.into_iter().filter_map(|table| {
        let object = table.files.first().and_then(Location::object)?;
        cloud = Some(object.cloud);
        let place = match table.files.as_slice() {
            [_] => format!("`{}`", object.url()),
            files => {
                let url = object.url();
                let (_, name) = object.split_key();
                format!("{} in `{}`", counted(files.len() as u64, "object"), url.strip_suffix(name).unwrap_or(&url))
            }
        };
        Some(format!("- `{}`: {place}\n", table.kind))
    });
    let places: String = places.collect();
    let account = format!(
        "\nURLs in `az://` do not contain the storage account. Set `{ACCOUNT_VARIABLE}`, and put the name into the SQL:\n\n\
         ```sh\nperl -pi -e 's/{ACCOUNT}/$ENV{{{ACCOUNT_VARIABLE}}}/g' *.sql\n```\n\n\
         `az` takes its credentials from `az login` with `AZURE_STORAGE_AUTH_MODE=login`, or from `AZURE_STORAGE_KEY` or \
         `AZURE_STORAGE_SAS_TOKEN`.\n"
    );
    match cloud {
        None => String::new(),
        Some(Cloud::Azure) => format!("\n## Files\n\n{places}{account}"),
        Some(Cloud::S3 | Cloud::Gcs) => format!("\n## Files\n\n{places}"),
    }
}

/// Which columns hold hashes, and with which key.
pub(super) fn hashed(hashed: Option<&HashedColumns<'_>>) -> String {
    let Some(HashedColumns { columns, key_id }) = hashed else { return String::new() };
    format!(
        "\nHashed columns: {}. Each value is the HMAC-SHA-256 of the API's value, in hexadecimal, with the key whose id is \
         `{key_id}` (`options.hmac_key` in the manifest). The same key gives the same hashes.\n",
        columns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    )
}

fn text_of(dialect: Dialect, section: &Section, tables: &[Table]) -> String {
    let commands = tables.iter().flat_map(|table| {
        // An empty table would never have the export's digest.
        let runs = move |file: &str| dialect.load(table.format).is_some() || file == section.table_file;
        let commands = section.commands.iter().filter(move |(_, file)| runs(file));
        commands.map(|(command, file)| format!("{command}{}\n", table.file_name(dialect.name(), file)))
    });
    let commands: String = commands.collect();
    let reads = tables
        .iter()
        .find(|table| dialect.load(table.format).is_some())
        .map_or("", |table| (section.reads)(table.cloud()));
    let notes = [section.note, reads, &not_loaded(dialect, section, tables)].concat();
    format!("\n## {}\n\n```sh\n{commands}```\n\n{}\n", section.title, notes.trim_end())
}

/// What a user can do if the warehouse cannot read the export's format.
fn not_loaded(dialect: Dialect, section: &Section, tables: &[Table]) -> String {
    let Some(table) = tables.iter().find(|table| dialect.load(table.format).is_none()) else { return String::new() };
    let name = dialect.name();
    format!(
        "This warehouse is not loaded from `{}` files: `{}` only creates the table. To load it, export to {}. However the \
         table is loaded, `{name}*.{DIGEST}` checks it.",
        table.format.ending(),
        table.file_name(name, section.table_file),
        formats(section),
    )
}

/// The formats that a warehouse is loaded from.
pub(super) fn formats(section: &Section) -> String {
    let formats: Vec<_> = section.loads.iter().map(|(format, _)| format!("`{}`", format.ending())).collect();
    formats.join(" or ")
}

/// How to read all partitions of a directory as one table.
fn partitions(input: &KitInput<'_>, tables: &[Table]) -> String {
    let root = input.partition.and_then(|(key, value)| {
        let contacts = tables.iter().find(|table| table.kind == "contacts" && table.format == Format::Parquet)?;
        let file = contacts.files.first()?.text();
        let (root, _) = file.rsplit_once(&format!("/{key}={value}/"))?;
        Some((key, value, root.to_owned()))
    });
    let Some((key, value, root)) = root else { return String::new() };
    // *.parquet would also match the file of owners.
    let all = standard(&format!("{root}/{key}=*/part-*.parquet"));
    format!(
        "\n## All partitions\n\nThe files above are those of `{key}={value}`. To read all partitions in DuckDB, with `{key}` \
         as a column:\n\n```sql\nFROM read_parquet({all}, hive_partitioning = true);\n```\n"
    )
}
