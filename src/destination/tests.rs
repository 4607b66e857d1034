//! What all destinations have in common: they publish everything or nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use futures::FutureExt;
use serde_json::{Value, json};

use super::*;
use crate::checksum::Checksum;
use crate::config::{
    BaseUrl, ContactsConfig, Content, ExportConfig, Format, Layout, OutFile, Owners, PlainHttp, Token,
};
use crate::manifest::sealed_with;

const PARTS: [OutFile; 2] = [OutFile::Part(0), OutFile::Part(1)];

/// Outputs, as given, with the files that are written to each.
const OUTPUTS: [(&str, Option<&str>, &[OutFile]); 5] = [
    ("c.ndjson", None, &[OutFile::Part(0)]),
    ("c.ndjson", None, &[OutFile::Part(0), OutFile::Owners]),
    ("out/", None, &PARTS),
    ("out/", None, &[OutFile::Part(0), OutFile::Part(1), OutFile::Owners]),
    ("out/", Some("day=1"), &PARTS),
];

pub(super) fn config(home: &Path, output: &str, partition: Option<&str>, files: &[OutFile]) -> ExportConfig {
    let base_url = BaseUrl::parse(BaseUrl::PRODUCTION, PlainHttp::Loopback).unwrap();
    let contacts = ContactsConfig::new(base_url, Token::new("t").unwrap());
    let partition = partition.map(|partition| partition.parse().unwrap());
    let output = Output::named(format!("{}/{output}", home.display()).into(), partition);
    let mut config = ExportConfig::new(contacts, output, Format::Ndjson);
    if files.contains(&OutFile::Owners) {
        config.content = Content::Table(Layout { owners: Owners::Table, ..Layout::default() });
    }
    config
}

/// A manifest of files that consist of this text.
pub(super) fn manifest(config: &ExportConfig, files: &[OutFile], text: &str) -> String {
    let mut checksum = Checksum::default();
    checksum.update(text.as_bytes());
    let (bytes, sha256) = (checksum.bytes(), checksum.digits());
    let name = |file: &OutFile| config.output.name_of(*file, config.encoding);
    let record = |file: &OutFile| json!({"name": name(file), "rows": 1, "bytes": bytes, "sha256": sha256});
    let owners = files.contains(&OutFile::Owners).then(
        || json!({"rows": 1, "contradictions": 0, "file": record(&OutFile::Owners), "digest": null, "columns": []}),
    );
    let parts = files.iter().filter(|file| **file != OutFile::Owners).map(record);
    let (file, parts): (Value, Vec<Value>) = if config.output.is_directory() {
        (Value::Null, parts.collect())
    } else {
        (parts.clone().next().into(), vec![])
    };
    sealed_with(|manifest| {
        (manifest["file"], manifest["parts"], manifest["owners"]) = (file, json!(parts), json!(owners));
    })
}

/// All files below a directory, except locks, with their contents.
fn files_in(directory: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(files_in(&path));
        } else if path.extension().is_none_or(|extension| extension != "lock") {
            files.insert(path.clone(), fs::read_to_string(path).unwrap());
        }
    }
    files
}

/// The files that are not hidden.
fn visible_in(directory: &Path) -> BTreeMap<PathBuf, String> {
    let is_visible = |path: &PathBuf| {
        let mut names = path.strip_prefix(directory).unwrap().iter();
        names.all(|name| !name.to_str().unwrap().starts_with('.'))
    };
    files_in(directory).into_iter().filter(|(path, _)| is_visible(path)).collect()
}

pub(super) async fn written(config: &ExportConfig, files: &[OutFile], text: &str) -> Destination {
    let mut destination = Destination::open(config, || ()).await.unwrap();
    for file in files {
        destination.take(Piece::Begin(*file)).await.unwrap();
        let (first, second) = text.split_at(1);
        for bytes in [first, second] {
            destination.take(Piece::Bytes(bytes.as_bytes().to_vec().into())).await.unwrap();
        }
    }
    destination
}

