//! `inspect` on real files: its text and its JSON.

use std::fs;

use serde_json::{Value, json};

use crate::support::run::exported;
use crate::support::{Ran, folder, path, program, ran, run};

fn inspect(file: &str) -> Ran {
    run(&["inspect", file])
}

fn facts(file: &str) -> Value {
    let ran = run(&["inspect", file, "--json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{file}");
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn every_format_has_the_same_facts_and_parquet_some_more() {
    let folder = folder();
    let [parquet, packed, csv] = ["c.parquet", "c.ndjson.gz", "c.csv"].map(|name| {
        let file = path(&folder, name);
        assert_eq!(exported(2_500, &file, &[]).code, Some(0));
        facts(&file)
    });
    for other in [&packed, &csv] {
        for key in ["rows", "owners", "created"] {
            assert_eq!(parquet[key], other[key], "{key}");
        }
        for (column, same) in parquet["columns"].as_array().unwrap().iter().zip(other["columns"].as_array().unwrap()) {
            for key in ["name", "type", "nullable", "nulls", "value_bytes"] {
                assert_eq!(column[key], same[key], "{key} of {}", column["name"]);
            }
            assert!(column["stored"]["compressed_bytes"].as_u64() > Some(0) && same["stored"].is_null());
        }
        assert_eq!(other["parquet"], Value::Null);
    }
    assert_eq!(
        [&parquet, &packed, &csv].map(|facts| (facts["format"].as_str().unwrap(), facts["codec"].as_str().unwrap())),
        [("parquet", "zstd"), ("ndjson", "gzip"), ("csv", "none")]
    );
    assert_eq!(parquet["columns"].as_array().unwrap().len(), linq_export::schema().fields().len());
    assert_eq!(parquet["parquet"]["row_groups"][0]["rows"], 2_500);
    assert_eq!((&parquet["owners"]["distinct"], &parquet["manifest"]["level"]), (&json!(40), &json!("snapshot")));
    let by_month: u64 =
        parquet["created"]["months"].as_array().unwrap().iter().map(|month| month["contacts"].as_u64().unwrap()).sum();
    assert_eq!(by_month + parquet["created"]["without"].as_u64().unwrap(), 2_500);
}

#[test]
fn the_codec_is_the_one_that_is_there() {
    let folder = folder();
    for (codec, named) in [("zstd", "zstd"), ("snappy", "snappy"), ("gzip", "gzip"), ("lz4", "lz4"), ("none", "none")] {
        let file = path(&folder, "c.parquet");
        assert_eq!(exported(20, &file, &["--compression", codec]).code, Some(0));
        assert_eq!(facts(&file)["codec"], named);
    }
    // Parts of which each is compressed in another way.
    let parts = path(&folder, "parts/");
    assert_eq!(exported(20, &parts, &["--format", "ndjson", "--rows-per-file", "10"]).code, Some(0));
    let second = path(&folder, "parts/part-00001.ndjson");
    fs::write(&second, zstd::encode_all(&*fs::read(&second).unwrap(), 1).unwrap()).unwrap();
    assert_eq!(facts(&parts)["codec"], "none+zstd");
    let parts = path(&folder, "columns/");
    assert_eq!(exported(20, &parts, &["--rows-per-file", "10"]).code, Some(0));
    let other = path(&folder, "other/");
    assert_eq!(exported(20, &other, &["--rows-per-file", "10", "--compression", "snappy"]).code, Some(0));
    fs::copy(path(&folder, "other/part-00001.parquet"), path(&folder, "columns/part-00001.parquet")).unwrap();
    let said = facts(&parts);
    assert_eq!(
        (&said["codec"], &said["columns"][0]["stored"]["codecs"]),
        (&json!("snappy+zstd"), &json!(["zstd", "snappy"]))
    );
}

#[test]
fn people_see_it_on_one_screen_without_colour() {
    let folder = folder();
    let file = path(&folder, "c.parquet");
    assert_eq!(exported(2_500, &file, &[]).code, Some(0));
    let ran = inspect(&file);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    for part in [
        "2,500 contacts, 18 columns, ",
        "parquet, zstd, 1 row group of 2,500 rows",
        "written by linq-export version",
        "completeness: snapshot, exported 20",
        "timestamp(us, UTC)",
        "contacts by creation year, 20",
        "40 owners, the largest 10",
        "████",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains('\u{1b}'));
    let body = ran.stdout.lines().skip(1);
    assert!(body.clone().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    assert!(body.count() < 50, "{}", ran.stdout);
}

#[test]
fn a_manifest_of_another_file_is_told_and_none_too() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    assert_eq!(exported(20, &file, &[]).code, Some(0));
    let text = fs::read_to_string(&file).unwrap();
    let half: Vec<_> = text.split_inclusive('\n').take(10).collect();
    fs::write(&file, half.concat()).unwrap();
    let said = inspect(&file).stdout;
    assert!(said.contains("10 contacts") && said.contains("THE MANIFEST IS NOT RELIABLE: it describes "), "{said}");
    let manifest = format!("{file}.manifest.json");
    fs::write(&manifest, "{}").unwrap();
    assert!(inspect(&file).stdout.contains("IS NOT RELIABLE: the manifest is damaged"));
    fs::remove_file(manifest).unwrap();
    assert!(inspect(&file).stdout.contains("completeness: unknown (no manifest found)"));
    assert_eq!(facts(&file)["manifest"], Value::Null);
}

#[test]
fn tables_without_rows_or_columns_leave_their_charts_out() {
    let folder = folder();
    for name in ["c.parquet", "c.ndjson", "c.csv"] {
        let file = path(&folder, name);
        assert_eq!(exported(0, &file, &[]).code, Some(0));
        let ran = inspect(&file);
        assert!(
            ran.code == Some(0) && ran.stdout.contains("0 contacts") && !ran.stdout.contains("contacts by"),
            "{}",
            ran.stdout
        );
    }
    let file = path(&folder, "owners.csv");
    fs::write(&file, "owner_id,owner_name,contacts\r\n5,\"Ann\u{1b}[31m\",3\r\n6,,40\r\n").unwrap();
    let said = inspect(&file).stdout;
    assert!(
        said.contains("2 owners, 3 columns") && said.contains("Ann\\u{1b}[31m") && !said.contains('\u{1b}'),
        "{said}"
    );
    assert_eq!(facts(&file)["owners"]["largest"][1]["name"], "Ann\u{1b}[31m");
}

#[test]
fn a_missing_file_is_66() {
    let folder = folder();
    let ran = inspect(&path(&folder, "c.parquet"));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(66), ""), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_read_is_65_and_a_reader_that_goes_away_141() {
    let folder = folder();
    let file = path(&folder, "c.parquet");
    assert_eq!(exported(20, &file, &[]).code, Some(0));
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let refused = inspect(&file);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(65), ""));
    assert!(refused.stderr.contains("hint: "), "{}", refused.stderr);
    fs::write(&file, &whole).unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let left = ran(program(&["inspect", &file]).stdout(writer).output().unwrap());
    assert_eq!((left.code, left.stderr.as_str()), (Some(141), ""));
}

