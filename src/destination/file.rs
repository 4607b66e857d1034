//! A file under way, its owners beside it where they are a table of their own, and the manifest of both: published
//! together.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::DestinationError;
use super::commit::{Left, finish, former_owners, recover, remove_former_owners, stage_manifest, stage_owners};
use super::lock::Lock;
use crate::atomic::{self, Mode, TemporaryFile, folder};
use crate::naming::Names;
use crate::platform;

/// A file under way, and the locks that keep others from it.
#[derive(Debug)]
pub(crate) struct FilePlace {
    names: Names,
    draft: TemporaryFile,
    owners: Option<Owners>,
    mode: Option<u32>,
    keeps_modes: bool,
    /// Freed when all else is done.
    _locks: Vec<Lock>,
}

/// The file of the owners.
#[derive(Debug)]
struct Owners {
    path: PathBuf,
    draft: TemporaryFile,
}

impl FilePlace {
    /// Cleans up after the dead, and begins a file; one of owners too, where it is said what that is called.
    pub fn begin(
        names: Names,
        owners: Option<PathBuf>,
        mode: Option<u32>,
        locks: Vec<Lock>,
    ) -> Result<(Self, Left), DestinationError> {
        let create = |error| DestinationError::create(&names.target, error);
        [&names.manifest, &names.staged].into_iter().try_for_each(|manifest| check_manifest(manifest))?;
        for path in [Some(&names.target), Some(&names.manifest), owners.as_ref()].into_iter().flatten() {
            platform::check_replaceable(path).map_err(|error| DestinationError::create(path, error))?;
        }
        let left = recover(&names).map_err(create)?;
        if let Some(owners) = &owners {
            check_owners(&names, owners)?;
        }
        for drafts_of in [&names.target, &names.manifest, &names.owners_drafts] {
            atomic::sweep(drafts_of).map_err(create)?;
        }
        let draft = TemporaryFile::begin(&names.target).map_err(create)?;
        // The manifest's is begun when the file is whole, and a name may be too long for it alone.
        TemporaryFile::begin(&names.manifest).map_err(|error| DestinationError::create(&names.manifest, error))?;
        let keeps_modes = atomic::keeps_modes(&draft.writer().map_err(create)?, mode)
            .map_err(|error| DestinationError::Mode { path: names.target.clone(), error })?;
        let begin = |path| Ok::<_, io::Error>(Owners { path, draft: TemporaryFile::begin(&names.owners_drafts)? });
        let owners = owners.map(begin).transpose().map_err(create)?;
        Ok((Self { names, draft, owners, mode, keeps_modes, _locks: locks }, left))
    }

    /// A handle for writing the file.
    pub fn writer(&self) -> io::Result<fs::File> {
        self.draft.writer()
    }

    /// A handle for writing the owners.
    pub fn owners_writer(&self) -> io::Result<fs::File> {
        self.owners.as_ref().ok_or(io::ErrorKind::Unsupported)?.draft.writer()
    }

    /// The file's name, as errors show it.
    pub fn target(&self) -> &Path {
        &self.names.target
    }

    /// Whether the files have the modes that they are given.
    pub fn keeps_modes(&self) -> bool {
        self.keeps_modes
    }

    /// The work of putting what was written on disk, still under its draft's name. It may take long, and
    /// the place can be dropped meanwhile.
    pub fn settling(&self) -> io::Result<impl FnOnce() -> io::Result<()> + Send + use<>> {
        let mode = self.mode;
        let contacts = self.draft.settling(mode.map_or(Mode::KEPT, Mode::Exactly))?;
        let owners =
            self.owners.as_ref().map(|Owners { path, draft }| Ok::<_, io::Error>((path.clone(), draft.writer()?)));
        let (owners, target) = (owners.transpose()?, self.names.target.clone());
        Ok(move || {
            contacts()?;
            let Some((path, file)) = owners else { return Ok(()) };
            let like_the_contacts = Mode::Kept { like: Some(&target), new: 0o600 };
            atomic::settle(&file, &path, mode.map_or(like_the_contacts, Mode::Exactly))
        })
    }

