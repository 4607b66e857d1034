//! The summary as text for a terminal: no color, and untrusted text sanitized.

use super::super::verify::minute;
use super::chart::{bars, padded};
use super::spans;
use crate::inspect::{ColumnFacts, Inspection, ManifestFacts, OwnerFacts, ParquetFacts, Stored};
use crate::text::humanize::{bytes, count, counted};
use crate::text::sanitize;

/// The whole text, without a trailing line break.
pub fn of(facts: &Inspection, width: usize) -> String {
    let mut text = head(facts);
    if !facts.columns.is_empty() {
        text.push('\n');
        text.push_str(&columns(facts));
    }
    text.push_str(&created(facts, width));
    text.push_str(&owners(facts, width));
    text.truncate(text.trim_end().len());
    text
}

/// What a row is: a contact, or an owner in a table of owners.
fn row(facts: &Inspection) -> &'static str {
    let has = |name: &str| facts.columns.iter().any(|column| column.name == name);
    match (has("contacts"), has("change_type")) {
        (true, _) => "owner",
        (_, true) => "change",
        _ => "contact",
    }
}

fn head(facts: &Inspection) -> String {
    let Inspection { path, files, rows, columns, bytes: size, .. } = facts;
    let parts = if *files > 1 { format!(" in {}", counted(*files, "file")) } else { String::new() };
    let rows = counted(*rows, row(facts));
    let width = if facts.raw { "raw JSON".to_owned() } else { counted(columns.len() as u64, "column") };
    let format = match &facts.parquet {
        Some(parquet) => format_of(parquet, columns),
        None if facts.codec == "none" => facts.format.to_owned(),
        None => format!("{}, {}", facts.format, facts.codec),
    };
    let manifest =
        facts.manifest.as_ref().map_or_else(|| "completeness: unknown (no manifest found)".to_owned(), completeness);
    let path = sanitize::inert(path);
    format!("{path}\n{rows}, {width}, {}{parts}\n{format}\n{manifest}\n", bytes(*size))
}

fn completeness(manifest: &ManifestFacts) -> String {
    let level = manifest.level.as_deref().map_or_else(|| "unknown".to_owned(), sanitize::escape);
    let when = manifest
        .finished_at
        .as_deref()
        .map(|when| format!(", exported {}", minute(&sanitize::escape(when))))
        .unwrap_or_default();
    let problem = manifest.problem.as_deref();
    let problem =
        problem.map(|problem| format!("\nTHE MANIFEST IS NOT RELIABLE: {} (see verify)", sanitize::escape(problem)));
    let owners = manifest.owners_of.as_deref();
    let owners = owners.map(|contacts| format!("owners of {}\n", sanitize::escape(contacts))).unwrap_or_default();
    format!("{owners}completeness: {level}{when}{}", problem.unwrap_or_default())
}

fn format_of(parquet: &ParquetFacts, columns: &[ColumnFacts]) -> String {
    let mut codecs: Vec<_> =
        columns.iter().filter_map(|column| column.stored.as_ref()).flat_map(|stored| &stored.codecs).collect();
    codecs.sort();
    codecs.dedup();
    let codecs: Vec<_> = codecs.into_iter().map(String::as_str).collect();
    let groups = &parquet.row_groups;
    let most = groups.iter().map(|group| group.rows).max().unwrap_or(0);
    let size = groups.iter().map(|group| group.compressed_bytes).max().unwrap_or(0);
    let bound = if groups.len() > 1 { "up to " } else { "" };
    let groups = match groups.len() {
        0 => "no row groups".to_owned(),
        number => {
            format!("{} of {bound}{} and {}", counted(number as u64, "row group"), counted(most, "row"), bytes(size))
        }
    };
    let codecs = if codecs.is_empty() { String::new() } else { format!(", {}", codecs.join(" and ")) };
    let programs: Vec<_> = parquet.created_by.iter().map(|program| sanitize::escape(program)).collect();
    let by = if programs.is_empty() { String::new() } else { format!("\nwritten by {}", programs.join(" and ")) };
    format!("parquet{codecs}, {groups}{by}")
}

fn columns(facts: &Inspection) -> String {
    let name = facts.columns.iter().map(|column| column.name.len()).max().unwrap_or(0).max("column".len());
    let kind = facts.columns.iter().map(|column| column.kind.len()).max().unwrap_or(0).max("type".len());
    let is_parquet = facts.parquet.is_some();
    let last = if is_parquet { "  encoding" } else { "" };
    let mut text =
        format!("{}  {}  {:>9}  {:>9}{last}\n", padded("column", name), padded("type", kind), "nulls", "size");
    for column in &facts.columns {
        let size = column.stored.as_ref().map_or(column.value_bytes, |stored| stored.compressed_bytes);
        let line = format!(
            "{}  {}  {:>9}  {:>9}  {}",
            padded(&column.name, name),
            padded(&column.kind, kind),
            count(column.nulls),
            bytes(size),
            column.stored.as_ref().map(encoding).unwrap_or_default()
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Short names of Parquet's encodings.
fn encoding(stored: &Stored) -> String {
    let word = |encoding: &String| match encoding.as_str() {
        "PLAIN" => "plain".to_owned(),
        "RLE_DICTIONARY" | "PLAIN_DICTIONARY" => "dictionary".to_owned(),
        "DELTA_BINARY_PACKED" | "DELTA_BYTE_ARRAY" | "DELTA_LENGTH_BYTE_ARRAY" => "delta".to_owned(),
        other => other.to_lowercase(),
    };
    let mut words: Vec<_> = stored.encodings.iter().map(word).collect();
    words.dedup();
    words.join(", ")
}

fn created(facts: &Inspection, width: usize) -> String {
    let Some(created) = facts.created.as_ref().filter(|_| facts.rows > 0) else { return String::new() };
    let (span, rows) = spans::of(&created.months);
    let without = match created.without {
        0 => String::new(),
        number => format!(" ({} without a creation date)", count(number)),
    };
    let day = |instant: &Option<String>| instant.as_deref().and_then(|text| text.split('T').next()).map(str::to_owned);
    let between = match (day(&created.first), day(&created.last)) {
        (Some(first), Some(last)) => format!(", {first} to {last}"),
        _ => String::new(),
    };
    format!("\ncontacts by creation {span}{between}{without}\n{}", bars(&rows, width))
}

fn owners(facts: &Inspection, width: usize) -> String {
    let Some(owners) = facts.owners.as_ref().filter(|_| facts.rows > 0) else { return String::new() };
    // The id comes first: names may be cut to the same text.
    let label = |owner: &OwnerFacts| {
        let name = owner.name.as_deref().map(str::trim).unwrap_or_default();
        format!("{} {name}", owner.id).trim_end().to_owned()
    };
    let rows: Vec<_> = owners.largest.iter().map(|owner| (label(owner), owner.contacts)).collect();
    let largest =
        if owners.distinct > rows.len() as u64 { format!(", the largest {}", rows.len()) } else { String::new() };
    let without = match owners.without {
        None | Some(0) => String::new(),
        Some(number) => format!(" ({} without an owner)", counted(number, "contact")),
    };
    format!("\ncontacts by owner: {}{largest}{without}\n{}", counted(owners.distinct, "owner"), bars(&rows, width))
}
