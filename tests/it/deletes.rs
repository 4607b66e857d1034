//! An export that lacks too many contacts of the one it would replace.

use std::path::Path;
use std::time::Duration;

use linq_export::config::{Encoding, ExportConfig, MaxDeletes, Output};
use linq_export::events::{Silent, Summary};
use linq_export::sandbox::{Sandbox, SandboxConfig};
use linq_export::{CancellationToken, Error};

use crate::support::run::{exported, json};
use crate::support::{config, folder, path};

async fn sandbox(contacts: u64, faults: &[&str]) -> Sandbox {
    let mut config = SandboxConfig::default();
    config.contacts = contacts;
    config.faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    Sandbox::start(config).await.unwrap()
}

/// Exports a sandbox, and reads page 1 again without a pause.
async fn export(sandbox: &Sandbox, output: Output, allowed: MaxDeletes) -> Result<Summary, Error> {
    let mut contacts = config(sandbox);
    contacts.second_look.pause = Duration::ZERO;
    let mut config = ExportConfig::new(contacts, output, Encoding::of(Path::new("c.ndjson")).unwrap().format);
    config.max_deletes = allowed;
    linq_export::export(config, std::sync::Arc::new(Silent), CancellationToken::new()).await
}

fn page_1(sandbox: &Sandbox) -> usize {
    sandbox.requests().iter().filter(|seen| seen.page == Some(1) && seen.per_page == Some(100)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn half_may_be_gone_and_no_more() {
    let folder = folder();
    for (name, output) in [("c.ndjson", ""), ("c/", ""), ("d/", "run_date=2026-01-31")] {
        let path = folder.path().join(name);
        let output = match (name.ends_with('/'), output) {
            (false, _) => Output::File(path),
            (true, "") => Output::Folder { path, partition: None },
            (true, partition) => Output::Folder { path, partition: Some(partition.parse().unwrap()) },
        };
        let allowed = MaxDeletes::default();
        export(&sandbox(500, &[]).await, output.clone(), allowed).await.unwrap();
        for after in [249, 0] {
            let sandbox = sandbox(after, &[]).await;
            let error = export(&sandbox, output.clone(), allowed).await.unwrap_err();
            assert_eq!(error.exit().code(), 3, "{error}");
            let text = error.to_string();
            assert!(text.starts_with(&format!("found only {after} contacts, but the export to be replaced has 500: ")));
            assert!(text.contains("--max-deletes 50% allows"), "{text}");
            assert!(page_1(&sandbox) >= 3, "it was read again");
        }
        export(&sandbox(250, &[]).await, output.clone(), allowed).await.unwrap();
        // The new export is the measure of the next.
        assert!(export(&sandbox(124, &[]).await, output.clone(), allowed).await.is_err());
        for (after, allowed) in [(124, MaxDeletes::Contacts(126)), (0, MaxDeletes::Percent(100))] {
            export(&sandbox(after, &[]).await, output.clone(), allowed).await.unwrap();
        }
        // Nothing can be gone of nothing.
        export(&sandbox(0, &[]).await, output.clone(), allowed).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_empty_answer_is_not_believed() {
    let folder = folder();
    let output = Output::File(folder.path().join("c.ndjson"));
    export(&sandbox(300, &[]).await, output.clone(), MaxDeletes::default()).await.unwrap();
    for times in ["1", "2"] {
        let sandbox = sandbox(320, &[&format!("empty-list:page=1,times={times}")]).await;
        let summary = export(&sandbox, output.clone(), MaxDeletes::default()).await.unwrap();
        assert_eq!(summary.read.contacts, 320);
        assert_eq!(summary.read.certificate.level, linq_export::Level::Snapshot, "{:?}", summary.read.certificate);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn few_contacts_may_all_go_but_not_by_one_answer() {
    let folder = folder();
    let output = Output::File(folder.path().join("c.ndjson"));
    for (contacts, faults, read) in [(99, &[][..], 99), (1, &["empty-list:page=1,times=2"], 1), (0, &[], 0)] {
        let summary = export(&sandbox(contacts, faults).await, output.clone(), MaxDeletes::default()).await.unwrap();
        assert_eq!(summary.read.contacts, read);
    }
    let allowed = MaxDeletes::Percent(50);
    export(&sandbox(3, &[]).await, output.clone(), allowed).await.unwrap();
    assert!(export(&sandbox(1, &[]).await, output.clone(), allowed).await.is_err(), "what is said counts for few, too");
}

/// In a run that is limited, or after one, or after one that was incomplete, or without a manifest, nothing is known.
#[test]
fn only_a_whole_export_is_a_measure_and_only_a_whole_one_is_measured() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    assert_eq!(exported(500, &file, &[]).code, Some(0));
    assert_eq!(exported(500, &file, &["--limit", "3"]).code, Some(0));
    assert_eq!(exported(120, &file, &[]).code, Some(0));
    let manifest = file.clone() + ".manifest.json";
    std::fs::write(&manifest, "{}").unwrap();
    let ran = exported(0, &file, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("the manifest is damaged")
            && ran.stderr.contains("cannot check how many contacts were deleted"),
        "{}",
        ran.stderr
    );
    assert_eq!(exported(120, &file, &[]).code, Some(0));
    std::fs::remove_file(&manifest).unwrap();
    assert_eq!(exported(0, &file, &[]).code, Some(0));
    assert_eq!(json(manifest)["contacts"]["rows"], 0);
}

/// Takes the pauses of the program.
#[test]
fn the_program_says_what_it_doubts_and_what_to_do() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    assert_eq!(exported(500, &file, &[]).code, Some(0));
    let before = std::fs::read(&file).unwrap();
    let ran = exported(7, &file, &[]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let doubt =
        "warning: page 1 reports 7 contacts, but at least 250 are expected since the last export; re-reading it in";
    assert_eq!(ran.stderr.matches(doubt).count(), 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("hint: check that the token") && ran.stderr.contains("--max-deletes 100%"),
        "{}",
        ran.stderr
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let ran = exported(7, &file, &["--max-deletes", "493"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(exported(7, &file, &["--max-deletes", "many"]).code, Some(2));
}
