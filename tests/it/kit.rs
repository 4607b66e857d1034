//! The kit beside an export: whose folder it takes, that it is whole, and what is told when it cannot be written.

use std::fs;
use std::path::Path;

use crate::run::{Heard, export, exported, failing};
use crate::support::{Ran, folder, names, path, ran};

/// A run that would ask a server, and find none, if it came to that.
fn refused(output: &str, kit: &str) -> Ran {
    ran(failing(output, &["--kit", kit]).output().unwrap())
}

#[test]
fn a_folder_that_holds_anything_else_is_refused_before_the_server_is_asked() {
    let folder = folder();
    let file = path(&folder, "c.csv");
    let made = |name: &str, files: &[(&str, &str)]| {
        let kit = path(&folder, name);
        fs::create_dir(&kit).unwrap();
        for (name, text) in files {
            fs::write(Path::new(&kit).join(name), text).unwrap();
        }
        kit
    };
    let ours = "# From files to a table\n";
    let project = made("project", &[("README.md", "# My project\n"), ("duckdb.sql", "")]);
    let noted = made("noted", &[("README.md", ours), ("zz.txt", ""), ("notes.txt", "mine")]);
    let unnamed = made("unnamed", &[("duckdb.sql", "mine")]);
    let nested = made("nested", &[]);
    fs::create_dir(Path::new(&nested).join("README.md")).unwrap();
    let plain = path(&folder, "plain");
    fs::write(&plain, "mine").unwrap();
    for (kit, says) in [
        (&project, "no README.md that begins as a kit's"),
        (&noted, "\"notes.txt\" is in it"),
        (&unnamed, "no README.md"),
        (&nested, "\"README.md\" is in it"),
        (&plain, "cannot create"),
        (&path(&folder, "not/there"), "cannot create"),
    ] {
        let ran = refused(&file, kit);
        assert_eq!(ran.code, Some(73), "{kit}: {}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("\nhint: "), "{}", ran.stderr);
    }
    assert_eq!(fs::read(Path::new(&noted).join("notes.txt")).unwrap(), b"mine");
    assert_eq!(names(folder.path()), ["nested", "noted", "plain", "project", "unnamed"]);
    assert!(!folder.path().join(".noted.lock").exists());
}

#[test]
fn a_kit_shares_no_place_with_the_output_and_no_record_stands_in_it() {
    let folder = folder();
    let at = |name: &str| path(&folder, name);
    for (output, kit) in [("out/", "out"), ("out/", "out/kit"), ("c.csv", "c.csv"), ("c.csv", ".")] {
        let ran = refused(&at(output), &at(kit));
        assert_eq!(ran.code, Some(2), "{output} {kit}: {}", ran.stderr);
        assert!(ran.stderr.contains("--kit takes a folder of its own"), "{}", ran.stderr);
    }
    let report = at("kit/report.json");
    let ran = ran(failing(&at("c.csv"), &["--kit", &at("kit"), "--report", &report]).output().unwrap());
    assert!(ran.code == Some(2) && ran.stderr.contains("is where the kit stands"), "{}", ran.stderr);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_kit_is_replaced_as_a_whole_and_a_run_that_fails_leaves_the_earlier_one() {
    let folder = folder();
    let (file, kit) = (path(&folder, "c.csv"), path(&folder, "kit"));
    assert_eq!(refused(&file, &kit).code, Some(69));
    assert!(names(folder.path()).is_empty());
    fs::create_dir(&kit).unwrap();
    assert_eq!(exported(5, &file, &["--kit", &kit, "--owners", "table"]).code, Some(0));
    let files = || names(Path::new(&kit));
    assert!(files().len() == 29 && files().contains(&"duckdb.owners.sql".to_owned()), "{:?}", files());
    let readme = || fs::read_to_string(Path::new(&kit).join("README.md")).unwrap();
    let earlier = readme();
    assert_eq!(refused(&file, &kit).code, Some(69));
    assert_eq!(readme(), earlier);
    assert_eq!(exported(6, &file, &["--kit", &kit]).code, Some(0));
    assert!(files().len() == 15 && !files().iter().any(|name| name.contains("owners")), "{:?}", files());
    assert!(readme().contains("For 6 contacts"), "{}", readme());
    let left: Vec<_> = names(folder.path()).into_iter().filter(|name| !name.starts_with("c.")).collect();
    assert_eq!(left, ["kit"]);
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_the_earlier_kit_and_the_next_one_cleans_up() {
    let folder = folder();
    let (file, kit) = (path(&folder, "c.csv"), path(&folder, "kit"));
    assert_eq!(exported(5, &file, &["--kit", &kit]).code, Some(0));
    let more = ["--kit", &kit, "-vv", "--log-format", "json", "--sandbox-latency", "50ms"];
    let mut run = Heard::start(export(50_000, &file, &more));
    run.until("\"page\":7,");
    let second = exported(5, &path(&folder, "d.csv"), &["--kit", &kit]);
    assert!(second.code == Some(75) && second.stderr.contains("another run is writing"), "{}", second.stderr);
    run.signal("KILL");
    run.end();
    let hidden = || names(folder.path()).iter().filter(|name| name.starts_with(".kit.")).count();
    assert_eq!((hidden(), names(Path::new(&kit)).len()), (1, 15));
    assert_eq!(exported(5, &file, &["--kit", &kit]).code, Some(0));
    assert_eq!(names(folder.path()), ["c.csv", "c.csv.manifest.json", "kit"]);
}
