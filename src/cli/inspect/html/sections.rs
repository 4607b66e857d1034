//! The sections of the page, from top to bottom.

use super::write::{Cell, Kind, columns, escaped, paragraph, section, share, table};
use crate::changes::{ChangesSummary, Evidence};
use crate::cli::inspect::spans;
use crate::cli::verify::minute;
use crate::inspect::{
    ColumnFacts, CompaniesFacts, CreatedFacts, Inspection, ManifestFacts, OwnersFacts, QualityFacts, ValueFacts,
};
use crate::text::humanize::{bytes, count, counted};

/// All sections.
pub fn all(facts: &Inspection, changes: Option<(&str, &ChangesSummary)>) -> String {
    let sections = [
        Some(head(facts)),
        Some(completeness(facts.manifest.as_ref())),
        changes.map(|(old, changes)| changed(old, changes)),
        facts.quality.as_ref().map(|found| quality(found, facts.rows)),
        facts.created.as_ref().filter(|_| facts.rows > 0).map(created),
        facts.owners.as_ref().filter(|owners| !owners.largest.is_empty()).map(owners),
        facts.quality.as_ref().and_then(|quality| quality.companies.as_ref()).map(companies),
        Some(table_columns(facts)),
        facts.manifest.as_ref().and_then(warnings),
        facts.manifest.as_ref().and_then(settings),
    ];
    sections.into_iter().flatten().collect()
}

fn head(facts: &Inspection) -> String {
    let when = facts.manifest.as_ref().and_then(|manifest| manifest.finished_at.as_deref());
    let when = when.map_or_else(|| "without a date".to_owned(), |when| format!("exported {}", minute(when)));
    let name = std::path::Path::new(&facts.path)
        .file_name()
        .map_or(facts.path.clone(), |name| name.to_string_lossy().into_owned());
    let figure =
        |label: &str, value: String| format!("<li><strong>{}</strong> {}</li>\n", escaped(&value), escaped(label));
    let level =
        facts.manifest.as_ref().and_then(|manifest| manifest.level.clone()).unwrap_or_else(|| "unknown".to_owned());
    let owners = facts.owners.as_ref().map(|owners| figure("owners", count(owners.distinct))).unwrap_or_default();
    format!(
        "<h1>{}</h1>\n<p class=\"soft\">{}, {}, {}</p>\n<ul class=\"figures\">\n{}{owners}{}{}</ul>\n",
        escaped(&name),
        escaped(facts.format),
        escaped(&when),
        escaped(&counted(facts.files, "file")),
        figure("rows", count(facts.rows)),
        figure("size", bytes(facts.bytes)),
        figure("completeness", level),
    )
}

fn completeness(manifest: Option<&ManifestFacts>) -> String {
    let Some(manifest) = manifest else {
        return section("Completeness", &paragraph("Unknown: no manifest was found beside the file."));
    };
    let (class, meaning) = match manifest.level.as_deref() {
        Some("snapshot") => ("good", "Proven: exactly the contacts of the server's list at one instant."),
        Some("complete") => ("good", "Proven: every contact that existed throughout the run is included."),
        Some("counted") => {
            ("warn", "Not proven: as many contacts were found as the server counts, but some may be missing.")
        }
        Some("incomplete") => ("warn", "Not complete: contacts are missing, or the run had a limit."),
        _ => ("warn", "The manifest does not tell."),
    };
    let level = manifest.level.as_deref().unwrap_or("unknown");
    let mut body = format!("<p><span class=\"level {class}\">{}</span>: {}</p>\n", escaped(level), escaped(meaning));
    if let Some(problem) = &manifest.problem {
        body += &marked(&format!("The manifest is not reliable: {problem}"));
    }
    if !manifest.reasons.is_empty() {
        let reasons: Vec<_> = manifest.reasons.iter().map(|reason| format!("<li>{}</li>\n", escaped(reason))).collect();
        body += "<p>Why it is not higher, or what was noticed:</p>\n";
        body += &["<ul>\n", &reasons.concat(), "</ul>\n"].concat();
    }
    section("Completeness", &body)
}

fn marked(text: &str) -> String {
    format!("<p class=\"warn\">{}</p>\n", escaped(text))
}

