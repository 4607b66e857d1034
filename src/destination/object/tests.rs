//! Publication to a store whose process is killed at any request.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::checksum::sha256;
use crate::config::{ExportConfig, OutFile, Output, StoreLock};
use crate::destination::tests::{config, manifest, written};
use crate::destination::{Destination, DestinationError, Piece};
use crate::manifest::Listing;
use crate::storage::{self, Memory};

const FILES: [&[OutFile]; 3] =
    [&[OutFile::Part(0)], &[OutFile::Part(0), OutFile::Owners], &[OutFile::Part(0), OutFile::Part(1), OutFile::Owners]];

/// Outputs with the files that are written to each.
const OUTPUTS: [(&str, Option<&str>, &[OutFile]); 4] = [
    ("a/c.ndjson", None, FILES[0]),
    ("a/c.ndjson", None, FILES[1]),
    ("a/out/", None, FILES[2]),
    ("a/out/", Some("day=1"), FILES[2]),
];

type Objects = BTreeMap<String, String>;

/// A store, and what is written to it.
struct Case {
    memory: Memory,
    config: ExportConfig,
    files: &'static [OutFile],
}

impl Case {
    fn new(name: &str, (output, partition, files): (&str, Option<&str>, &'static [OutFile])) -> Self {
        let home = format!("s3://{name}");
        let mut config = config(Path::new(&home), output, partition, files);
        config.lock_timeout = Some(Duration::from_mins(10));
        Self { memory: Memory::at(&format!("{home}/x")), config, files }
    }

    /// Exports this text as each file.
    async fn export(&mut self, text: &str) -> Result<(), DestinationError> {
        self.config.output.begin_run();
        let mut destination = Destination::open(&self.config, || ()).await?;
        for file in self.files {
            destination.take(Piece::Begin(*file)).await?;
            destination.take(Piece::Bytes(text.to_owned().into())).await?;
        }
        let manifest = manifest(&self.config, self.files, text);
        destination.settle().await?.publish(manifest.into_bytes()).await
    }

    /// What belongs to this output, without the names of the run in it.
    async fn found(&self) -> Objects {
        let hexadecimal = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let name = |key: &str| {
            let parts: Vec<_> = key.split_inclusive(['-', '.']).collect();
            let is_run = |part: &&str| !hexadecimal(part.trim_end_matches(['-', '.']));
            parts.into_iter().filter(is_run).collect::<String>()
        };
        let found = self.memory.contents().await.into_iter();
        // The manifest contains the names of the run.
        let blank = |key: &str, text: String| if key.ends_with("manifest.json") { "manifest".to_owned() } else { text };
        found.map(|(key, text)| (name(&key), blank(&key, text))).collect()
    }

    /// Whether the files are those that the manifest lists.
    async fn is_consistent(&self) -> bool {
        let contents = self.memory.contents().await;
        let key = |path: PathBuf| super::key_of(&path);
        let manifest = &contents[&key(self.config.output.manifest_path().unwrap())];
        let listing = Listing::read(manifest.as_bytes()).unwrap();
        let target = self.config.output.target().unwrap();
        let within = if self.config.output.is_directory() { &*target } else { target.parent().unwrap() };
        let files = listing.file.iter().chain(&listing.parts).chain(listing.owners_file());
        let mut listed: Vec<_> = files.map(|file| (key(within.join(file.name.as_ref().unwrap())), file)).collect();
        let is_whole = listed
            .iter()
            .all(|(key, file)| contents.get(key).is_some_and(|text| sha256(text.as_bytes()) == file.sha256));
        listed.retain(|(key, _)| contents.contains_key(key));
        let others = if self.config.output.is_directory() { 2 } else { 1 };
        is_whole && contents.len() == listed.len() + others
    }
}

/// Waits for the clean-ups of failed runs, with the clock of the system.
async fn cleaned_up() {
    tokio::task::spawn_blocking(storage::wait_for_clean_ups).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_killed_changes_everything_or_nothing() {
    for (number, output) in OUTPUTS.into_iter().enumerate() {
        for is_done in [false, true] {
            let mut at = 0;
            loop {
                at += 1;
                let mut case = Case::new(&format!("killed-{number}-{is_done}-{at}"), output);
                case.export("old").await.unwrap();
                let old = case.found().await;
                assert!(case.is_consistent().await);
                case.memory.kill_after(at, is_done);
                let exported = case.export("new").await;
                let was_killed = case.memory.was_killed();
                case.memory.kill_after(usize::MAX, false);
                let where_ = format!("{output:?}, at {at}, {is_done}: {exported:?}");

                // The next run is stopped before it publishes anything itself.
                drop(Destination::open(&case.config, || ()).await.unwrap());
                cleaned_up().await;
                assert!(case.is_consistent().await, "{where_}: {:?}", case.memory.contents().await);
                let new: Objects = old.iter().map(|(key, text)| (key.clone(), text.replace("old", "new"))).collect();
                let found = case.found().await;
                assert!(found == old || found == new, "{where_}: {found:?}");
                assert_eq!(case.memory.open_uploads(), [], "{where_}");
                assert!(exported.is_err() || found == new, "{where_}");

                case.export("later").await.unwrap();
                let later: Objects =
                    old.iter().map(|(key, text)| (key.clone(), text.replace("old", "later"))).collect();
                assert_eq!(case.found().await, later, "{where_}");
                assert_eq!(case.memory.open_uploads(), [], "{where_}");
                if !was_killed {
                    assert!(exported.is_ok() && at > 15, "{where_}");
                    break;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_request_changes_everything_or_nothing() {
    for (number, output) in OUTPUTS.into_iter().enumerate() {
        for is_done in [false, true] {
            for at in 1.. {
                let mut case = Case::new(&format!("request-{number}-{is_done}-{at}"), output);
                case.export("old").await.unwrap();
                let old = case.found().await;
                case.memory.fail_once(at, is_done);
                let exported = case.export("new").await;
                cleaned_up().await;
                let has_failed = case.memory.has_failed();
                case.memory.kill_after(usize::MAX, false);
                let where_ = format!("{output:?}, at {at}, {is_done}: {exported:?}");
                let is_new = matches!(exported, Ok(()) | Err(DestinationError::Unfinished { .. }));
                drop(Destination::open(&case.config, || ()).await.unwrap());
                cleaned_up().await;
                assert!(case.is_consistent().await, "{where_}: {:?}", case.memory.contents().await);
                let new: Objects = old.iter().map(|(key, text)| (key.clone(), text.replace("old", "new"))).collect();
                assert_eq!(case.found().await, if is_new { new } else { old }, "{where_}");
                assert_eq!(case.memory.open_uploads(), [], "{where_}");
                if !has_failed {
                    assert!(exported.is_ok() && at > 15, "{where_}");
                    break;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_leaves_nothing() {
    for (number, output) in OUTPUTS.into_iter().enumerate() {
        let mut case = Case::new(&format!("failed-{number}"), output);
        for text in [None, Some("old")] {
            if let Some(text) = text {
                case.export(text).await.unwrap();
            }
            let before = case.memory.contents().await;
            drop(written(&case.config, case.files, "new").await.settle().await.unwrap());
            drop(written(&case.config, case.files, "new").await);
            cleaned_up().await;
            assert_eq!(case.memory.contents().await, before);
            assert_eq!(case.memory.open_uploads(), []);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_one_run_holds_the_lock() {
    let mut case = Case::new("locked", OUTPUTS[0]);
    case.config.lock_timeout = None;
    let first = Destination::open(&case.config, || ()).await.unwrap();
    let second = Destination::open(&case.config, || ()).await.unwrap_err();
    assert!(matches!(&second, DestinationError::Locked { holder: Some(_), .. }), "{second}");
    // It is renewed, however long it takes.
    case.config.lock_timeout = Some(Duration::from_mins(10));
    assert!(matches!(Destination::open(&case.config, || ()).await, Err(DestinationError::Locked { .. })));
    drop(first);
    case.export("new").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_lock_was_taken_over_publishes_nothing() {
    let mut case = Case::new("lost", OUTPUTS[1]);
    case.export("old").await.unwrap();
    let before = case.memory.contents().await;
    let settled = written(&case.config, case.files, "new").await.settle().await.unwrap();
    case.memory.put("a/.c.ndjson.lock", "{}").await;
    let manifest = manifest(&case.config, case.files, "new");
    let lost = settled.publish(manifest.into_bytes()).await.unwrap_err();
    assert!(matches!(lost, DestinationError::Lost { .. }), "{lost}");
    cleaned_up().await;
    case.memory.remove("a/.c.ndjson.lock").await;
    assert_eq!(case.memory.contents().await, before);
    assert_eq!(case.memory.open_uploads(), []);
}

#[tokio::test(start_paused = true)]
async fn a_manifest_of_another_run_is_not_replaced() {
    let mut case = Case::new("forestalled", OUTPUTS[2]);
    case.export("old").await.unwrap();
    let settled = written(&case.config, case.files, "new").await.settle().await.unwrap();
    case.memory.put("a/out/_manifest.json", "{}").await;
    let before = case.memory.contents().await;
    let manifest = manifest(&case.config, case.files, "new");
    let lost = settled.publish(manifest.into_bytes()).await.unwrap_err();
    assert!(matches!(lost, DestinationError::Lost { .. }), "{lost}");
    cleaned_up().await;
    case.memory.put("a/.out.lock", "").await;
    let mut after = case.memory.contents().await;
    after.insert("a/.out.lock".to_owned(), before["a/.out.lock"].clone());
    assert_eq!(after, before);
}

#[tokio::test(start_paused = true)]
async fn something_else_in_the_place_of_the_lock_is_left_alone() {
    let case = Case::new("foreign-lock", OUTPUTS[0]);
    case.memory.put("a/.c.ndjson.lock", "mine").await;
    let refused = Destination::open(&case.config, || ()).await.unwrap_err();
    assert!(matches!(&refused, DestinationError::NotOurs { path } if path.ends_with(".c.ndjson.lock")), "{refused}");
    cleaned_up().await;
    assert_eq!(case.memory.contents().await["a/.c.ndjson.lock"], "mine");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_ignores_conditions_is_refused() {
    let mut case = Case::new("unconditional", OUTPUTS[0]);
    case.memory.ignore_conditions();
    let refused = Destination::open(&case.config, || ()).await.unwrap_err();
    assert!(matches!(refused, DestinationError::Unconditional { .. }), "{refused}");
    cleaned_up().await;
    assert_eq!(case.memory.contents().await, Objects::new());
    case.config.store_lock = StoreLock::Off;
    case.export("new").await.unwrap();
    assert!(case.is_consistent().await);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_no_run_wrote_is_left_alone() {
    let mut case = Case::new("record", OUTPUTS[0]);
    case.export("old").await.unwrap();
    case.memory.put("b/mine", "mine").await;
    let manifest = case.memory.contents().await["a/c.ndjson.manifest.json"].clone();
    let upload = |key: &str| serde_json::json!({"key": key, "id": "1", "parts": [], "bytes": 3});
    let record = |manifest: &str, uploads: &[&str], former: &[&str]| {
        let uploads: Vec<_> = uploads.iter().map(|key| upload(key)).collect();
        serde_json::json!({"program": "linq-export", "manifest": manifest, "uploads": uploads, "former": former})
            .to_string()
    };
    for text in [
        String::new(),
        "mine".to_owned(),
        "{}".to_owned(),
        record("{}", &[], &[]),
        record(&manifest, &["b/mine"], &[]),
        record(&manifest, &[], &["b/mine"]),
        record(&manifest, &["a/c.ndjson"], &["a/c.ndjson"]),
        record(&manifest, &[], &[]).replace("linq-export\",\"uploads", "another\",\"uploads"),
    ] {
        case.memory.put("a/.c.ndjson.pending", &text).await;
        let before = case.memory.contents().await;
        let refused = case.export("new").await.unwrap_err();
        assert!(
            matches!(&refused, DestinationError::NotOurs { path } if path.ends_with(".c.ndjson.pending")),
            "{text}"
        );
        cleaned_up().await;
        assert_eq!(case.memory.contents().await, before, "{text}");
    }
    case.memory.put("a/.c.ndjson.pending", &record(&manifest, &[], &["a/c.owners.ndjson"])).await;
    case.export("new").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_directory_with_something_else_is_refused() {
    let mut case = Case::new("foreign", OUTPUTS[2]);
    case.export("old").await.unwrap();
    case.memory.put("a/out/part-00009.csv", "mine").await;
    let before = case.memory.contents().await;
    let refused = case.export("new").await.unwrap_err();
    assert!(matches!(&refused, DestinationError::NotReplaceable { reason, .. } if reason.contains("part-00009")));
    cleaned_up().await;
    assert_eq!(case.memory.contents().await, before);
}

#[tokio::test(start_paused = true)]
async fn owners_of_somebody_else_are_not_replaced() {
    let mut case = Case::new("owners", OUTPUTS[1]);
    case.memory.put("a/c.owners.ndjson", "mine").await;
    let refused = case.export("new").await.unwrap_err();
    assert!(matches!(refused, DestinationError::OwnersNotOurs { .. }), "{refused}");
    cleaned_up().await;
    assert_eq!(case.memory.contents().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn former_owners_are_deleted() {
    let mut case = Case::new("former-owners", OUTPUTS[1]);
    case.export("old").await.unwrap();
    (case.config, case.files) = (Case::new("former-owners-2", OUTPUTS[0]).config, OUTPUTS[0].2);
    case.config.output = Output::named("s3://former-owners/a/c.ndjson".into(), None);
    case.export("new").await.unwrap();
    let keys: Vec<_> = case.memory.contents().await.into_keys().collect();
    assert_eq!(keys, ["a/c.ndjson", "a/c.ndjson.manifest.json"]);
}