    /// Publishes the settled files and their manifest.
    pub fn publish(self, manifest: &[u8]) -> Result<(), DestinationError> {
        let Self { names, draft, owners, mode, keeps_modes: _, _locks } = self;
        let (owners, owners_draft) = owners.map(|Owners { path, draft }| (path, draft)).unzip();
        // A long time may have passed since it was looked at.
        owners.as_deref().map_or(Ok(()), |owners| check_owners(&names, owners))?;
        let staged = owners_draft
            .map_or(Ok(()), |draft| stage_owners(&names, draft))
            .and_then(|()| stage_manifest(&names, mode, manifest))
            .and_then(|()| draft.publish_as(&names.target));
        if let Err(error) = staged {
            // The file may have its name already, where only the folder could not be synced.
            return if recover(&names).is_ok_and(|left| left == Left::ManifestPublished) {
                Err(DestinationError::Unfinished { target: names.target, error })
            } else {
                Err(DestinationError::Write { target: names.target.display().to_string(), error })
            };
        }
        remove_former_owners(&names, owners.as_deref());
        finish(&names, owners.as_deref()).map_err(|error| DestinationError::Unfinished { target: names.target, error })
    }
}

/// Refuses to put a manifest in the place of what is not a file.
fn check_manifest(manifest: &Path) -> Result<(), DestinationError> {
    let refused = match fs::metadata(manifest) {
        Ok(found) if found.is_dir() => io::ErrorKind::IsADirectory.into(),
        Ok(found) if !found.is_file() => io::Error::new(io::ErrorKind::AlreadyExists, platform::not_regular(manifest)),
        _ => return Ok(()),
    };
    Err(DestinationError::create(manifest, refused))
}

