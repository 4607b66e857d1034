//! The history of the contacts: a table of all changes, and a view of every version of a contact with its validity.
//!
//! The table of contacts is the base. Contacts that no change mentions are in it as they always were, and those before their
//! first change are that change's preimage, so nothing is stored twice and no history is rewritten.

use super::input::Changes;
use super::merge::EFFECTIVE;

/// The view, without a dataset.
const VIEW: &str = "contacts_history";

/// What a dialect calls the tables.
pub(super) struct History<'a> {
    /// What precedes the names of tables: a dataset with a dot, or nothing.
    pub within: &'static str,
    /// What follows the name of a table in FROM.
    pub read: &'static str,
    /// The condition that the id of a contact is not in a table of changes.
    pub unmentioned: fn(&str) -> String,
    pub changes: &'a Changes,
}

/// [`History::unmentioned`] for dialects with correlated subqueries. `PostgreSQL` is slow with `NOT IN` and many rows.
pub(super) fn not_exists(changes: &str) -> String {
    format!("NOT EXISTS (SELECT 1 FROM {changes} AS c WHERE c.id = contacts.id)")
}

impl History<'_> {
    /// The first comment of the script.
    pub fn purpose(&self) -> String {
        let Self { within, changes, .. } = self;
        format!(
            "-- Adds the changes to {within}{}, and creates the view {within}{VIEW}. A second run adds nothing.\n\
             -- Run it after the script that applies the changes, for every comparison since the first one.\n",
            changes.table.name()
        )
    }

    /// The changes as rows of the history, replacing those of an earlier run.
    pub fn load(&self, source: &str) -> String {
        let (table, list) = (&self.changes.table, self.changes.table.column_list());
        let target = format!("{}{}", self.within, table.name());
        format!(
            "DELETE FROM {target} WHERE seen_by IN (SELECT seen_by FROM {source});\n\
             INSERT INTO {target} ({list})\nSELECT {list}\nFROM {source};\n"
        )
    }

    /// The view. A version is valid from `valid_from` until before `valid_to`, which is null for the current one.
    pub fn view(&self) -> String {
        let Self { within, read, unmentioned, changes } = self;
        let list = changes.contacts.column_list();
        let contacts = format!("{within}{}{read}", changes.contacts.name());
        let table = format!("{within}{}{read}", changes.table.name());
        let unmentioned = unmentioned(&table);
        let begin = format!("(SELECT MIN(seen_after) FROM {table})");
        format!(
            "-- Each version of a contact. The first ones are valid from the start of the oldest export, the others from the\n\
             -- time at which they were seen. Contacts that are missing, but not proven to be deleted, remain valid.\n\
             CREATE OR REPLACE VIEW {within}{VIEW} AS\n\
             WITH seen AS (\n  \
             SELECT change_type, {list}, seen_by, MIN(seen_by) OVER (PARTITION BY id) AS first_seen\n  FROM {table}\n),\n\
             versions AS (\n  \
             SELECT 'insert' AS kind, {list}, {begin} AS valid_from\n  FROM {contacts}\n  \
             WHERE {unmentioned}\n  \
             UNION ALL\n  \
             SELECT 'insert' AS kind, {list}, {begin} AS valid_from\n  FROM seen\n  \
             WHERE seen_by = first_seen AND change_type IN ('update_preimage', 'delete', 'missing')\n  \
             UNION ALL\n  \
             SELECT change_type AS kind, {list}, seen_by AS valid_from\n  FROM seen\n  WHERE {EFFECTIVE}\n),\n\
             ordered AS (\n  \
             SELECT kind, {list}, valid_from,\n    \
             LEAD(valid_from) OVER (PARTITION BY id ORDER BY valid_from) AS valid_to\n  FROM versions\n)\n\
             SELECT {list}, valid_from, valid_to\nFROM ordered\nWHERE kind <> 'delete';\n"
        )
    }

    /// What the digest is computed of: the current versions.
    pub fn current(&self) -> String {
        format!("{}{VIEW} WHERE valid_to IS NULL", self.within)
    }
}
