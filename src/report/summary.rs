//! The summary of a successful export, as lines for people.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::style::Style;
use crate::config::Output;
use crate::destination::has_stream;
use crate::events::{ChangesWritten, Continuity, MeasuredRate, Summary};
use crate::exit::ExitCode;
use crate::proof::{CarriedOver, Certificate, Level, Reason};
use crate::storage::is_url;
use crate::text::humanize::{bytes, count, counted, seconds};
use crate::text::sanitize;
use crate::warehouse::shell;

/// The lines of the summary. The last ones tell how complete the export is, where its manifest is, and what to do next.
pub(crate) fn summary_lines(summary: &Summary, kit: Option<&Path>, style: Style) -> Vec<String> {
    let Summary { read, bytes: size, elapsed, .. } = summary;
    let mut lines = vec![
        written(summary, style),
        format!(
            "{}, {}, {} read, {} written, {}",
            counted(read.pages, "page"),
            counted(read.requests, "request"),
            bytes(read.bytes),
            bytes(*size),
            seconds(*elapsed)
        ),
    ];
    lines.extend(read.rate.filter(|measured| measured.is_limit).map(sustained));
    for ((kind, column), (_, times)) in &read.warnings {
        lines.push(format!("warning: {column}: {kind} ({})", counted(*times, "time")));
    }
    lines
        .extend(kit.map(|kit| format!("to load and check the export, see {}", sanitize::path(&kit.join("README.md")))));
    lines.extend(summary.changes.as_ref().map(changed));
    let changes_kit = summary.changes.as_ref().and_then(|changes| changes.kit.as_ref());
    lines.extend(
        changes_kit.map(|kit| format!("to apply them to a table, see {}", sanitize::path(&kit.join("README.md")))),
    );
    lines.extend(read.continuity.as_ref().map(since));
    lines.push(completeness(&read.certificate));
    if summary.exit() == ExitCode::Incomplete {
        lines.push(format!("published below the required level {} (--allow-incomplete)", summary.required));
    }
    lines.extend(next(summary, style));
    lines
}

/// Where the manifest is, and how to check the files against it. A stream has none.
fn next(Summary { output, .. }: &Summary, style: Style) -> Vec<String> {
    let manifest = output.manifest_path().filter(|_| !has_stream(output));
    let (Some(manifest), Some(target)) = (manifest, output.target()) else { return Vec::new() };
    vec![
        format!("manifest: {}", linked(manifest.strip_prefix(".").unwrap_or(&manifest), style)),
        format!("next: linq-export verify {}", word(&sanitize::path(&target))),
    ]
}

/// A path, as a link to it if it is local.
fn linked(path: &Path, style: Style) -> String {
    let name = sanitize::path(path);
    if is_url(path) { name } else { style.link(&name, path) }
}

/// A text as one word of a shell command.
fn word(text: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "/._-+=:@%,~".contains(character);
    if text.chars().all(is_plain) { text.to_owned() } else { shell(text) }
}

/// The changes that were written.
fn changed(changes: &ChangesWritten) -> String {
    let ChangesWritten { path, is_first, inserts, updates, deletes, missing, .. } = changes;
    let missing = if *missing > 0 { format!(", {} missing", count(*missing)) } else { String::new() };
    let first = if *is_first { " (the first export: all contacts)" } else { "" };
    format!(
        "wrote changes to {}: {} inserted{first}, {} updated, {} deleted{missing}",
        sanitize::path(path),
        count(*inserts),
        count(*updates),
        count(*deletes)
    )
}

/// What became of the contacts of the previous export.
fn since(continuity: &Continuity) -> String {
    let Continuity { previous, carried_over } = continuity;
    let time = previous.watermark.parse::<DateTime<Utc>>();
    let time = time.map_or_else(|_| "the previous export".to_owned(), |time| time.format("%F %R UTC").to_string());
    let CarriedOver { new, deleted, recovered, unconfirmed, reason, .. } = carried_over;
    let (confirmed, unconfirmed) = match (*deleted, unconfirmed.len()) {
        (1.., 0) => (" (all confirmed)", String::new()),
        (_, 0) => ("", String::new()),
        (_, some) => ("", format!(" {} unconfirmed,", count(some as u64))),
    };
    let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!(
        "since {time}: {} new, {} deleted{confirmed},{unconfirmed} {} recovered{why}",
        count(*new),
        count(*deleted),
        count(*recovered)
    )
}

