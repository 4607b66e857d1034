//! A file that appears atomically, with its manifest and, if they are a table of their own, its owners.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::blocking::blocking;
use super::commit::{finish, former_owners, recover, remove_former_owners, stage_manifest, stage_owners};
use super::error::DestinationError;
use super::lock::Lock;
use super::message::Piece;
use super::plan::Plan;
use crate::atomic::{self, Mode, TemporaryFile, parent};
use crate::config::{FileMode, OutFile};
use crate::naming::FileNames;
use crate::platform;

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct FileDestination {
    names: FileNames,
    contacts: TemporaryFile,
    owners: Option<Owners>,
    /// Writes to the contacts, then to the owners.
    writer: File,
    mode: Option<u32>,
    pub keeps_modes: bool,
    /// Whether an earlier run was killed while it published, which this one completed.
    pub has_recovered: bool,
    /// Released last.
    _locks: Vec<Lock>,
}

/// The file of the owners.
#[derive(Debug)]
struct Owners {
    path: PathBuf,
    temporary: TemporaryFile,
}

impl FileDestination {
    /// Locks the file, and its owners if they have one, and begins to write.
    pub async fn open(
        path: &Path,
        plan: Plan<'_>,
        waiting: &mut Option<impl FnOnce()>,
    ) -> Result<Self, DestinationError> {
        let create = |error| DestinationError::create(path, error);
        DestinationError::refuse_manifest_path(plan)?;
        let names = FileNames::of(path).map_err(create)?;
        let owners = if plan.has_owners {
            // Next to the file, but named after its name as given, which is the one in the manifest.
            let called = names.target.with_file_name(&names.called);
            Some(FileNames::of(&OutFile::Owners.beside(&called, plan.encoding)).map_err(create)?)
        } else {
            None
        };
        let mut locks = Vec::new();
        for FileNames { lock, target, .. } in [Some(&names), owners.as_ref()].into_iter().flatten() {
            locks.push(Lock::acquire(lock, target, plan.lock_timeout, waiting).await?);
        }
        let mode = plan.mode.map(FileMode::bits);
        blocking(move || Self::begin(names, owners.map(|owners| owners.target), mode, locks)).await
    }

    /// Cleans up after crashed runs, and creates temporary files for the contacts and, at the given path, the owners.
    fn begin(
        names: FileNames,
        owners: Option<PathBuf>,
        mode: Option<u32>,
        locks: Vec<Lock>,
    ) -> Result<Self, DestinationError> {
        let create = |error| DestinationError::create(&names.target, error);
        [&names.manifest, &names.manifest_staged].into_iter().try_for_each(|manifest| check_manifest(manifest))?;
        for path in [Some(&names.target), Some(&names.manifest), owners.as_ref()].into_iter().flatten() {
            platform::check_replaceable(path).map_err(|error| DestinationError::create(path, error))?;
        }
        let has_recovered = recover(&names).map_err(create)?;
        if let Some(owners) = &owners {
            check_owners(&names, owners)?;
        }
        for target in [&names.target, &names.manifest, &names.owners_temporary] {
            atomic::sweep(target).map_err(create)?;
        }
        let contacts = TemporaryFile::begin(&names.target).map_err(create)?;
        // Only a test: the name of the manifest is longer, and may be too long.
        TemporaryFile::begin(&names.manifest).map_err(|error| DestinationError::create(&names.manifest, error))?;
        let writer = contacts.writer().map_err(create)?;
        let keeps_modes = atomic::keeps_modes(&writer, mode)
            .map_err(|error| DestinationError::Mode { path: names.target.clone(), error })?;
        let begin = |path| Ok(Owners { path, temporary: TemporaryFile::begin(&names.owners_temporary)? });
        let owners = owners.map(begin).transpose().map_err(create)?;
        let writer = writer.into();
        Ok(Self { names, contacts, owners, writer, mode, keeps_modes, has_recovered, _locks: locks })
    }

    /// The file, for errors.
    pub fn target(&self) -> &Path {
        &self.names.target
    }

    /// The file of the contacts before it is published.
    pub fn path(&self) -> &Path {
        self.contacts.path()
    }