/// The page of an export, and the ids of its duplicates.
fn page(file: &str, folder: &tempfile::TempDir) -> (String, Vec<String>) {
    let (html, ids) = (path(folder, "page.html"), path(folder, "ids.csv"));
    let ran = run(&["inspect", file, "--html", &html, "--duplicates", &ids]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("wrote ") && ran.stdout.contains("contact"), "{ran:?}");
    let ids = fs::read_to_string(ids).unwrap();
    (fs::read_to_string(html).unwrap(), ids.lines().map(str::to_owned).collect())
}

/// The number in the row of a table of the page.
fn number(html: &str, row: &str) -> String {
    let after = html.split(&format!("<th scope=\"row\">{row}</th>")).nth(1).unwrap_or_else(|| panic!("no {row}"));
    after.split("<td class=\"number\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

const CONTACTS: &str = r#"{"id":1,"first_name":"Ann","last_name":null,"full_name":"Ann","email":"Ann@x.org","phone_number":"+1 555 123 4567","company":"A&B <i>"}
{"id":2,"first_name":null,"last_name":null,"full_name":" ","email":" ann@X.org ","phone_number":"(+1) 555-1234567","company":"A&B <i>"}
{"id":3,"first_name":"Bo","last_name":null,"full_name":null,"email":"nowhere","phone_number":"555","company":"A&B <i>"}
{"id":4,"first_name":"Cy","last_name":null,"full_name":null,"email":null,"phone_number":null,"company":"A&B <i>"}
{"id":5,"first_name":"Di","last_name":null,"full_name":null,"email":"","phone_number":"+1-555-123-4567","company":"A&B <i>"}
{"id":6,"first_name":"Ed","last_name":null,"full_name":null,"email":"ed@x.org","phone_number":"+15550000000","company":"Secret Ltd"}
"#;

#[test]
fn the_quality_of_the_data_is_counted() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    fs::write(&file, CONTACTS).unwrap();
    let (html, ids) = page(&file, &folder);
    for (row, due) in [
        ("without a name", "1"),
        ("without an email address", "2"),
        ("malformed email addresses (without text around an @)", "1"),
        ("that share their email address with others", "2"),
        ("without a phone number", "1"),
        ("phone numbers that are not + and 8 to 15 digits", "1"),
        ("that share their phone number with others", "3"),
        ("3 contacts", "1"),
        // Escaped; only companies of five contacts or more are named.
        ("A&amp;B &lt;i&gt;", "5"),
    ] {
        assert_eq!(number(&html, row), due, "{row}");
    }
    assert_eq!(ids, ["kind,group,id", "email,1,1", "email,1,2", "phone,1,1", "phone,1,2", "phone,1,5"]);
    for value in ["Secret", "Ann", "x.org", "555", "nowhere", "<script", "http:", "https:"] {
        assert!(!html.contains(value), "{value}");
    }
}

#[test]
fn what_a_table_lacks_or_hashes_is_not_counted_as_zero() {
    let folder = folder();
    let (key, file) = (path(&folder, "key"), path(&folder, "c.parquet"));
    fs::write(&key, "0123456789abcdef0123456789abcdef").unwrap();
    let more = ["--hmac", "email,company", "--hmac-key-file", &key, "--drop", "phone_number"];
    assert_eq!(exported(2_500, &file, &more).code, Some(0));
    let (html, ids) = page(&file, &folder);
    assert_eq!(number(&html, "malformed email addresses (without text around an @)"), "hashed");
    assert_eq!(number(&html, "without a phone number"), "no such column");
    assert!(!html.contains("<h2>Companies</h2>") && ids.iter().all(|line| !line.starts_with("phone")), "{ids:?}");
    let bare = path(&folder, "bare.ndjson");
    fs::write(&bare, "{\"email\":\"a@x.org\"}\n").unwrap();
    let ran = run(&["inspect", &bare, "--duplicates", &path(&folder, "none.csv")]);
    assert!(ran.code == Some(2) && ran.stderr.contains("needs the column id"), "{ran:?}");
    assert!(!fs::exists(path(&folder, "none.csv")).unwrap());
}

#[test]
fn the_page_shows_the_changes_since_another_export() {
    let folder = folder();
    let [old, new, html] = ["old.csv", "new.ndjson", "page.html"].map(|name| path(&folder, name));
    exported(200, &old, &[]);
    exported(300, &new, &[]);
    let ran = run(&["inspect", &new, "--html", &html, "--compare", &old]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let page = fs::read_to_string(&html).unwrap();
    assert!(page.contains("Since old.csv, which has 200 contacts") && page.contains("<h2>Changes</h2>"), "{page}");
    // Two that cannot be compared.
    exported(200, &old, &["--columns", "id,email"]);
    let ran = run(&["inspect", &new, "--html", &path(&folder, "none.html"), "--compare", &old]);
    assert_eq!(ran.code, Some(65), "{}", ran.stderr);
    assert!(!fs::exists(path(&folder, "none.html")).unwrap());
}

#[test]
fn the_page_overwrites_neither_the_export_nor_its_manifest() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    exported(20, &file, &[]);
    let text = fs::read(&file).unwrap();
    for (wrong, code) in [
        (file.clone(), 2),
        (file.clone() + ".manifest.json", 2),
        (path(&folder, ""), 73),
        (path(&folder, "none/page.html"), 73),
        ("s3://bucket/page.html".to_owned(), 2),
    ] {
        let ran = run(&["inspect", &file, "--html", &wrong]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{wrong}: {}", ran.stderr);
    }
    assert_eq!(run(&["inspect", &file, "--compare", &file]).code, Some(2), "only with --html");
    assert_eq!(fs::read(&file).unwrap(), text);
    let piped = run(&["inspect", &file, "--html", "-"]);
    assert!(
        piped.code == Some(0) && piped.stdout.starts_with("<!doctype html>") && piped.stdout.ends_with("</html>\n")
    );
}
