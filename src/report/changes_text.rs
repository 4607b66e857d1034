//! What changed between two exports, as lines for people.

use std::path::Path;

use crate::changes::{ChangesSummary, Evidence};
use crate::config::Output;
use crate::text::humanize::{count, counted};
use crate::text::sanitize::inert;

/// At most this many columns are listed.
const COLUMNS: usize = 10;

/// The lines of the summary.
pub(crate) fn changes_lines(summary: &ChangesSummary, output: Option<&Output>, kit: Option<&Path>) -> Vec<String> {
    let rows = summary.inserts + 2 * summary.updates + summary.deletes + summary.missing;
    let written = output.map(|output| {
        let output = if *output == Output::Stdout { "stdout".to_owned() } else { inert(&output.to_string()) };
        format!("wrote {} to {output}", counted(rows, "row"))
    });
    let gone = match summary.deletions {
        Evidence::Proven => format!("{} deleted", count(summary.deletes)),
        Evidence::Unproven if summary.deletes == 0 => format!("{} missing", count(summary.missing)),
        Evidence::Unproven => format!("{} deleted, {} missing", count(summary.deletes), count(summary.missing)),
        Evidence::Unknown if summary.deletes == 0 => "deletions unknown".to_owned(),
        Evidence::Unknown => format!("{} deleted, others unknown", count(summary.deletes)),
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
            "note: the new export is not proven complete, so contacts that it lacks and that were not confirmed as deleted are \
             marked as missing"
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
    lines.extend(kit.map(|kit| format!("to apply the changes to a table, see {}", kit.join("README.md").display())));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changes::ColumnUpdates;

    fn summary(deletions: Evidence, inserts_proven: bool, columns: usize) -> ChangesSummary {
        let column = |column: usize| ColumnUpdates { name: format!("c{column}"), updates: 1_000 };
        ChangesSummary {
            old_contacts: 1,
            new_contacts: 2_500,
            inserts: 2_400,
            updates: 7,
            deletions,
            deletes: 3,
            missing: 0,
            inserts_proven,
            columns: (0..columns).map(column).collect(),
        }
    }

    #[test]
    fn counts_come_first_and_the_ten_most_changed_columns_next() {
        let lines = changes_lines(&summary(Evidence::Proven, true, 12), Some(&Output::Stdout), Some(Path::new("kit")));
        assert_eq!(
            lines,
            [
                "wrote 2,417 rows to stdout",
                "1 contact before, 2,500 after: 2,400 inserted, 7 updated, 3 deleted",
                "changed columns: c0 1,000, c1 1,000, c2 1,000, c3 1,000, c4 1,000, c5 1,000, c6 1,000, c7 1,000, c8 1,000, \
                 c9 1,000, and 2 more",
                "to apply the changes to a table, see kit/README.md",
            ]
        );
    }

    #[test]
    fn notes_say_what_is_not_proven() {
        let lines = |deletions, inserts_proven| changes_lines(&summary(deletions, inserts_proven, 0), None, None);
        assert!(lines(Evidence::Proven, false)[1].contains("inserted contacts may have existed before"));
        let missing = ChangesSummary { deletes: 0, missing: 4, ..summary(Evidence::Unproven, true, 0) };
        let missing = changes_lines(&missing, None, None);
        assert!(
            missing[0].ends_with("7 updated, 4 missing") && missing[1].contains("marked as missing"),
            "{missing:?}"
        );
        let unknown = ChangesSummary { deletes: 0, ..summary(Evidence::Unknown, true, 0) };
        let unknown = changes_lines(&unknown, None, None);
        assert!(lines(Evidence::Unknown, true)[0].ends_with("3 deleted, others unknown"));
        assert!(unknown[0].ends_with("deletions unknown") && unknown[1].contains("are left out"), "{unknown:?}");
    }
}
