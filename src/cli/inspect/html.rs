//! The summary as one HTML file: no script, nothing from elsewhere, and no value of a contact but the names of companies that many
//! have.

mod sections;
mod write;

use crate::changes::ChangesSummary;
use crate::inspect::Inspection;
use write::escaped;

const STYLE: &str = include_str!("page.css");
/// Nothing is loaded or run.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The whole page. `changes` are those since another export.
pub fn page(facts: &Inspection, changes: Option<(&str, &ChangesSummary)>) -> String {
    let title = format!("{} – linq-export", facts.path);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        escaped(&title),
        sections::all(facts, changes),
    )
}
