//! Checks the imports of every file against the map in `src/lib.rs`.
//!
//! A room is a top-level module. It may use only rooms that the map lists below it, and no files of the crate may use each
//! other in a circle. Tests within `src` may use everything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A module: its path from the root of the crate, without `crate`.
type Module = Vec<String>;

/// The production code of each module, by its path.
type Sources = BTreeMap<Module, String>;

/// What a file names: the path of a module or of an item in one.
type Uses = BTreeSet<Module>;

fn sources(folder: &Path, module: &[String], found: &mut Sources) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let inner: Module = module.iter().cloned().chain([name.clone()]).collect();
        match (path.is_dir(), name.as_str()) {
            (_, "tests" | "simulator" | "fuzzing" | "main" | "lib") => {}
            (true, _) => sources(&path, &inner, found),
            (false, "mod") => drop(found.insert(module.to_vec(), production(&fs::read_to_string(path).unwrap()))),
            (false, _) if path.extension().is_some_and(|extension| extension == "rs") => {
                found.insert(inner, production(&fs::read_to_string(path).unwrap()));
            }
            (false, _) => {}
        }
    }
}

/// The code of a file without its comments and without its unit tests, which come last.
fn production(code: &str) -> String {
    let lines: Vec<_> = code.lines().collect();
    let is_tests = |at: &usize| {
        ["#[cfg(test)]", "#[cfg(all(test, unix))]"].contains(&lines[*at]) && lines[at + 1].starts_with("mod tests")
    };
    let end = (0..lines.len().saturating_sub(1)).find(is_tests).unwrap_or(lines.len());
    let code = lines[..end].iter().filter(|line| !line.trim_start().starts_with("//"));
    // A visibility names a module without using it.
    code.map(|line| line.replace("pub(in crate::", "pub(in ")).collect::<Vec<_>>().join("\n")
}

