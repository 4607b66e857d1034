//! The map of the house in `src/lib.rs`, held against the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The Rust files of a module, or one file.
fn files(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten();
    let inner = entries.flat_map(|entry| files(&entry.unwrap().path()));
    fs::read_to_string(path.with_extension("rs")).into_iter().chain(inner).collect()
}

/// What stands after each `crate::` outside of comments.
fn used(code: &str) -> impl Iterator<Item = &str> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.split("crate::").skip(1)).map(|rest| {
        let end = rest.find(|character: char| !character.is_alphanumeric() && character != '_');
        &rest[..end.unwrap_or(rest.len())]
    })
}

#[test]
fn each_module_uses_what_the_map_says() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let text = fs::read_to_string(source.join("lib.rs")).unwrap();
    let rows: Vec<[&str; 2]> = text
        .lines()
        .filter_map(|line| {
            let cells: Vec<_> = line.strip_prefix("//! | ")?.strip_suffix(" |")?.split(" | ").collect();
            let name = cells[0].trim_matches(['[', ']', '`']).trim_start_matches("mod@");
            (cells.len() == 3 && cells[0].contains('`')).then_some([name, cells[2]])
        })
        .collect();
    let modules: BTreeSet<_> = rows.iter().map(|[name, _]| *name).collect();
    assert!(modules.len() > 10, "{modules:?}");
    for [name, may_use] in rows {
        let files = files(&source.join(name));
        let mut used: BTreeSet<_> = files.iter().flat_map(|code| used(code)).collect();
        used.retain(|other| modules.contains(other) && *other != name);
        let said: BTreeSet<_> = match may_use {
            "all" => continue,
            "nothing else" => BTreeSet::new(),
            list => list.split(", ").collect(),
        };
        assert_eq!(used, said, "{name}");
    }
}
