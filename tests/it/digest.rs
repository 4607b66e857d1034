//! The digest: equal for every format and order, different after any change, and refused for truncated files.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::support::run::exported;
use crate::support::{Ran, folder, path, run};

fn digest(file: &str) -> Ran {
    run(&["digest", file])
}

/// The two numbers, of a file that has them.
fn of(file: &str) -> String {
    let ran = digest(file);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{file}");
    ran.stdout.trim_end().to_owned()
}

/// An export of this many contacts as NDJSON and as Parquet: the text, and the path of each.
fn pair(folder: &tempfile::TempDir, contacts: u64) -> (String, String, String) {
    let [text, parquet] = ["c.ndjson", "c.parquet"].map(|name| path(folder, name));
    for file in [&text, &parquet] {
        assert_eq!(exported(contacts, file, &[]).code, Some(0));
    }
    (fs::read_to_string(&text).unwrap(), text, parquet)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

#[test]
fn a_table_has_one_digest_in_each_format_order_and_number_of_files() {
    let folder = folder();
    for contacts in [0, 1, 250] {
        let (text, ndjson, parquet) = pair(&folder, contacts);
        let due = of(&parquet);
        assert!(due.starts_with(&format!("{contacts} ")), "{due}");
        assert_eq!(of(&ndjson), due);
        let csv = path(&folder, "c.csv");
        assert_eq!(exported(contacts, &csv, &[]).code, Some(0));
        assert_eq!(of(&csv), due);
        // Names say nothing.
        let packed = path(&folder, "packed");
        for bytes in [gzip(text.as_bytes()), zstd(text.as_bytes()), gzip(&fs::read(&csv).unwrap())] {
            fs::write(&packed, bytes).unwrap();
            assert_eq!(of(&packed), due);
        }
        let mut lines: Vec<_> = text.split_inclusive('\n').collect();
        lines.reverse();
        fs::write(&packed, lines.concat()).unwrap();
        assert_eq!(of(&packed), due);
        let parts = path(&folder, &format!("parts-{contacts}"));
        fs::create_dir(&parts).unwrap();
        let (first, second) = lines.split_at(lines.len() / 2);
        for (name, lines) in [("part-00000.ndjson", first), ("part-00001.ndjson", second)] {
            fs::write(Path::new(&parts).join(name), lines.concat()).unwrap();
        }
        fs::write(Path::new(&parts).join("_SUCCESS"), "").unwrap();
        assert_eq!(of(&parts), due);
    }
}

#[test]
fn each_change_of_a_value_is_another_digest() {
    let folder = folder();
    let (text, file, _) = pair(&folder, 20);
    let due = of(&file);
    for (from, to) in [
        ("\"id\":", "\"id\":1"),
        ("@", "@x"),
        ("\"company\":\"", "\"company\":\" "),
        ("000Z", "001Z"),
        ("\"extra\":null", "\"extra\":\"\""),
        ("\"extra\":null", "\"extra\":\"{}\""),
    ] {
        let changed = text.replacen(from, to, 1);
        assert!(changed != text, "{from}");
        fs::write(&file, changed).unwrap();
        assert_ne!(of(&file), due, "{from} to {to}");
    }
    // Another notation of the same value is not a change.
    fs::write(&file, text.replace(":null", ": null").replace('@', "\\u0040")).unwrap();
    assert_eq!(of(&file), due);
}

#[test]
fn what_was_cut_is_refused_with_65_and_no_value_is_shown() {
    let folder = folder();
    let (text, ndjson, parquet) = pair(&folder, 20);
    let name = "Barbara Mitchell";
    assert!(text.contains(name));
    let csv = path(&folder, "c.csv");
    assert_eq!(exported(20, &csv, &[]).code, Some(0));
    let whole = [fs::read(&parquet).unwrap(), text.clone().into_bytes(), fs::read(csv).unwrap()];
    let packed = [gzip(text.as_bytes()), zstd(text.as_bytes())];
    for bytes in whole.iter().chain(&packed) {
        for end in [bytes.len() - 2, bytes.len() * 3 / 4, bytes.len() / 2, bytes.len() / 3] {
            fs::write(&ndjson, &bytes[..end]).unwrap();
            let ran = digest(&ndjson);
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(65), ""), "{end} of {}", bytes.len());
            assert!(ran.stderr.contains(&ndjson) && ran.stderr.contains("hint: "), "{}", ran.stderr);
            assert!(!ran.stderr.contains(name) && !ran.stderr.contains('@'), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_column_of_others_and_a_file_that_is_not_there_are_named() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    fs::write(&file, "{\"id\":1,\"loaded\u{9b}31mat\":7}\n").unwrap();
    let ran = digest(&file);
    assert_eq!(ran.code, Some(65));
    assert!(ran.stderr.contains("loaded\\u{9b}31mat"), "{}", ran.stderr);
    fs::remove_file(&file).unwrap();
    let ran = digest(&file);
    assert_eq!(ran.code, Some(66));
    assert!(ran.stderr.contains("does not exist"), "{}", ran.stderr);
}

#[test]
fn machines_get_an_object_whose_sum_is_text() {
    let folder = folder();
    let (_, file, _) = pair(&folder, 3);
    let due = of(&file);
    let (rows, sum) = due.split_once(' ').unwrap();
    let object = format!("{{\"rows\":{rows},\"sum\":\"{sum}\"}}\n");
    assert_eq!(run(&["digest", &file, "--json"]).stdout, object);
}

/// The digest computed during the export equals that of the file, for each form of the owners.
#[test]
fn the_digest_in_the_manifest_is_that_of_the_file_and_verify_checks_it() {
    let folder = folder();
    let key = path(&folder, "key");
    fs::write(&key, "0123456789abcdef0123456789abcdef").unwrap();
    let forms: [&[&str]; 5] = [
        &[],
        &["--owners", "struct"],
        &["--owners", "struct", "--drop", "owner_email,owner_name"],
        &["--columns", "email,owner_id,created_at"],
        &["--hmac", "email,owner_name", "--hmac-key-file", &key],
    ];
    for (form, options) in forms.into_iter().enumerate() {
        for contacts in [0, 1, 120] {
            for ending in ["parquet", "ndjson.zst", "csv"] {
                if ending == "csv" && options.contains(&"struct") {
                    continue;
                }
                let file = path(&folder, &format!("{form}-{contacts}.{ending}"));
                let ran = exported(contacts, &file, &[options, &["--digest"]].concat());
                assert_eq!(ran.code, Some(0), "{}", ran.stderr);
                let said = &crate::support::run::json(format!("{file}.manifest.json"))["digest"];
                assert_eq!(of(&file), format!("{} {}", said["rows"], said["sum"].as_str().unwrap()), "{file}");
                let verified = crate::support::run::verified(&file);
                assert_eq!(verified.code, Some(0), "{}", verified.stderr);
                let facts = run(&["inspect", &file]);
                assert!(facts.code == Some(0) && facts.stdout.contains("completeness: snapshot"), "{}", facts.stdout);
            }
        }
    }
}
