//! What changed between two exports, as lines for people.

use crate::changes::{ChangesSummary, Evidence};
use crate::config::Output;
use crate::text::humanize::{count, counted};

/// At most this many columns are listed.
const COLUMNS: usize = 10;

/// The lines of the summary.
pub(crate) fn changes_lines(summary: &ChangesSummary, output: Option<&Output>) -> Vec<String> {
    let rows = summary.inserts + 2 * summary.updates + summary.deletes + summary.missing;
    let written = output.map(|output| {
        let output = if *output == Output::Stdout { "stdout".to_owned() } else { output.to_string() };
        format!("wrote {} to {output}", counted(rows, "row"))
    });
    let gone = match summary.deletions {
        Evidence::Proven => format!("{} deleted", count(summary.deletes)),
        Evidence::Unproven => format!("{} missing", count(summary.missing)),
        Evidence::Unknown => "deletions unknown".to_owned(),
    };
    let mut lines: Vec<_> = written.into_iter().collect();
    lines.push(format!(
        "{} before, {} after: {} inserted, {} updated, {gone}",
        counted(summary.old_contacts, "contact"),
        count(summary.new_contacts),
        count(summary.inserts),
        count(summary.updates)
    ));
    lines.extend(columns(summary));
    match summary.deletions {
        Evidence::Proven => {}
        Evidence::Unproven if summary.missing == 0 => {}
        Evidence::Unproven => lines.push(
            "note: the new export is not proven complete, so contacts that it lacks are marked as missing, not deleted"
                .to_owned(),
        ),
        Evidence::Unknown => {
            lines.push("note: the new export is incomplete, so contacts that it lacks are left out".to_owned());
        }
    }
    if !summary.inserts_proven && summary.inserts > 0 {
        lines.push(
            "note: the old export is not proven complete, so inserted contacts may have existed before".to_owned(),
        );
    }
    lines
}

/// The most changed columns.
fn columns(summary: &ChangesSummary) -> Option<String> {
    let named = summary.columns.iter().take(COLUMNS);
    let named: Vec<_> = named.map(|column| format!("{} {}", column.name, count(column.updates))).collect();
    let more = summary.columns.len().saturating_sub(COLUMNS);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    (!named.is_empty()).then(|| format!("changed columns: {}{more}", named.join(", ")))
}
