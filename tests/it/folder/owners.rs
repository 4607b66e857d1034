//! Owners in a file of their own: within a folder, and beside a file.

use std::fs;
use std::path::Path;

use linq_export::verify::VerifyError;

use super::{MANY, refusal};
use crate::run::{exported, json, verified};
use crate::support::{folder, names, ndjson_rows, path};

#[test]
fn owners_stand_in_a_folder_of_their_own_that_is_replaced_with_it() {
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
    assert!(matches!(refusal(&out), VerifyError::NoFile { path } if path == Path::new(&file)));
}

#[test]
fn owners_stand_beside_a_file_and_are_verified_with_it() {
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
        assert!(matches!(refusal(&file), VerifyError::Content { path } if path == Path::new(&owners)));
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
