//! The commands of `docs/personal-data.md`: none of the files that they write may identify a person.

use std::fs;
use std::path::Path;

use linq_export::dataset::open;

use crate::support::scripted::{Scripted, page};
use crate::support::{batch_rows, folder, program, ran};

/// A contact of which each value is told from all others, in every kind that the API may send it.
const CONTACTS: &str = r#"{"id":1,"first_name":"Clearfirst","last_name":"Clearlast","full_name":"Clearfull",
    "email":"clear@mail.example","phone_number":"+15550001111","company":"Clearcompany","title":"Cleartitle",
    "location":"Clearlocation","image_url":"https://clear.example/image.png","created_at":"2025-07-30T10:00:00Z",
    "updated_at":"clear yesterday","nickname":"Clearnick","tags":["Cleartag"],
    "contact_owner":{"id":7,"email":"clearowner@mail.example","first_name":"Clearownerfirst",
        "last_name":"Clearownerlast","name":"Clearownername","team":"Clearteam"}},
    {"id":2,"email":["clear@list.example"],"phone_number":15550001111,"contact_owner":"Clearowner"}"#;

/// The arguments of the recipe.
fn recipe() -> Vec<String> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/personal-data.md")).unwrap();
    let line = page.lines().find(|line| line.starts_with("linq-export contacts -o contacts.hashed.parquet"));
    line.unwrap().split(' ').skip(1).map(str::to_owned).collect()
}

/// Everything in a folder, and the names of what is in it.
fn written(folder: &Path) -> String {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all.extend_from_slice(path.file_name().unwrap().as_encoded_bytes());
        if path.is_dir() {
            all.extend(written(&path).into_bytes());
        } else {
            all.extend(fs::read(&path).unwrap());
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn the_recipe_leaves_no_clear_value_anywhere() {
    let contacts = CONTACTS.replace('\n', "");
    let server = Scripted::start(move |_| page(&contacts, 2));
    for ending in ["parquet", "ndjson", "csv"] {
        let folder = folder();
        fs::write(folder.path().join("hmac.key"), "0123456789abcdef0123456789abcdef\n").unwrap();
        let mut arguments = recipe();
        arguments[2] = arguments[2].replace("parquet", ending);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let mut command = program(&arguments);
        command.args(["--base-url", &server.url(), "--rate", "5000", "-vv", "--kit", "kit"]);
        command.args(["--report", "run.json", "--metrics-file", "run.prom"]).current_dir(folder.path());
        let ran = ran(command.env("LINQ_INTEGRATION_TOKEN", "t").output().unwrap());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let rows: Vec<_> =
            open(&folder.path().join(arguments[2])).unwrap().flat_map(|batch| batch_rows(&batch.unwrap())).collect();
        assert_eq!((rows.len(), rows[0]["email"].as_str().unwrap().len()), (2, 64));
        let rows = serde_json::to_string(&rows).unwrap();
        let all = format!("{rows}{}{}{}", written(folder.path()), ran.stdout, ran.stderr).to_lowercase();
        for clear in ["clear", "mail.example", "list.example", "5550001111"] {
            assert!(!all.contains(clear), "{ending}: {clear} is in {all}");
        }
    }
}
