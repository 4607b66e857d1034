//! Part files: names, sizes, and deterministic bytes.

use std::path::Path;

use linq_export::verify::verify;

use super::{MANY, files};
use crate::support::run::{exported, json, verified};
use crate::support::{Row, folder, names, parquet_rows, path};

#[test]
fn parts_hold_the_rows_of_a_single_file() {
    let home = folder();
    let (out, file) = (path(&home, "out/"), path(&home, "c.parquet"));
    let ran = exported(250, &out, &MANY);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("to {out}")), "{}", ran.stderr);
    let parts = ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet"];
    assert_eq!(names(out.as_ref()), [&["_SUCCESS", "_manifest.json"], &parts[..]].concat());
    assert_eq!(names(home.path()), ["out"]);
    let rows: Vec<Vec<Row>> = parts.iter().map(|part| parquet_rows(&Path::new(&out).join(part))).collect();
    assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 50]);
    assert_eq!(exported(250, &file, &[]).code, Some(0));
    assert_eq!(rows.concat(), parquet_rows(file.as_ref()));

    let manifest = json(out.clone() + "_manifest.json");
    assert_eq!(manifest["file"], serde_json::Value::Null);
    for (number, (part, rows)) in parts.iter().zip([100, 100, 50]).enumerate() {
        assert_eq!(
            (&manifest["parts"][number]["name"], &manifest["parts"][number]["rows"]),
            (&(*part).into(), &rows.into())
        );
    }
    for out in [out.as_str(), out.trim_end_matches('/')] {
        assert_eq!((verified(out).code, verify(out.as_ref(), None).unwrap().rows), (Some(0), 250));
    }
}

#[test]
fn output_is_deterministic() {
    let home = folder();
    let [one, other] = ["one/", "other/"].map(|name| {
        assert_eq!(exported(250, &path(&home, name), &MANY).code, Some(0));
        files(&home.path().join(name))
    });
    assert!(one.len() == 4 && one == other);
}

#[test]
fn parts_have_the_ending_of_their_format() {
    let home = folder();
    let out = path(&home, "out/");
    for (more, part) in [
        (&["--format", "ndjson"][..], "part-00000.ndjson"),
        (&["--format", "ndjson", "--compression", "gzip"], "part-00000.ndjson.gz"),
        (&["--format", "csv", "--compression", "zstd"], "part-00000.csv.zst"),
        (&[], "part-00000.parquet"),
    ] {
        for contacts in [0, 3] {
            let ran = exported(contacts, &out, more);
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            assert_eq!(names(out.as_ref()), ["_SUCCESS", "_manifest.json", part]);
            let ran = verified(&out);
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        }
    }
}
