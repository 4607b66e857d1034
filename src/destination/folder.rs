//! A directory that replaces another one atomically: part files with owners, manifest and `_SUCCESS`, or a kit.
//!
//! Each file is on disk before the next one begins. Only directories that an earlier run wrote are replaced.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::blocking::blocking;
use super::error::DestinationError;
use super::lock::Lock;
use super::message::Piece;
use super::plan::Plan;
use super::replaceable::{check_parent, objection};
use crate::atomic::{self, Mode, Staging, parent};
use crate::config::{Encoding, FileMode, OutFile, Partition};
use crate::naming::DirectoryNames;
use crate::platform;

/// Returns why a directory must not be replaced, if there is a reason. A missing directory can be created.
pub(crate) type Objection = fn(&Path) -> io::Result<Option<String>>;

/// Kits contain no contacts, so everybody can read them. An earlier kit keeps its modes.
const KIT_MODE: Mode<'static> = Mode::Kept { like: None, new: 0o644 };

/// A directory that is being written next to the one it replaces. Dropping it leaves that one as it was.
#[derive(Debug)]
pub(crate) struct StagedDirectory {
    names: DirectoryNames,
    objection: Objection,
    staging: Staging,
    /// Released last.
    _lock: Lock,
}

impl StagedDirectory {
    /// Begins a kit, so that one that cannot be written is known before any request is sent.
    pub async fn open_kit(
        path: &Path,
        objection: Objection,
        wait: Option<Duration>,
        waiting: impl FnOnce(),
    ) -> Result<Self, DestinationError> {
        let names = DirectoryNames::of(path).map_err(|_| DestinationError::nameless_directory(path))?;
        // Before locking, because not even a lock file is created next to somebody else's directory.
        check(&names, objection)?;
        let lock = Lock::acquire(&names.lock, &names.target, wait, &mut Some(waiting)).await?;
        blocking(move || Self::begin(names, objection, lock)).await
    }

    /// Cleans up after crashed runs, and creates the staging directory.
    fn begin(names: DirectoryNames, objection: Objection, lock: Lock) -> Result<Self, DestinationError> {
        let create = |error| DestinationError::create(&names.target, error);
        atomic::recover(&names.target).map_err(create)?;
        check(&names, objection)?;
        if names.target.exists() && !platform::is_writable(&names.target) {
            return Err(create(io::ErrorKind::PermissionDenied.into()));
        }
        platform::check_replaceable(&names.target).map_err(create)?;
        let staging = Staging::begin(&names.target).map_err(create)?;
        Ok(Self { names, objection, staging, _lock: lock })
    }

    /// Its path, with symbolic links followed.
    pub fn path(&self) -> &Path {
        &self.names.target
    }

    /// Writes the files of a kit, and puts them on disk.
    pub fn write_kit<'f>(&mut self, files: impl Iterator<Item = (&'f str, &'f str)>) -> io::Result<()> {
        for (name, text) in files {
            self.staging.write_file(name, text.as_bytes(), KIT_MODE)?;
        }
        self.staging.finish(KIT_MODE)
    }

    /// Publishes a kit.
    pub fn publish_kit(mut self) -> io::Result<()> {
        match self.replace()? {
            Some(reason) => Err(io::Error::other(reason)),
            None => platform::sync_directory(parent(&self.names.target)),
        }
    }

    /// Replaces the target. Much time may have passed since `begin`, so if there is an objection by now, returns that
    /// instead.
    fn replace(&mut self) -> io::Result<Option<String>> {
        if let Some(reason) = (self.objection)(&self.names.target)? {
            return Ok(Some(reason));
        }
        let Some(replaced) = self.staging.replace()? else { return Ok(None) };
        let found = (self.objection)(&replaced);
        if !matches!(found, Ok(None)) {
            self.staging.put_back(&replaced)?;
        }
        found
    }
}

/// Refuses to replace a mount point, or a directory against which there is an objection.
fn check(names: &DirectoryNames, objection: Objection) -> Result<(), DestinationError> {
    let path = names.target.clone();
    let mount = || "it is a mount point; name a directory in it".to_owned();
    let reason = match objection(&path) {
        Err(error) => return Err(DestinationError::create(&path, error)),
        Ok(reason) => reason.or_else(|| platform::is_mount(&path).then(mount)),
    };
    reason.map_or(Ok(()), |reason| Err(DestinationError::NotReplaceable { path, reason }))
}

/// The part files of an export, and the files that go with them.
#[derive(Debug)]
pub(crate) struct DirectoryDestination {
    directory: StagedDirectory,
    encoding: Encoding,
    mode: Option<u32>,
    pub keeps_modes: bool,
    writer: File,
    /// The path that the current file will have.
    current: PathBuf,
    /// Dropped last: it can only be removed once the lock in it is.
    new_parent: Option<NewParent>,
}