    /// Writes bytes, or turns to the owners.
    pub async fn take(&mut self, piece: Piece) -> io::Result<()> {
        match piece {
            Piece::Bytes(bytes) => self.writer.write_all(&bytes).await,
            Piece::Begin(OutFile::Part(_)) => Ok(()),
            Piece::Begin(OutFile::Owners) => {
                self.writer.flush().await?;
                self.writer = self.owners.as_ref().ok_or(io::ErrorKind::Unsupported)?.temporary.writer()?.into();
                Ok(())
            }
        }
    }

    /// Puts the files on disk, with their modes.
    pub async fn settle(&mut self) -> io::Result<()> {
        self.writer.flush().await?;
        // The work has file handles of its own, so that the temporary files are removed as soon as `self` is dropped.
        blocking(self.settling()?).await
    }

    fn settling(&self) -> io::Result<impl FnOnce() -> io::Result<()> + Send + use<>> {
        let (mode, target, contacts) = (self.mode, self.names.target.clone(), self.contacts.writer()?);
        let owners = match &self.owners {
            Some(Owners { path, temporary }) => Some((path.clone(), temporary.writer()?)),
            None => None,
        };
        Ok(move || {
            atomic::settle(&contacts, &target, Mode::or_like(mode, None))?;
            let Some((path, owners)) = owners else { return Ok(()) };
            atomic::settle(&owners, &path, Mode::or_like(mode, Some(&target)))
        })
    }

    /// Publishes the settled files and their manifest.
    pub fn publish(self, manifest: &[u8]) -> Result<(), DestinationError> {
        let Self { names, contacts, owners, mode, _locks, .. } = self;
        let (owners, temporary) = owners.map(|Owners { path, temporary }| (path, temporary)).unzip();
        // Again, because much time may have passed since `begin`.
        owners.as_deref().map_or(Ok(()), |owners| check_owners(&names, owners))?;
        let staged = temporary
            .map_or(Ok(()), |owners| stage_owners(&names, owners))
            .and_then(|()| stage_manifest(&names, mode, manifest))
            .and_then(|()| contacts.publish_as(&names.target));
        if let Err(error) = staged {
            // If only the directory could not be synced, the file has its name already.
            return if recover(&names).is_ok_and(|has_recovered| has_recovered) {
                Err(DestinationError::Unfinished { target: names.target, error })
            } else {
                Err(DestinationError::write(&names.target, error))
            };
        }
        remove_former_owners(&names, owners.as_deref());
        finish(&names, owners.as_deref()).map_err(|error| DestinationError::Unfinished { target: names.target, error })
    }
}

/// Refuses to replace anything but a regular file by a manifest.
fn check_manifest(manifest: &Path) -> Result<(), DestinationError> {
    let refused = match fs::metadata(manifest) {
        Ok(found) if found.is_dir() => io::ErrorKind::IsADirectory.into(),
        Ok(found) if !found.is_file() => io::Error::new(io::ErrorKind::AlreadyExists, platform::not_regular(manifest)),
        _ => return Ok(()),
    };
    Err(DestinationError::create(manifest, refused))
}

