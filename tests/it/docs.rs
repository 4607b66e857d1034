//! Checks the documents against the program: the command line reference is its help, and the README shows its output.
//!
//! `UPDATE_DOCS=1 cargo test --test it docs` updates all of them.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use linq_export::ExitCode;

use crate::support::{folder, path, program, ran, run};

const INTRODUCTION: &str = "\
# Command line

Generated from `linq-export --help`; a test keeps it up to date.

Every option of `contacts` except `--sandbox` and `--limit` can also be set by an environment variable: `--per-page` by
`LINQ_EXPORT_PER_PAGE`. For a flag, the variable is `1`, `true` or `yes`, or `0`, `false` or `no`; `LINQ_EXPORT_VERBOSE` takes a
count. An empty variable is ignored, and an error caused by a variable names it. Options that contradict each other are
rejected (exit code 2). Times are written as `20s` or `15m`.
";

const COMMANDS: [&str; 12] = [
    "contacts",
    "check",
    "changes",
    "verify",
    "inspect",
    "digest",
    "schema",
    "sandbox",
    "config",
    "profiles",
    "completions",
    "man",
];

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The help of a command.
fn help(command: &str) -> String {
    let ran = ran(program(&[command, "--help"]).env("COLUMNS", "100").output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.stdout
}

/// A command's help as a section: each option is a row of a table.
fn section(command: &str) -> String {
    let help = help(command);
    let mut section = format!("\n## linq-export {command}\n");
    let mut rows: Vec<(&str, String)> = Vec::new();
    let mut lines = help.lines().peekable();
    let mut is_blank = false;
    while let Some(line) = lines.next() {
        let text = line.trim();
        let was_blank = std::mem::replace(&mut is_blank, text.is_empty());
        let continues = text.is_empty() || line.starts_with(' ');
        if let Some((option, about)) = option(line) {
            rows.push((option, about.to_owned()));
        } else if let Some((_, about)) = rows.last_mut().filter(|_| continues) {
            // A paragraph of the help, or a value with its meaning, begins a line.
            let is_paragraph = was_blank && !text.starts_with('[');
            let between = if is_paragraph || text.starts_with("- ") { "<br>" } else { " " };
            write!(about, "{}{text}", if text.is_empty() { "" } else { between }).unwrap();
        } else if !text.is_empty() {
            section += &table(&std::mem::take(&mut rows));
            match (text.strip_prefix("Usage: "), text.strip_suffix(':')) {
                (Some(usage), _) => write!(section, "\n```text\n{usage}\n```\n").unwrap(),
                (_, Some("Example" | "Examples")) => section += &examples(lines.by_ref()),
                (_, Some(heading)) if !continues => write!(section, "\n### {heading}\n").unwrap(),
                _ => {
                    // A paragraph has several lines, since clap wraps them whatever the width.
                    let more = std::iter::from_fn(|| lines.next_if(|line| !line.is_empty()));
                    let paragraph: Vec<_> = std::iter::once(text).chain(more).map(str::trim).collect();
                    write!(section, "\n{}\n", escaped(&paragraph.join(" "))).unwrap();
                }
            }
        }
    }
    section + &table(&rows)
}

fn examples<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let lines: Vec<_> = lines.map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
    let why = "examples of the help, with placeholders for tokens and files";
    format!("\n<!-- not run: {why} -->\n```sh\n{}\n```\n", lines.join("\n").trim_end())
}