impl DirectoryDestination {
    /// Locks the directory, refuses to replace one that no export wrote, and begins the first part.
    pub async fn open(plan: Plan<'_>, waiting: &mut Option<impl FnOnce()>) -> Result<Self, DestinationError> {
        DestinationError::refuse_manifest_path(plan)?;
        let path = plan.output.target().unwrap_or_default();
        let names = DirectoryNames::of(&path).map_err(|_| DestinationError::nameless_directory(&path))?;
        let (encoding, mode) = (plan.encoding, plan.mode.map(FileMode::bits));
        let (new_parent, lock) = match (plan.output.partition(), plan.output.path()) {
            (Some(partition), Some(around)) => {
                // The current directory has no name in its path, but exists.
                let around = DirectoryNames::of(around).map_or_else(|_| around.to_owned(), |names| names.target);
                check_parent(&around, partition)?;
                loop {
                    let new_parent = NewParent::create(&around, mode)?;
                    match Lock::acquire(&names.lock, &path, plan.lock_timeout, waiting).await {
                        // The run that had created the parent has failed and removed it again.
                        Err(DestinationError::Create { .. }) if !around.exists() => {}
                        acquired => break (new_parent, acquired?.removing(&names.lock)),
                    }
                }
            }
            _ => (None, Lock::acquire(&names.lock, &path, plan.lock_timeout, waiting).await?),
        };
        let is_partition = plan.output.partition().is_some();
        blocking(move || {
            if is_partition {
                sweep_siblings(&names);
            }
            Self::begin(StagedDirectory::begin(names, objection, lock)?, encoding, mode, new_parent)
        })
        .await
    }

    fn begin(
        mut directory: StagedDirectory,
        encoding: Encoding,
        mode: Option<u32>,
        new_parent: Option<NewParent>,
    ) -> Result<Self, DestinationError> {
        let target = &directory.names.target;
        let name = OutFile::Part(0).in_directory(encoding);
        let file = directory.staging.begin_file(&name).map_err(|error| DestinationError::create(target, error))?;
        let keeps_modes =
            atomic::keeps_modes(&file, mode).map_err(|error| DestinationError::Mode { path: target.clone(), error })?;
        let current = target.join(name);
        Ok(Self { directory, encoding, mode, keeps_modes, writer: file.into(), current, new_parent })
    }

    /// The directory, for errors.
    pub fn target(&self) -> &Path {
        self.directory.path()
    }

    /// The directory of the part files before they are published. Their names have a suffix until then.
    pub fn path(&self) -> PathBuf {
        self.directory.staging.path()
    }

    /// Writes bytes, or begins the next file.
    pub async fn take(&mut self, piece: Piece) -> io::Result<()> {
        match piece {
            Piece::Bytes(bytes) => self.writer.write_all(&bytes).await,
            // `open` has begun it.
            Piece::Begin(OutFile::Part(0)) => Ok(()),
            Piece::Begin(file) => {
                // The number of parts may exceed the limit on open files.
                self.settle().await?;
                let name = file.in_directory(self.encoding);
                self.writer = self.directory.staging.begin_file(&name)?.into();
                self.current = self.target().join(name);
                Ok(())
            }
        }
    }

    /// Puts the current file on disk.
    pub async fn settle(&mut self) -> io::Result<()> {
        self.writer.flush().await?;
        let file = self.writer.try_clone().await?.into_std().await;
        let (path, mode, manifest) = (self.current.clone(), self.mode, self.directory.names.manifest.clone());
        blocking(move || atomic::settle(&file, &path, Mode::or_like(mode, Some(&manifest)))).await
    }

    /// Publishes the settled files with their manifest.
    pub fn publish(mut self, manifest: &[u8]) -> Result<(), DestinationError> {
        let DirectoryNames { target: path, manifest: earlier, .. } = self.directory.names.clone();
        let write = |error| DestinationError::write(&path, error);
        let (staging, mode) = (&mut self.directory.staging, Mode::or_like(self.mode, Some(&earlier)));
        staging
            .write_file(DirectoryNames::MANIFEST, manifest, mode)
            .and_then(|()| staging.write_file(DirectoryNames::SUCCESS, b"", mode))
            .and_then(|()| staging.finish(mode))
            .map_err(write)?;
        if let Some(reason) = self.directory.replace().map_err(write)? {
            return Err(DestinationError::NotReplaceable { path, reason });
        }
        if let Some(created) = self.new_parent.take() {
            created.keep();
        }
        platform::sync_directory(parent(&path)).map_err(|error| DestinationError::Unfinished { target: path, error })
    }
}

/// Cleans up after crashed runs of other partitions, which may never be written again. Failures are ignored: the next run
/// tries again.
fn sweep_siblings(names: &DirectoryNames) {
    let within = parent(&names.target);
    for target in atomic::begun_in(within).unwrap_or_default() {
        let name = target.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if target != names.target
            && name.parse::<Partition>().is_ok()
            && let Ok(DirectoryNames { lock: path, .. }) = DirectoryNames::of(&target)
            && let Ok(Some(lock)) = Lock::take_free(&path)
        {
            let lock = lock.removing(&path);
            let set_aside = atomic::set_aside(&target);
            // Runs that wait for this partition need not wait for the removal.
            drop(lock);
            atomic::remove(set_aside.unwrap_or_default());
        }
    }
    atomic::remove(atomic::set_aside_in(within).unwrap_or_default());
}

/// The parent directory of a partition, created for it. Dropping this removes it, unless something is in it.
#[derive(Debug)]
struct NewParent(PathBuf);

impl NewParent {
    /// Creates the directory if it is missing.
    fn create(directory: &Path, mode: Option<u32>) -> Result<Option<Self>, DestinationError> {
        match fs::create_dir(directory) {
            Ok(()) => {
                let created = Self(directory.to_owned());
                atomic::set_directory_mode(directory, Mode::or_like(mode, None))
                    .map_err(|error| DestinationError::Mode { path: directory.to_owned(), error })?;
                Ok(Some(created))
            }
            Err(_) if directory.is_dir() => Ok(None),
            Err(error) => Err(DestinationError::create(directory, error)),
        }
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for NewParent {
    fn drop(&mut self) {
        // Fails if other runs use it by now.
        let _ = fs::remove_dir(&self.0);
    }
}
