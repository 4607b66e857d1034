//! A folder of files under way, replaced as a whole: the parts, the owners, the manifest of all, and `_SUCCESS`.
//!
//! Files come one after the other, each on disk before the next begins; `publish` puts all of them in the place of what
//! stood there. Only what an export made is replaced, see `contents`; where the files stand meanwhile, see `Staging`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::DestinationError;
use super::lock::Lock;
use super::replaceable::check_replaceable;
use crate::atomic::{self, Mode, Staging, folder};
use crate::config::{Encoding, FileMode, OutFile, Partition};
use crate::naming::FolderNames;
use crate::platform;

/// Files that nobody else had a mode for are their owner's alone.
const NEW: u32 = 0o600;

/// A folder under way, and the lock that keeps others from it.
#[derive(Debug)]
pub(crate) struct FolderPlace {
    names: FolderNames,
    staging: Staging,
    encoding: Encoding,
    mode: Option<u32>,
    keeps_modes: bool,
    /// The file under way, and its name in the folder.
    current: (File, String),
    /// Freed when all else is done.
    _lock: Lock,
    /// Empty when the lock in it is gone.
    around: Option<Around>,
}

impl FolderPlace {
    /// Cleans up after the dead, refuses to replace what is not an export's, and begins the first part.
    pub fn begin(
        names: FolderNames,
        encoding: Encoding,
        mode: Option<FileMode>,
        around: Option<Around>,
        is_partition: bool,
        lock: Lock,
    ) -> Result<Self, DestinationError> {
        let create = |error| DestinationError::create(&names.target, error);
        if is_partition {
            sweep_beside(&names);
        }
        atomic::recover(&names.target).map_err(create)?;
        if platform::is_mount(&names.target) {
            let reason = "it is where a file system is mounted, so name a folder in it".to_owned();
            return Err(DestinationError::NotOurs { target: names.target, reason });
        }
        check_replaceable(&names, &names.target)?;
        if names.target.exists() && !platform::is_writable(&names.target) {
            return Err(create(io::ErrorKind::PermissionDenied.into()));
        }
        platform::check_replaceable(&names.target).map_err(create)?;
        let mut staging = Staging::begin(&names.target).map_err(create)?;
        let name = OutFile::Part(0).in_folder(encoding);
        let file = staging.begin_file(&name).map_err(create)?;
        let mode = mode.map(FileMode::bits);
        let keeps_modes = atomic::keeps_modes(&file, mode)
            .map_err(|error| DestinationError::Mode { path: names.target.clone(), error })?;
        Ok(Self { names, staging, encoding, mode, keeps_modes, current: (file, name), _lock: lock, around })
    }

    /// The folder, as errors show it.
    pub fn target(&self) -> &Path {
        &self.names.target
    }

    /// Whether the files have the modes that they are given.
    pub fn keeps_modes(&self) -> bool {
        self.keeps_modes
    }

    /// A handle for writing the file under way.
    pub fn writer(&self) -> io::Result<File> {
        self.current.0.try_clone()
    }

    /// Begins the next file. The one before is settled.
    pub fn next(&mut self, file: OutFile) -> io::Result<()> {
        let name = file.in_folder(self.encoding);
        self.current = (self.staging.begin_file(&name)?, name);
        Ok(())
    }

    /// The work of putting the file under way on disk. It may take long, and the place can be dropped meanwhile.
    pub fn settling(&self) -> io::Result<impl FnOnce() -> io::Result<()> + Send + use<>> {
        let (file, names, mode) = (self.writer()?, self.names.clone(), self.mode);
        let target = self.names.target.join(&self.current.1);
        Ok(move || atomic::settle(&file, &target, mode_of(mode, &names)))
    }

    /// Publishes the settled files with their manifest.
    pub fn publish(mut self, manifest: &[u8]) -> Result<(), DestinationError> {
        let names = self.names.clone();
        let write = |error| DestinationError::Write { target: names.target.display().to_string(), error };
        self.finish(manifest).map_err(write)?;
        // A long time may have passed since it was looked at.
        check_replaceable(&names, &names.target)?;
        if let Some(replaced) = self.staging.replace().map_err(write)?
            && let Err(error) = check_replaceable(&names, &replaced)
        {
            self.staging.put_back(&replaced).map_err(write)?;
            return Err(error);
        }
        if let Some(around) = self.around.take() {
            around.keep();
        }
        let synced = platform::sync_directory(folder(&names.target));
        synced.map_err(|error| DestinationError::Unfinished { target: names.target, error })
    }

    fn finish(&mut self, manifest: &[u8]) -> io::Result<()> {
        let mode = mode_of(self.mode, &self.names);
        self.staging.write_file(FolderNames::MANIFEST, manifest, mode)?;
        self.staging.write_file(FolderNames::SUCCESS, b"", mode)?;
        self.staging.finish(mode)
    }
}

/// Files have the mode that was asked for, or that of the file they replace, or that of the manifest there.
fn mode_of(mode: Option<u32>, names: &FolderNames) -> Mode<'_> {
    mode.map_or(Mode::Kept { like: Some(&names.manifest), new: NEW }, Mode::Exactly)
}

/// Ends what dead runs left of other partitions, which may never be written again. What cannot be done stays for the next.
fn sweep_beside(names: &FolderNames) {
    let targets = atomic::begun_in(folder(&names.target)).unwrap_or_default();
    for target in targets.iter().filter(|target| **target != names.target) {
        let is_partition =
            target.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.parse::<Partition>().is_ok());
        if is_partition
            && let Ok(FolderNames { lock: path, .. }) = FolderNames::of(target)
            && let Ok(Some(lock)) = Lock::take_free(&path)
        {
            let lock = lock.passing(&path);
            let abandoned = atomic::abandon(target);
            // Whoever wants to write the partition need not wait until all is gone.
            drop(lock);
            atomic::remove(abandoned.unwrap_or_default());
        }
    }
    atomic::remove(atomic::abandoned_in(folder(&names.target)).unwrap_or_default());
}

/// The folder around a partition, where it was made for it: it goes again if nothing is published in it.
#[derive(Debug)]
pub(crate) struct Around {
    folder: PathBuf,
}

impl Around {
    /// Makes the folder, if it is not there.
    pub fn make(folder: &Path, mode: Option<FileMode>) -> Result<Option<Self>, DestinationError> {
        match fs::create_dir(folder) {
            Ok(()) => {
                let around = Self { folder: folder.to_owned() };
                atomic::set_folder_mode(folder, mode.map_or(Mode::KEPT, |mode| Mode::Exactly(mode.bits())))
                    .map_err(|error| DestinationError::Mode { path: folder.to_owned(), error })?;
                Ok(Some(around))
            }
            Err(_) if folder.is_dir() => Ok(None),
            Err(error) => Err(DestinationError::create(folder, error)),
        }
    }

    /// It is to stay.
    fn keep(mut self) {
        self.folder = PathBuf::new();
    }
}

impl Drop for Around {
    fn drop(&mut self) {
        // Others may have begun to use it, and then it stays.
        let _ = fs::remove_dir(&self.folder);
    }
}