#[tokio::test]
async fn publishes_everything_or_nothing() {
    for (output, partition, files) in OUTPUTS {
        let home = tempfile::tempdir().unwrap();
        let config = config(home.path(), output, partition, files);
        let target = config.output.target().unwrap();
        for text in ["old", "new"] {
            let before = files_in(home.path());
            drop(written(&config, files, text).await);
            assert_eq!(files_in(home.path()), before, "{output} {files:?}");
            drop(written(&config, files, text).await.settle().await.unwrap());
            assert_eq!(files_in(home.path()), before, "{output} {files:?}");

            let settled = written(&config, files, text).await.settle().await.unwrap();
            assert_eq!(visible_in(home.path()), before, "{output} {files:?}");
            let manifest = manifest(&config, files, text);
            settled.publish(manifest.clone().into_bytes()).await.unwrap();
            let path = |file: &OutFile| config.output.path_at(&target, *file, config.encoding);
            let mut due: BTreeMap<_, _> = files.iter().map(|file| (path(file), text.to_owned())).collect();
            due.insert(config.output.manifest_path().unwrap(), manifest);
            if config.output.is_directory() {
                due.insert(target.join("_SUCCESS"), String::new());
            }
            assert_eq!(files_in(home.path()), due, "{output} {files:?}");
        }
    }
}

#[tokio::test]
async fn publishes_a_kit_or_leaves_the_earlier_one() {
    let home = tempfile::tempdir().unwrap();
    let kit = home.path().join("kit");
    let written = async |text: &str| {
        let mut directory = StagedDirectory::open_kit(&kit, |_| Ok(None), None, || ()).await.unwrap();
        directory.write_kit([("README.md", text), ("load.sql", text)].into_iter()).unwrap();
        directory
    };
    for text in ["old", "new"] {
        let before = files_in(home.path());
        drop(written(text).await);
        assert_eq!(files_in(home.path()), before);
        let directory = written(text).await;
        assert_eq!(visible_in(home.path()), before);
        directory.publish_kit().unwrap();
        let due = ["README.md", "load.sql"].map(|name| (kit.join(name), text.to_owned()));
        assert_eq!(files_in(home.path()), due.into());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_stream_is_written_when_it_is_settled() {
    let home = tempfile::tempdir().unwrap();
    let pipe = home.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut config = config(home.path(), "pipe", None, &[]);
    config.manifest = Some(home.path().join("m.json"));
    for below in [crate::config::OnIncomplete::Publish, crate::config::OnIncomplete::Discard] {
        config.on_incomplete = below;
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        let settled = written(&config, &[OutFile::Part(0)], "text").await.settle().await.unwrap();
        assert!(!home.path().join("m.json").exists());
        settled.publish(b"manifest".to_vec()).await.unwrap();
        assert_eq!(reader.join().unwrap(), "text");
        assert_eq!(fs::read(home.path().join("m.json")).unwrap(), b"manifest");
        fs::remove_file(home.path().join("m.json")).unwrap();
    }
}

#[test]
fn dropping_a_destination_while_it_settles_leaves_nothing() {
    for (output, partition, files) in OUTPUTS {
        let home = tempfile::tempdir().unwrap();
        let config = config(home.path(), output, partition, files);
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let destination = Destination::open(&config, || ()).await.unwrap();
            // The only thread for blocking work is busy, so syncing has to wait.
            let (free, busy) = mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || busy.recv().is_err());
            // Polled once, and dropped.
            assert!(destination.settle().now_or_never().is_none());
            assert_eq!(files_in(home.path()), BTreeMap::new());
            drop(free);
            assert!(busy.await.unwrap());
        });
    }
}

#[tokio::test]
async fn refuses_urls_of_no_store() {
    let mut config = config(Path::new("."), "c.ndjson", None, &[]);
    config.output = Output::named("file:///c.ndjson".into(), None);
    let error = Destination::open(&config, || ()).await.unwrap_err();
    assert!(error.to_string().contains("file:// URLs are not supported"), "{error}");
}