fn table(rows: &[(&str, String)]) -> String {
    let row = |(option, about): &(&str, String)| {
        format!("| `{}` | {} |\n", option.replace('|', "\\|"), escaped(about.trim()))
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    if rows.is_empty() { String::new() } else { format!("\n| option | meaning |\n|---|---|\n{}", rows.concat()) }
}

/// An option or argument, and what follows it on its line.
fn option(line: &str) -> Option<(&str, &str)> {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let begins = text.starts_with('-') && !text.starts_with("- ") || text.starts_with('<');
    let (option, about) = text.split_once("  ").unwrap_or((text, ""));
    (begins && (2..=6).contains(&indent)).then(|| (option.trim(), about.trim()))
}

/// Text of the help as Markdown shows it unchanged; `<br>` is this module's own.
fn escaped(text: &str) -> String {
    text.replace('<', "&lt;").replace("&lt;br>", "<br>").replace('|', "\\|").replace('*', "\\*")
}

#[test]
fn the_command_line_reference_is_the_help() {
    let sections: String = COMMANDS.iter().map(|command| section(command)).collect();
    let due = INTRODUCTION.to_owned() + &sections;
    let path = document("docs/cli.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, due).unwrap();
        return;
    }
    let found = fs::read_to_string(path).unwrap();
    let changed = due.lines().zip(found.lines()).find(|(due, found)| due != found);
    assert!(due == found, "run UPDATE_DOCS=1 cargo test --test it docs; the first line that differs: {changed:?}");
}

#[test]
fn each_command_of_the_program_is_in_the_reference() {
    let help = run(&["--help"]).stdout;
    let listed = help.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let listed: Vec<_> = listed.filter(|name| name.starts_with(|first: char| first.is_ascii_lowercase())).collect();
    for name in &listed {
        assert!(COMMANDS.contains(name) || *name == "help" || *name == "linq-export", "{name}");
    }
    assert!(COMMANDS.iter().all(|name| listed.contains(name)), "{listed:?}");
}

/// The text with every number of seconds replaced.
fn timeless(text: &str) -> String {
    let words = text.split(' ').collect::<Vec<_>>();
    let seconds = |at: usize| words.get(at + 1).is_some_and(|unit| unit.split('\n').next() == Some("s"));
    let words = words.iter().enumerate().map(|(at, word)| if seconds(at) { "N" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Replaces the part of the README between two texts if documents are to be updated; returns whether they are.
fn update_readme(from: &str, to: &str, part: &str) -> bool {
    if std::env::var_os("UPDATE_DOCS").is_none() {
        return false;
    }
    let _one_at_a_time = README.lock().unwrap();
    let readme = fs::read_to_string(document("README.md")).unwrap();
    let (before, rest) = readme.split_once(from).unwrap();
    let (_, after) = rest.split_once(to).unwrap();
    fs::write(document("README.md"), format!("{before}{from}{part}{to}{after}")).unwrap();
    true
}

static README: Mutex<()> = Mutex::new(());

#[test]
fn the_readme_shows_what_the_first_export_prints() {
    let folder = folder();
    let output = path(&folder, "contacts.parquet");
    let printed = run(&["contacts", "--sandbox", "-o", &output]).stderr.replace(&output, "contacts.parquet");
    // The last line says that the contacts are invented.
    let due = printed.lines().take(5).collect::<Vec<_>>().join("\n") + "\n";
    let readme = fs::read_to_string(document("README.md")).unwrap();
    let shown = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    if timeless(shown) != timeless(&due) && !update_readme("```text\n", "```", &due) {
        assert_eq!(shown, due, "run UPDATE_DOCS=1 cargo test --test it docs");
    }
}

#[test]
fn the_readme_has_the_table_of_exit_codes() {
    let table = ExitCode::table();
    let (head, rows) = table.split_once('\n').unwrap();
    let readme = fs::read_to_string(document("README.md")).unwrap();
    let shown = readme.contains(&format!("\n\n{table}\n"));
    let current = shown || update_readme(head, "\n\n", &format!("\n{}", rows.trim_end()));
    assert!(current, "run UPDATE_DOCS=1 cargo test --test it docs:\n{table}");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let pages = fs::read_dir(document("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = pages.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    for page in pages.chain([document("README.md")]) {
        let text = fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let there = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(there.exists(), "{}: {target}", page.display());
            if !anchor.is_empty() {
                let text = fs::read_to_string(&there).unwrap();
                assert!(text.lines().filter_map(heading).any(|of| of == anchor), "{}: {target}", page.display());
            }
        }
    }
}

/// The anchor that a heading gets.
fn heading(line: &str) -> Option<String> {
    let text = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    Some(text.chars().filter(|character| character.is_alphanumeric() || "-_".contains(*character)).collect())
}