/// Refuses to write owners where they cannot stand in the end, or where somebody else's file is.
fn check_owners(names: &Names, owners: &Path) -> Result<(), DestinationError> {
    let create = |error| DestinationError::create(owners, error);
    // A link may lead elsewhere.
    if !platform::is_same_file_system(folder(owners), folder(&names.target)).map_err(create)? {
        return Err(create(io::ErrorKind::CrossesDevices.into()));
    }
    match fs::metadata(owners) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(create(error)),
        Ok(metadata) if metadata.is_dir() => Err(create(io::ErrorKind::IsADirectory.into())),
        Ok(_) if former_owners(names).as_deref() == Some(owners) => Ok(()),
        Ok(_) => Err(DestinationError::OwnersNotOurs { path: owners.to_owned(), target: names.target.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use serde_json::{Value, json};

    use super::super::commit::is_interrupted;
    use super::*;
    use crate::checksum::Checksum;
    use crate::manifest::seal;

    /// Runs over `c.ndjson` in a folder, each with its own contents.
    struct Home(tempfile::TempDir);

    impl Home {
        fn at(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn begin(&self) -> (FilePlace, Left) {
            let names = Names::of(&self.at("c.ndjson")).unwrap();
            FilePlace::begin(names, Some(self.at("c.owners.ndjson")), None, Vec::new()).unwrap()
        }

        /// A place with these contents and owners, on disk.
        fn settled(&self, text: &str) -> FilePlace {
            let (place, _) = self.begin();
            place.writer().unwrap().write_all(text.as_bytes()).unwrap();
            place.owners_writer().unwrap().write_all(text.as_bytes()).unwrap();
            place.settling().unwrap()().unwrap();
            place
        }

        fn read(&self, name: &str) -> String {
            fs::read_to_string(self.at(name)).unwrap()
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(self.0.path()).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    /// A manifest of contacts and owners with this text.
    fn manifest(text: &str) -> String {
        let mut checksum = Checksum::default();
        checksum.update(text.as_bytes());
        let (bytes, sha256) = (checksum.bytes(), checksum.digits());
        let file = |name: &str| json!({"name": name, "rows": 1, "bytes": bytes, "sha256": sha256});
        let owners: Value = json!({"file": file("c.owners.ndjson")});
        let manifest = json!({
            "format_version": 1, "source": {"base_url": "b", "organisation": "o"}, "times": {"finished_at": "t"},
            "options": {"format": "ndjson"}, "run": {}, "completeness": {"level": "counted"},
            "file": file("c.ndjson"), "owners": owners, "schema": {"fingerprint": "f", "columns": []},
        });
        seal(&manifest).unwrap()
    }

    const TRIO: [&str; 3] = ["c.ndjson", "c.ndjson.manifest.json", "c.owners.ndjson"];

    #[test]
    fn a_file_is_published_with_its_owners_and_its_manifest() {
        let home = Home(tempfile::tempdir().unwrap());
        for text in ["one", "two"] {
            home.settled(text).publish(manifest(text).as_bytes()).unwrap();
            assert_eq!(TRIO.map(|name| home.read(name)), [text, &manifest(text), text]);
            assert_eq!(home.names(), TRIO);
        }
    }

    #[test]
    fn after_a_crash_at_any_step_the_next_run_finishes_or_undoes_it() {
        for steps in 0..=5 {
            let home = Home(tempfile::tempdir().unwrap());
            home.settled("old").publish(manifest("old").as_bytes()).unwrap();
            let FilePlace { names, draft, owners, .. } = home.settled("new");
            let (mut draft, mut owners) = (Some(draft), Some(owners.unwrap().draft));
            // As `publish` does it.
            for step in 0..steps {
                match step {
                    0 => stage_owners(&names, owners.take().unwrap()),
                    1 => stage_manifest(&names, None, manifest("new").as_bytes()),
                    2 => draft.take().unwrap().publish_as(&names.target),
                    3 => atomic::rename(&names.owners_staged, &home.at("c.owners.ndjson")),
                    _ => atomic::rename(&names.staged, &names.manifest),
                }
                .unwrap();
            }
            assert_eq!(is_interrupted(&names), [3, 4].contains(&steps), "{steps}");
            let (_, left) = home.begin();
            let due = if [3, 4].contains(&steps) { Left::ManifestPublished } else { Left::Nothing };
            assert_eq!(left, due, "{steps}");
            let text = if steps < 3 { "old" } else { "new" };
            assert_eq!(TRIO.map(|name| home.read(name)), [text, &manifest(text), text], "{steps}");
            assert_eq!(home.names(), TRIO, "{steps}");
        }
    }

    /// A manifest of contacts alone.
    fn manifest_without_owners(text: &str) -> String {
        let mut manifest: Value = serde_json::from_str(&manifest(text)).unwrap();
        manifest["owners"] = Value::Null;
        let object = manifest.as_object_mut().unwrap();
        object.remove("manifest_sha256");
        seal(&manifest).unwrap()
    }

    #[test]
    fn owners_of_the_run_before_go_also_after_a_crash_and_nobody_elses() {
        for (is_crash, is_theirs) in [(false, false), (true, false), (false, true)] {
            let home = Home(tempfile::tempdir().unwrap());
            home.settled("old").publish(manifest("old").as_bytes()).unwrap();
            if is_theirs {
                fs::write(home.at("c.owners.ndjson"), "theirs").unwrap();
            }
            let names = Names::of(&home.at("c.ndjson")).unwrap();
            let (place, _) = FilePlace::begin(names.clone(), None, None, Vec::new()).unwrap();
            place.writer().unwrap().write_all(b"new").unwrap();
            place.settling().unwrap()().unwrap();
            let manifest = manifest_without_owners("new");
            if is_crash {
                stage_manifest(&names, None, manifest.as_bytes()).unwrap();
                place.draft.publish_as(&names.target).unwrap();
                assert!(home.at("c.owners.ndjson").exists());
                assert_eq!(recover(&names).unwrap(), Left::ManifestPublished);
            } else {
                place.publish(manifest.as_bytes()).unwrap();
            }
            assert_eq!(home.read("c.ndjson.manifest.json"), manifest);
            assert_eq!(home.at("c.owners.ndjson").exists(), is_theirs);
        }
    }

    #[test]
    fn owners_of_another_run_are_not_taken_for_its_own() {
        let home = Home(tempfile::tempdir().unwrap());
        home.settled("old").publish(manifest("old").as_bytes()).unwrap();
        let names = Names::of(&home.at("c.ndjson")).unwrap();
        stage_manifest(&names, None, manifest("new").as_bytes()).unwrap();
        fs::write(&names.target, "new").unwrap();
        fs::write(&names.owners_staged, "neither").unwrap();
        assert!(!is_interrupted(&names));
        assert_eq!(home.begin().1, Left::Nothing);
        assert_eq!(TRIO.map(|name| home.read(name)), ["new", &manifest("old"), "old"]);
        assert_eq!(home.names(), TRIO);
    }
}