fn changed(old: &str, changes: &ChangesSummary) -> String {
    let gone = match changes.deletions {
        Evidence::Proven => "deleted",
        Evidence::Unproven | Evidence::Unknown => "deleted, as far as proven",
    };
    let types = [
        ("inserted", changes.inserts),
        ("updated", changes.updates),
        (gone, changes.deletes),
        ("missing, perhaps deleted", changes.missing),
    ];
    let most = types.iter().map(|(_, number)| *number).max().unwrap_or(0);
    let rows: Vec<_> = types.iter().map(|(name, number)| bar_row(name, *number, most)).collect();
    let head = [("change", Kind::Text), ("contacts", Kind::Number), ("", Kind::Bar)];
    let mut body = table(&format!("Since {old}, which has {}", counted(changes.old_contacts, "contact")), &head, &rows);
    if !changes.columns.is_empty() {
        let most = changes.columns.iter().map(|column| column.updates).max().unwrap_or(0);
        let rows: Vec<_> = changes.columns.iter().map(|column| bar_row(&column.name, column.updates, most)).collect();
        body +=
            &table("Updates by column", &[("column", Kind::Text), ("updates", Kind::Number), ("", Kind::Bar)], &rows);
    }
    section("Changes", &body)
}

fn bar_row(name: &str, number: u64, most: u64) -> Vec<Cell> {
    vec![Cell::Text(name.to_owned()), Cell::Number(count(number)), Cell::Bar(share(number, most))]
}

fn quality(quality: &QualityFacts, rows: u64) -> String {
    let mut lines = Vec::new();
    let mut line = |what: &str, number: Option<u64>, missing: &str| {
        lines.push(match number {
            Some(number) => bar_row(what, number, rows),
            None => vec![Cell::Text(what.to_owned()), Cell::Number(missing.to_owned()), Cell::Bar(0.0)],
        });
    };
    line("without a name", quality.without_name, "no such column");
    for (name, values, malformed) in [
        ("email address", &quality.emails, "malformed email addresses (without text around an @)"),
        ("phone number", &quality.phones, "phone numbers that are not + and 8 to 15 digits"),
    ] {
        let found = |of: fn(&ValueFacts) -> Option<u64>| values.as_ref().and_then(of);
        let missing = if values.is_some() { "hashed" } else { "no such column" };
        line(
            &format!("without {} {name}", if name.starts_with('e') { "an" } else { "a" }),
            found(|values| Some(values.without)),
            missing,
        );
        line(malformed, found(|values| values.malformed), missing);
        line(&format!("that share their {name} with others"), found(|values| Some(values.in_groups)), missing);
    }
    let head = [("contacts", Kind::Text), ("number", Kind::Number), ("", Kind::Bar)];
    let mut body = table(&format!("Of {}", counted(rows, "contact")), &head, &lines);
    for (name, values) in [("email address", &quality.emails), ("phone number", &quality.phones)] {
        let Some(values) = values.as_ref().filter(|values| values.groups > 0) else { continue };
        let most = values.sizes.iter().map(|size| size.groups).max().unwrap_or(0);
        let rows: Vec<_> =
            values.sizes.iter().map(|size| bar_row(&counted(size.contacts, "contact"), size.groups, most)).collect();
        let head = [("contacts that share one", Kind::Text), ("groups", Kind::Number), ("", Kind::Bar)];
        body += &table(&format!("Groups of contacts with the same {name}"), &head, &rows);
    }
    section("Data quality", &body)
}

fn created(created: &CreatedFacts) -> String {
    let (span, bars) = spans::of(&created.months);
    let day = |instant: &Option<String>| instant.as_deref().and_then(|text| text.get(..10)).unwrap_or("?").to_owned();
    let about = format!("Contacts by {span} of creation, from {} to {}", day(&created.first), day(&created.last));
    let mut body = columns("Contacts by creation", &about, &bars);
    if created.without > 0 {
        body += &paragraph(&format!("{} without a date of creation", counted(created.without, "contact")));
    }
    let most = bars.iter().map(|(_, number)| *number).max().unwrap_or(0);
    let rows: Vec<_> = bars.iter().map(|(label, number)| bar_row(label, *number, most)).collect();
    let head = [(span, Kind::Text), ("contacts", Kind::Number), ("", Kind::Bar)];
    body += &["<details>\n<summary>As a table</summary>\n", &table(&about, &head, &rows), "</details>\n"].concat();
    section("Created", &body)
}

