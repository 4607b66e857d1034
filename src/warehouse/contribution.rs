//! What one warehouse contributes to a kit: each dialect file fills in a [`Section`].

use super::input::{Changes, KitFile, Table};
use super::quote::Quotes;
use crate::config::Format;
use crate::storage::Cloud;

/// Writes the part of a script that reads the files of a table.
pub(super) type Load = fn(&Table) -> String;

/// The kit's files and README section for one warehouse.
pub(super) struct Section {
    pub title: &'static str,
    /// How it quotes names.
    pub quotes: Quotes,
    /// The names of its files, without the dialect's name in front.
    pub files: &'static [&'static str],
    /// The commands in order, each with the name of the file that it runs.
    pub commands: &'static [(&'static str, &'static str)],
    /// What a user must know besides the commands; may be empty.
    pub note: &'static str,
    /// How it reads the files, and what that needs, by the store that they are in, if any; may be empty.
    pub reads: fn(Option<Cloud>) -> &'static str,
    /// The formats that it is loaded from, and how. It is a list rather than a `match`, so that a new format needs an
    /// edit only in the dialects that can read it.
    pub loads: &'static [(Format, Load)],
    /// The script that upserts an export into the table, or only creates the table if the format cannot be read.
    pub table_file: &'static str,
    /// The statements that create the table.
    pub create: fn(&Table) -> String,
    /// The files that load an export, `table_file` among them.
    pub scripts: fn(&Table, Load) -> Vec<KitFile>,
    /// How to load it in one step, if there is a script for that.
    pub load_script: Option<LoadScript>,
    /// The query that compares the loaded table's digest with the export's.
    pub digest: fn(&Table) -> String,
    /// The files that apply changes to the table of contacts, `table_file` among them.
    pub apply: fn(&Changes, Load) -> Vec<KitFile>,
    /// The script that adds changes to a history of the contacts.
    pub history: fn(&Changes, Load) -> String,
}

/// How a warehouse is loaded in one step, by a script for `sh`.
pub(super) struct LoadScript {
    /// The arguments, for the help in the script.
    pub usage: &'static str,
    /// An example of the arguments.
    pub example: &'static str,
    /// What the arguments are, and what the script takes from the environment.
    pub about: &'static str,
    /// The commands that check the arguments.
    pub arguments: &'static str,
    /// The script that loads the files into a staging table first, if the SQL cannot. It takes the same arguments.
    pub stage: Option<&'static str>,
    /// The command that runs the SQL on its stdin, and stops at the first error.
    pub run: &'static str,
    /// The command that runs a query on its stdin, and prints the value in the last line.
    pub ask: &'static str,
    pub begin: &'static str,
    pub commit: &'static str,
    /// How many transactions that is.
    pub atomic: &'static str,
    /// What a failure leaves behind.
    pub unloaded: &'static str,
    /// The statements of a table before the transaction, and those in it. One of them fails unless exactly the export was loaded.
    pub sql: fn(&Table, Load) -> (String, String),
}

/// The file with the script of [`Section::history`].
pub(super) const HISTORY: &str = "history.sql";

/// The file with the query of [`Section::digest`].
pub(super) const DIGEST: &str = "digest.sql";