/// The paths in a `use` tree such as `a::{b, c::d as e}`.
fn leaves(tree: &str, before: &[&str], found: &mut Vec<Vec<String>>) {
    let (head, group) = match tree.split_once('{') {
        Some((head, group)) => (head, group.trim_end().strip_suffix('}')),
        None => (tree, None),
    };
    let head = head.split(" as ").next().unwrap_or_default();
    let path: Vec<&str> = before.iter().copied().chain(head.split("::").map(str::trim)).collect();
    let path: Vec<&str> = path.into_iter().filter(|name| !name.is_empty() && *name != "self" && *name != "*").collect();
    let Some(group) = group else {
        return found.push(path.into_iter().map(str::to_owned).collect());
    };
    let (mut depth, mut start) = (0, 0);
    for (at, character) in group.char_indices().chain([(group.len(), ',')]) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !group[start..at].trim().is_empty() {
                    leaves(&group[start..at], &path, found);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// A path as it is written in a module, from the root of the crate; nothing if it leads out of the crate.
fn absolute(path: &[String], module: &Module, children: &BTreeSet<String>) -> Option<Module> {
    let supers = path.iter().take_while(|name| *name == "super").count();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "super" => Some([&module[..module.len().checked_sub(supers)?], &path[supers..]].concat()),
        name if children.contains(name) => Some([module, path].concat()),
        _ => None,
    }
}

/// What a module names, and what it passes on under its own name: `pub use`.
fn read(code: &str, module: &Module) -> (Uses, BTreeMap<String, Module>) {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let declared = |line: &str| words(line).iter().skip_while(|word| *word != "mod").nth(1).cloned();
    let children = code.lines().filter(|line| !line.starts_with(' ') && line.ends_with(';')).filter_map(declared);
    let children: BTreeSet<String> = children.map(|name| name.trim_end_matches(';').to_owned()).collect();
    let (mut uses, mut passed) = (Uses::new(), BTreeMap::new());
    let mut rest = String::new();
    for statement in code.split_inclusive([';', '{', '}']).collect::<Vec<_>>().join("").split(';') {
        let Some(at) = statement.find("use ").filter(|at| is_use(&statement[..*at])) else {
            rest.push_str(statement);
            rest.push(';');
            continue;
        };
        let is_public = statement[..at].trim_end().rsplit('\n').next().is_some_and(|line| line.contains("pub"));
        let mut paths = Vec::new();
        leaves(&statement[at + 4..].replace('\n', " "), &[], &mut paths);
        for path in paths.iter().filter_map(|path| absolute(path, module, &children)) {
            match path.last().cloned().filter(|_| is_public) {
                Some(name) => drop(passed.insert(name, path)),
                None => drop(uses.insert(path)),
            }
        }
        rest.push_str(&statement[..at]);
    }
    let is_in_path = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    for path in rest.split(|character| !is_in_path(character)).filter(|path| path.contains("::")) {
        let path: Vec<String> = path.split("::").map(str::to_owned).collect();
        uses.extend(absolute(&path, module, &children));
    }
    (uses, passed)
}

/// Whether what comes before `use ` in a statement lets it be an import: a line of its own, perhaps with a visibility.
fn is_use(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default().trim();
    line.is_empty() || line.starts_with("pub")
}

/// The modules that each module uses: an item that a module only passes on is used where it is.
fn arrows(sources: &Sources) -> BTreeMap<&Module, BTreeSet<&Module>> {
    let read: BTreeMap<_, _> = sources.iter().map(|(module, code)| (module, read(code, module))).collect();
    let target = |path: &Module| {
        let mut path = path.clone();
        // As long as a name is passed on, follow it.
        for _ in 0..8 {
            let lengths = (1..=path.len()).rev();
            let (module, _) = lengths.clone().find_map(|length| sources.get_key_value(&path[..length]))?;
            let next = path.get(module.len()).and_then(|name| read[module].1.get(name));
            match next {
                Some(next) => path = [&next[..], &path[module.len() + 1..]].concat(),
                None => return Some(module),
            }
        }
        None
    };
    let used = |module: &Module| read[module].0.iter().filter_map(&target).filter(|used| *used != module).collect();
    sources.keys().map(|module| (module, used(module))).collect()
}

/// The groups of files in which each one uses each other, directly or through others.
fn circles(arrows: &BTreeMap<&Module, BTreeSet<&Module>>) -> Vec<String> {
    let mut reached = arrows.clone();
    for module in arrows.keys() {
        let mut next: Vec<_> = arrows[module].iter().copied().collect();
        while let Some(other) = next.pop() {
            let new = arrows[other].iter().copied().filter(|further| reached.get_mut(module).unwrap().insert(further));
            next.extend(new.collect::<Vec<_>>());
        }
    }
    let is_in_one =
        |module: &Module, other: &Module| reached[module].contains(other) && reached[other].contains(module);
    let mut found: Vec<Vec<&Module>> = Vec::new();
    for module in arrows.keys().filter(|module| reached[**module].contains(**module)) {
        match found.iter_mut().find(|circle| is_in_one(circle[0], module)) {
            Some(circle) => circle.push(module),
            None => found.push(vec![module]),
        }
    }
    let uses = |module: &Module, circle: &[&Module]| {
        let used = arrows[module].iter().filter(|used| circle.contains(used)).map(|used| used.join("/"));
        format!("{} uses {}", module.join("/"), used.collect::<Vec<_>>().join(", "))
    };
    let text = |circle: &Vec<&Module>| circle.iter().map(|module| uses(module, circle)).collect::<Vec<_>>().join("; ");
    found.iter().map(text).collect()
}

/// What breaks the rules in a tree, by the names of its rooms from top to bottom.
fn violations(sources: &Sources, rooms: &[String]) -> Vec<String> {
    let arrows = arrows(sources);
    let floor = |module: &Module| rooms.iter().position(|room| *room == module[0]);
    let mut found = Vec::new();
    for (module, used) in &arrows {
        let Some(from) = floor(module) else {
            found.push(format!("{} is not on the map", module[0]));
            continue;
        };
        for other in used.iter().filter(|other| other[0] != module[0] && floor(other).is_some_and(|to| to <= from)) {
            found.push(format!("{} uses {}, which is above it", module.join("/"), other.join("/")));
        }
    }
    found.extend(circles(&arrows).iter().map(|circle| format!("a circle: {circle}")));
    found
}

/// The rooms on the map in `src/lib.rs`, from top to bottom.
fn rooms(text: &str) -> Vec<String> {
    let row = |line: &str| {
        let cells: Vec<_> = line.strip_prefix("// | ")?.split(" | ").collect();
        let name = cells.get(1)?.trim_matches(['[', ']', '`']).trim_start_matches("mod@");
        (cells.len() == 3 && cells[1].contains('`')).then(|| name.to_owned())
    };
    text.lines().filter_map(row).collect()
}

#[test]
fn every_file_keeps_to_the_map() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms = rooms(&fs::read_to_string(source.join("lib.rs")).unwrap());
    let mut found = Sources::new();
    sources(&source, &[], &mut found);
    let in_code: BTreeSet<_> = found.keys().map(|module| module[0].clone()).collect();
    assert_eq!(rooms.iter().cloned().collect::<BTreeSet<_>>(), in_code, "the rooms on the map");
    let violations = violations(&found, &rooms);
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

/// A tree of files by their modules.
fn tree(files: &[(&str, &str)]) -> Sources {
    let module = |path: &str| path.split('/').map(str::to_owned).collect();
    files.iter().map(|(path, code)| (module(path), production(code))).collect()
}

#[test]
fn finds_planted_violations() {
    let rooms = ["top", "middle", "ground"].map(str::to_owned);
    let clean = [
        ("top", "mod a;\npub use a::A;\nuse crate::middle::{self, B, deep::C as D};"),
        ("top/a", "use crate::ground::G;\npub struct A;"),
        ("middle", "mod deep;\npub use deep::{B, C};"),
        ("middle/deep", "// crate::top::A\npub struct B;"),
        ("ground", "pub struct G;\n#[cfg(test)]\nmod tests {\n    use crate::top::A;\n}"),
    ];
    assert_eq!(violations(&tree(&clean), &rooms), Vec::<String>::new());
    let planted = [
        ("ground", "use crate::{\n    middle::B,\n};", "ground uses middle/deep, which is above it"),
        ("ground", "fn g() { crate::top::a::f() }", "ground uses top/a, which is above it"),
        ("top/a", "use super::helper;", "a circle: top uses top/a; top/a uses top"),
        (
            "middle/deep",
            "use super::{C, inner::I};\nfn f() { super::helper() }",
            "a circle: middle uses middle/deep; middle/deep uses middle",
        ),
    ];
    for (path, code, due) in planted {
        let mut files = clean.to_vec();
        files.retain(|(other, _)| *other != path);
        files.push((path, code));
        if let Some(file) = files.iter_mut().find(|(other, _)| *other == "top") {
            file.1 = "mod a;\nuse a::A;\nuse crate::middle::B;";
        }
        if let Some(file) = files.iter_mut().find(|(other, _)| *other == "middle") {
            file.1 = "mod deep;\npub use deep::B;\nfn f() { deep::f() }";
        }
        let found = violations(&tree(&files), &rooms);
        assert!(found.iter().any(|line| line == due), "{path}: {found:?}");
    }
    let unknown = tree(&[("cellar", "")]);
    assert_eq!(violations(&unknown, &rooms), ["cellar is not on the map"]);
}