fn owners(owners: &OwnersFacts) -> String {
    let most = owners.largest.iter().map(|owner| owner.contacts).max().unwrap_or(0);
    let name = |name: &Option<String>| name.as_deref().map(str::trim).unwrap_or_default().to_owned();
    let rows: Vec<_> = owners
        .largest
        .iter()
        .map(|owner| {
            vec![
                Cell::Text(owner.id.to_string()),
                Cell::Text(name(&owner.name)),
                Cell::Number(count(owner.contacts)),
                Cell::Bar(share(owner.contacts, most)),
            ]
        })
        .collect();
    let head = [("id", Kind::Text), ("name", Kind::Text), ("contacts", Kind::Number), ("", Kind::Bar)];
    let without = owners.without.filter(|without| *without > 0);
    let without =
        without.map(|without| format!("; {} without an owner", counted(without, "contact"))).unwrap_or_default();
    let caption =
        format!("The {} with the most contacts, of {}{without}", owners.largest.len(), count(owners.distinct));
    section("Owners", &table(&caption, &head, &rows))
}

fn companies(companies: &CompaniesFacts) -> String {
    if companies.largest.is_empty() {
        return section("Companies", &paragraph("No company has five contacts or more, so none is named here."));
    }
    let most = companies.largest.iter().map(|company| company.contacts).max().unwrap_or(0);
    let rows: Vec<_> = companies.largest.iter().map(|company| bar_row(&company.name, company.contacts, most)).collect();
    let head = [("company", Kind::Text), ("contacts", Kind::Number), ("", Kind::Bar)];
    let caption = format!(
        "The largest, with at least five contacts each, of {}; {} without a company",
        count(companies.distinct),
        counted(companies.without, "contact")
    );
    section("Companies", &table(&caption, &head, &rows))
}

fn table_columns(facts: &Inspection) -> String {
    let size =
        |column: &ColumnFacts| column.stored.as_ref().map_or(column.value_bytes, |stored| stored.compressed_bytes);
    let most = facts.columns.iter().map(size).max().unwrap_or(0);
    let rows: Vec<_> = facts
        .columns
        .iter()
        .map(|column| {
            vec![
                Cell::Text(column.name.clone()),
                Cell::Text(column.kind.clone()),
                Cell::Number(count(column.nulls)),
                Cell::Bar(share(column.nulls, facts.rows)),
                Cell::Number(bytes(size(column))),
                Cell::Bar(share(size(column), most)),
            ]
        })
        .collect();
    if rows.is_empty() {
        return section("Columns", &paragraph("The lines are the API's own JSON, not a table."));
    }
    let head = [
        ("column", Kind::Text),
        ("type", Kind::Text),
        ("nulls", Kind::Number),
        ("", Kind::Bar),
        ("size", Kind::Number),
        ("", Kind::Bar),
    ];
    let caption =
        if facts.parquet.is_some() { "Sizes are those in the file" } else { "Sizes are those of the values as text" };
    section("Columns", &table(caption, &head, &rows))
}

fn warnings(manifest: &ManifestFacts) -> Option<String> {
    let rows: Vec<_> = manifest
        .warnings
        .iter()
        .map(|warning| {
            vec![
                Cell::Text(warning.column.clone()),
                Cell::Text(warning.kind.replace('_', " ")),
                Cell::Number(count(warning.count)),
            ]
        })
        .collect();
    let head = [("column", Kind::Text), ("warning", Kind::Text), ("values", Kind::Number)];
    (!rows.is_empty()).then(|| section("Warnings", &table("Values that could not be stored as sent", &head, &rows)))
}

fn settings(manifest: &ManifestFacts) -> Option<String> {
    let rows: Vec<_> = manifest
        .settings
        .iter()
        .map(|(name, value)| vec![Cell::Text(name.replace('_', " ")), Cell::Text(value.clone())])
        .collect();
    let head = [("setting", Kind::Text), ("value", Kind::Text)];
    (!rows.is_empty()).then(|| section("Settings", &table("Those of the export, as in its manifest", &head, &rows)))
}
