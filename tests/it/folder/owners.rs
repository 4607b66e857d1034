//! Owners as a table of their own, in a directory and next to a file.

use std::fs;
use std::path::Path;

use linq_export::verify::VerifyError;

use super::{MANY, refusal};
use crate::support::run::{exported, failing, json, verified};
use crate::support::{folder, names, ndjson_rows, path, ran};

#[test]
fn replaces_owners_with_their_directory() {
    let home = folder();
    let out = path(&home, "out/");
    let lines = ["--format", "ndjson"];
    for (owners, listed) in [("table", true), ("columns", false), ("table", true)] {
        let ran = exported(120, &out, &[&lines[..], &["--owners", owners], &MANY].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(home.path().join("out/_owners").exists(), listed);
        assert_eq!(verified(&out).code, Some(0), "{}", verified(&out).stderr);
    }
    let file = out.clone() + "_owners/owners.ndjson";
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(ndjson_rows(&text).len() as u64, json(out.clone() + "_manifest.json")["owners"]["rows"]);
    fs::write(&file, &text[..text.len() - 1]).unwrap();
    assert!(matches!(refusal(&out), VerifyError::Size { path, .. } if path == Path::new(&file)));
    fs::remove_file(&file).unwrap();
    assert!(matches!(refusal(&out), VerifyError::Missing(path) if path == Path::new(&file)));
}

#[test]
fn verifies_owners_next_to_a_file() {
    let home = folder();
    for name in ["c.parquet", "c.ndjson.gz"] {
        let (file, owners) = (path(&home, name), path(&home, &name.replace("c.", "c.owners.")));
        for contacts in [0, 120] {
            let ran = exported(contacts, &file, &["--owners", "table"]);
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            assert_eq!(verified(&file).code, Some(0), "{}", verified(&file).stderr);
        }
        let whole = fs::read(&owners).unwrap();
        fs::write(&owners, [&whole[1..], b" "].concat()).unwrap();
        assert!(matches!(refusal(&file), VerifyError::Content(path) if path == Path::new(&owners)));
        fs::write(&owners, whole).unwrap();
        let ran = exported(5, &file, &["--owners", "table", "--report", &owners]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert_eq!(verified(&file).code, Some(0));
    }
    assert_eq!(names(home.path()).len(), 6);
    for output in ["-", "/dev/stderr"] {
        let ran = exported(5, output, &["--format", "ndjson", "--owners", "table"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{}", ran.stderr);
    }
}

#[test]
fn removes_owners_of_the_previous_export() {
    let home = folder();
    let file = path(&home, "c.parquet");
    assert_eq!(exported(5, &file, &["--owners", "table"]).code, Some(0));
    assert_eq!(exported(5, &file, &[]).code, Some(0));
    assert_eq!(names(home.path()), ["c.parquet", "c.parquet.manifest.json"]);
    // Under another name, where the format is another.
    let dump = path(&home, "dump");
    for format in ["parquet", "csv"] {
        let ran = exported(5, &dump, &["--owners", "table", "--format", format]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    assert_eq!(names(home.path())[2..], ["dump", "dump.manifest.json", "dump.owners.csv"]);
}

#[test]
fn replaces_owners_only_if_the_manifest_lists_them() {
    let home = folder();
    let (file, owners) = (path(&home, "c.parquet"), path(&home, "c.owners.parquet"));
    for before in [false, true] {
        if before {
            assert_eq!(exported(5, &file, &[]).code, Some(0));
        }
        fs::write(&owners, "theirs").unwrap();
        let ran = ran(failing(&file, &["--owners", "table"]).output().unwrap());
        assert!(
            ran.code == Some(73) && ran.stderr.contains(&owners) && ran.stderr.contains("hint: "),
            "{}",
            ran.stderr
        );
        assert_eq!(fs::read_to_string(&owners).unwrap(), "theirs");
        // Nor does an export without owners remove it.
        assert_eq!(exported(5, &file, &[]).code, Some(0));
        assert_eq!(fs::read_to_string(&owners).unwrap(), "theirs");
    }
}

#[test]
fn keeps_owners_that_changed_or_belong_elsewhere() {
    let home = folder();
    let (file, owners) = (path(&home, "c.parquet"), path(&home, "c.owners.parquet"));
    assert_eq!(exported(5, &file, &["--owners", "table"]).code, Some(0));
    // A copy of the export, with its manifest, which names the owners of the first.
    let copy = path(&home, "copy.parquet");
    fs::copy(&file, &copy).unwrap();
    fs::copy(file.clone() + ".manifest.json", copy.clone() + ".manifest.json").unwrap();
    assert_eq!(exported(5, &copy, &[]).code, Some(0));
    assert_eq!(verified(&file).code, Some(0), "{}", verified(&file).stderr);
    // Another's file by now, though the manifest lists one of that name.
    fs::write(&owners, "theirs").unwrap();
    let ran = ran(failing(&file, &["--owners", "table"]).output().unwrap());
    assert_eq!(ran.code, Some(73), "{}", ran.stderr);
    assert_eq!(exported(5, &file, &[]).code, Some(0));
    assert_eq!(fs::read_to_string(&owners).unwrap(), "theirs");
}

#[cfg(unix)]
#[test]
fn a_linked_output_can_be_replaced_with_owners() {
    let home = folder();
    fs::create_dir(home.path().join("data")).unwrap();
    std::os::unix::fs::symlink("data/real.parquet", home.path().join("c.parquet")).unwrap();
    for contacts in [5, 120] {
        let ran = exported(contacts, &path(&home, "c.parquet"), &["--owners", "table"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    assert_eq!(verified(&path(&home, "c.parquet")).code, Some(0));
}

#[cfg(unix)]
#[test]
fn follows_a_link_at_the_path_of_the_owners() {
    let home = folder();
    fs::create_dir(home.path().join("data")).unwrap();
    let (file, link) = (path(&home, "c.parquet"), home.path().join("c.owners.parquet"));
    std::os::unix::fs::symlink("data/owners", &link).unwrap();
    for contacts in [5, 120] {
        let ran = exported(contacts, &file, &["--owners", "table"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(verified(&file).code, Some(0), "{}", verified(&file).stderr);
    }
    assert_eq!(names(&home.path().join("data")), ["owners"]);
}