/// Refuses to write owners to another file system, or over a file that is not the owners of an earlier export.
fn check_owners(names: &FileNames, owners: &Path) -> Result<(), DestinationError> {
    let create = |error| DestinationError::create(owners, error);
    // The path may be a symbolic link.
    if !platform::is_same_file_system(parent(owners), parent(&names.target)).map_err(create)? {
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
    use crate::manifest::{seal, sealed_with};

    /// A directory in which runs write `c.ndjson`.
    struct Home(tempfile::TempDir);

    impl Home {
        fn at(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn begin(&self) -> FileDestination {
            let names = FileNames::of(&self.at("c.ndjson")).unwrap();
            FileDestination::begin(names, Some(self.at("c.owners.ndjson")), None, Vec::new()).unwrap()
        }

        /// A settled file whose contacts and owners are this text.
        fn settled(&self, text: &str) -> FileDestination {
            let begun = self.begin();
            for file in [&begun.contacts, &begun.owners.as_ref().unwrap().temporary] {
                file.writer().unwrap().write_all(text.as_bytes()).unwrap();
            }
            begun.settling().unwrap()().unwrap();
            begun
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
        sealed_with(|manifest| {
            manifest["file"] = file("c.ndjson");
            manifest["owners"] =
                json!({"rows": 1, "contradictions": 0, "file": file("c.owners.ndjson"), "digest": null, "columns": []});
        })
    }

    const TRIO: [&str; 3] = ["c.ndjson", "c.ndjson.manifest.json", "c.owners.ndjson"];

    #[test]
    fn completes_or_undoes_a_crash_at_any_step() {
        for steps in 0..=5 {
            let home = Home(tempfile::tempdir().unwrap());
            home.settled("old").publish(manifest("old").as_bytes()).unwrap();
            let FileDestination { names, contacts, owners, .. } = home.settled("new");
            let (mut contacts, mut owners) = (Some(contacts), Some(owners.unwrap().temporary));
            // The steps of `publish`.
            for step in 0..steps {
                match step {
                    0 => stage_owners(&names, owners.take().unwrap()),
                    1 => stage_manifest(&names, None, manifest("new").as_bytes()),
                    2 => contacts.take().unwrap().publish_as(&names.target),
                    3 => atomic::rename(&names.owners_staged, &home.at("c.owners.ndjson")),
                    _ => atomic::rename(&names.manifest_staged, &names.manifest),
                }
                .unwrap();
            }
            assert_eq!(is_interrupted(&names), [3, 4].contains(&steps), "{steps}");
            assert_eq!(home.begin().has_recovered, [3, 4].contains(&steps), "{steps}");
            let text = if steps < 3 { "old" } else { "new" };
            assert_eq!(TRIO.map(|name| home.read(name)), [text, &manifest(text), text], "{steps}");
            assert_eq!(home.names(), TRIO, "{steps}");
        }
    }

    /// A manifest of contacts without owners.
    fn manifest_without_owners(text: &str) -> String {
        let mut manifest: Value = serde_json::from_str(&manifest(text)).unwrap();
        manifest["owners"] = Value::Null;
        let object = manifest.as_object_mut().unwrap();
        object.remove("manifest_sha256");
        seal(&manifest).unwrap()
    }

    #[test]
    fn removes_earlier_owners_even_after_a_crash() {
        for (is_crash, is_theirs) in [(false, false), (true, false), (false, true)] {
            let home = Home(tempfile::tempdir().unwrap());
            home.settled("old").publish(manifest("old").as_bytes()).unwrap();
            if is_theirs {
                fs::write(home.at("c.owners.ndjson"), "theirs").unwrap();
            }
            let names = FileNames::of(&home.at("c.ndjson")).unwrap();
            let begun = FileDestination::begin(names.clone(), None, None, Vec::new()).unwrap();
            begun.contacts.writer().unwrap().write_all(b"new").unwrap();
            begun.settling().unwrap()().unwrap();
            let manifest = manifest_without_owners("new");
            if is_crash {
                stage_manifest(&names, None, manifest.as_bytes()).unwrap();
                begun.contacts.publish_as(&names.target).unwrap();
                assert!(home.at("c.owners.ndjson").exists());
                assert!(recover(&names).unwrap());
            } else {
                begun.publish(manifest.as_bytes()).unwrap();
            }
            assert_eq!(home.read("c.ndjson.manifest.json"), manifest);
            assert_eq!(home.at("c.owners.ndjson").exists(), is_theirs);
        }
    }

    #[test]
    fn does_not_publish_owners_of_another_run() {
        let home = Home(tempfile::tempdir().unwrap());
        home.settled("old").publish(manifest("old").as_bytes()).unwrap();
        let names = FileNames::of(&home.at("c.ndjson")).unwrap();
        stage_manifest(&names, None, manifest("new").as_bytes()).unwrap();
        fs::write(&names.target, "new").unwrap();
        fs::write(&names.owners_staged, "neither").unwrap();
        assert!(!is_interrupted(&names));
        assert!(!home.begin().has_recovered);
        assert_eq!(TRIO.map(|name| home.read(name)), ["new", &manifest("old"), "old"]);
        assert_eq!(home.names(), TRIO);
    }
}