fn sustained(measured: MeasuredRate) -> String {
    format!("sustained rate: {:.1} requests/s", measured.rate)
}

fn written(summary: &Summary, style: Style) -> String {
    let Summary { read, output, owners, .. } = summary;
    let (contacts, owner_rows) = (counted(read.contacts, "contact"), counted(read.owners, "owner"));
    let output = match output.target() {
        _ if *output == Output::Stdout => "stdout".to_owned(),
        Some(target) if !output.is_object() => style.link(&sanitize::inert(&output.to_string()), &target),
        _ => sanitize::inert(&output.to_string()),
    };
    match owners {
        None => format!("wrote {contacts} ({owner_rows}) to {output}"),
        Some(owners) => format!("wrote {contacts} to {output} and {owner_rows} to {}", linked(owners, style)),
    }
}

/// The completeness of the export, in capitals if it was checked but not proven.
fn completeness(certificate: &Certificate) -> String {
    let reasons = &certificate.reasons[..];
    match (certificate.level, reasons) {
        (Level::Snapshot, _) => "completeness: snapshot. Exactly the server's list at one instant".to_owned(),
        (Level::Complete, _) => {
            let (deleted, others): (Vec<_>, Vec<_>) =
                reasons.iter().partition(|reason| matches!(reason, Reason::Deleted { .. }));
            let others = if others.is_empty() { String::new() } else { format!(" ({})", joined(others)) };
            format!(
                "completeness: complete. Every contact that existed throughout the run is included{}{others}",
                deleted.into_iter().map(and_deleted).collect::<String>()
            )
        }
        (Level::Incomplete, [Reason::Limited { contacts }]) => format!(
            "completeness: not checked (stopped after --limit {contacts} of {})",
            counted(certificate.total_first, "contact")
        ),
        (Level::Counted, _) => {
            format!("COMPLETENESS NOT PROVEN: counted (counts agree, unproven): {}", joined(reasons))
        }
        (level, _) => format!("COMPLETENESS NOT PROVEN: {level}: {}", joined(reasons)),
    }
}

fn and_deleted(reason: &Reason) -> String {
    match reason {
        Reason::Deleted { contacts: 1 } => ", and 1 that was deleted during it".to_owned(),
        Reason::Deleted { contacts } => format!(", and {} that were deleted during it", count(*contacts)),
        _ => String::new(),
    }
}

fn joined<'r>(reasons: impl IntoIterator<Item = &'r Reason>) -> String {
    reasons.into_iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_is_explained_in_one_line() {
        let line = |level, reasons| {
            completeness(&Certificate { level, reasons, total_first: 2_500, ..Certificate::default() })
        };
        for (level, reasons, expected) in [
            (Level::Snapshot, vec![], "completeness: snapshot. Exactly the server's list at one instant"),
            (
                Level::Complete,
                vec![Reason::Deleted { contacts: 8 }],
                "completeness: complete. Every contact that existed throughout the run is included, and 8 that were \
                 deleted during it",
            ),
            (
                Level::Complete,
                vec![Reason::Deleted { contacts: 1 }],
                "completeness: complete. Every contact that existed throughout the run is included, and 1 that was \
                 deleted during it",
            ),
            (
                Level::Incomplete,
                vec![Reason::Limited { contacts: 5 }],
                "completeness: not checked (stopped after --limit 5 of 2,500 contacts)",
            ),
        ] {
            assert_eq!(line(level, reasons), expected);
        }
        let moved = Reason::Moved.to_string();
        for (level, start) in [
            (Level::Complete, "completeness: complete. Every"),
            (Level::Counted, "COMPLETENESS NOT PROVEN: counted (counts agree, unproven): "),
            (Level::Incomplete, "COMPLETENESS NOT PROVEN: incomplete: "),
        ] {
            let line = line(level, vec![Reason::Moved]);
            assert!(line.starts_with(start) && line.contains(&moved), "{line}");
        }
    }
}
