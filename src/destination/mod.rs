//! Where bytes go: a file or a folder that appears when it is whole, something written straight, or standard output.
//!
//! Bytes come in; `settle` and `publish` put them in their place, with the manifest. A place that is dropped before
//! leaves nothing behind but the lock's file: what stood under the output's name stays.

mod commit;
mod conflicts;
mod error;
mod file;
mod folder;
mod kit;
mod lock;
mod record_file;
mod replaceable;
mod stream;
mod write_method;

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use crate::config::{Below, ExportConfig, FileMode, OutFile, Output, Partition};
use crate::naming::{FolderNames, Names};
use crate::proof::Require;
use file::FilePlace;
use folder::{Around, FolderPlace};
use replaceable::check_takes;
use stream::Out;
use write_method::WriteMethod;

pub(crate) use commit::{Left, is_interrupted};
pub use conflicts::{RunPaths, check_apart};
pub use error::DestinationError;
pub(crate) use kit::KitPlace;
pub(crate) use lock::{Lock, is_held};
pub use record_file::{KnownReaders, RecordFile};
pub(crate) use replaceable::{listed, partitions, stranger};

/// What an encoder hands on.
#[derive(Debug)]
pub(crate) enum Piece {
    /// What follows is of this file. The first is always part 0.
    Begin(OutFile),
    /// The next bytes of that file.
    Bytes(Bytes),
}

/// An output under way.
#[derive(Debug)]
pub(crate) struct Place {
    out: Out,
    publishing: Publishing,
}

/// What is done when all bytes are written.
#[derive(Debug)]
enum Publishing {
    /// The file gets its name, and its manifest.
    File(Box<FilePlace>),
    /// The folder takes the place of what was there.
    Folder(Box<FolderPlace>),
    /// Nothing more: a device or a pipe cannot be replaced. Its manifest goes where one was asked for.
    Straight { name: String, manifest: Option<RecordFile> },
}

impl Place {
    /// Opens the place, so that an output that cannot be made is known before anything is asked of the
    /// server. `waiting` is called when another run has the target, and is waited for.
    pub async fn open(config: &ExportConfig, waiting: impl FnOnce()) -> Result<(Self, Left), DestinationError> {
        let closed = match &config.output {
            Output::Stdout => write_method::was_closed(Path::new("-")),
            Output::File(path) => path != Path::new("-") && write_method::was_closed(path),
            Output::Folder { .. } => false,
        };
        if closed {
            return Err(DestinationError::StreamClosed { target: config.output.to_string() });
        }
        match &config.output {
            Output::Folder { path, partition } => {
                let around = partition.as_ref().map(|partition| (path.as_path(), partition));
                Self::folder(&config.output.target().unwrap_or_default(), around, config, waiting).await
            }
            Output::Stdout => Self::straight(Out::Stdout(tokio::io::stdout()), config).await,
            Output::File(path) => {
                let create = |error| DestinationError::create(path, error);
                match WriteMethod::to(path) {
                    Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                        Err(DestinationError::IsFolder { path: path.clone() })
                    }
                    Err(error) => Err(create(error)),
                    Ok(WriteMethod::Stream) => {
                        let path = path.clone();
                        // Opening a pipe waits for its reader.
                        let file = blocking(move || fs::OpenOptions::new().append(true).open(path)).await;
                        Self::straight(Out::File(file.map_err(create)?.into()), config).await
                    }
                    // In place it would be half-written for a while: that is refused with all else that cannot be
                    // replaced.
                    Ok(WriteMethod::Rename(_) | WriteMethod::InPlace(_)) => Self::file(path, config, waiting).await,
                }
            }
        }
    }

    async fn file(
        path: &Path,
        config: &ExportConfig,
        waiting: impl FnOnce(),
    ) -> Result<(Self, Left), DestinationError> {
        let create = |error| DestinationError::create(path, error);
        if config.manifest.is_some() {
            return Err(DestinationError::ManifestElsewhere { target: path.to_owned() });
        }
        let names = Names::of(path).map_err(create)?;
        // Beside the file, and called after it as the operator calls it, which is what the manifest says.
        let called = names.target.with_file_name(&names.called);
        let beside = config.has_owners_file().then(|| OutFile::Owners.beside(&called, config.encoding));
        let owners = beside.map(|path| Names::of(&path)).transpose().map_err(create)?.map(|owners| owners.target);
        let mut waiting = Some(waiting);
        let mut locks = Vec::new();
        for target in [Some(&names.target), owners.as_ref()].into_iter().flatten() {
            let lock = Names::of(target).map_err(create)?.lock;
            let waiting = || waiting.take().map_or((), |waiting| waiting());
            locks.push(take_lock(&lock, target, config, waiting).await?);
        }
        let mode = config.mode.map(FileMode::bits);
        let begun = blocking(move || Ok(FilePlace::begin(names, owners, mode, locks)));
        let (place, left) = begun.await.map_err(create)??;
        let writer = place.writer().map_err(create)?;
        Ok((Self { out: Out::File(writer.into()), publishing: Publishing::File(Box::new(place)) }, left))
    }

    /// A folder; `around` is the one that it stands in as a partition.
    async fn folder(
        path: &Path,
        around: Option<(&Path, &Partition)>,
        config: &ExportConfig,
        waiting: impl FnOnce(),
    ) -> Result<(Self, Left), DestinationError> {
        let create = |error| DestinationError::create(path, error);
        if config.manifest.is_some() {
            return Err(DestinationError::ManifestElsewhere { target: path.to_owned() });
        }
        let names = FolderNames::of(path).map_err(|_| DestinationError::NoFolderOfItsOwn { path: path.to_owned() })?;
        let (encoding, mode) = (config.encoding, config.mode);
        let is_partition = around.is_some();
        let mut waiting = Some(waiting);
        let mut told = || waiting.take().map_or((), |waiting| waiting());
        let (around, lock) = match around {
            Some((around, partition)) => {
                // Behind links; the folder one stands in has no name, and is there.
                let around = FolderNames::of(around).map_or_else(|_| around.to_owned(), |names| names.target);
                check_takes(&around, partition)?;
                loop {
                    let new = Around::make(&around, mode)?;
                    match take_lock(&names.lock, path, config, &mut told).await {
                        // Who made the folder has failed, and taken it away.
                        Err(DestinationError::Create { .. }) if !around.exists() => {}
                        taken => break (new, taken?.passing(&names.lock)),
                    }
                }
            }
            None => (None, take_lock(&names.lock, path, config, told).await?),
        };
        let begun = blocking(move || Ok(FolderPlace::begin(names, encoding, mode, around, is_partition, lock)));
        let place = begun.await.map_err(create)??;
        let out = Out::File(place.writer().map_err(create)?.into());
        Ok((Self { out, publishing: Publishing::Folder(Box::new(place)) }, Left::Nothing))
    }

    async fn straight(out: Out, config: &ExportConfig) -> Result<(Self, Left), DestinationError> {
        if config.has_owners_file() {
            return Err(DestinationError::OwnersNowhere { target: config.output.to_string() });
        }
        if config.kit.is_some() {
            return Err(DestinationError::KitNowhere { target: config.output.to_string() });
        }
        // What was written cannot be taken back: where a proof is required, it waits for it.
        let out = if config.contacts.required() >= Require::Complete && config.below == Below::Discard {
            let spool = blocking(tempfile::tempfile)
                .await
                .map_err(|error| DestinationError::create(&std::env::temp_dir(), error))?;
            Out::Spool { spool: spool.into(), then: Box::new(out) }
        } else {
            out
        };
        let manifest = match config.manifest.clone() {
            Some(path) => {
                let create = |error| DestinationError::create(&path, error);
                let opened = blocking({
                    let path = path.clone();
                    move || Ok(RecordFile::open(&path))
                });
                Some(opened.await.map_err(create)??)
            }
            None => None,
        };
        let publishing = Publishing::Straight { name: config.output.to_string(), manifest };
        Ok((Self { out, publishing }, Left::Nothing))
    }

    /// Whether the output has the mode that it is given: some file systems have modes of their own.
    pub fn keeps_modes(&self) -> bool {
        match &self.publishing {
            Publishing::File(place) => place.keeps_modes(),
            Publishing::Folder(place) => place.keeps_modes(),
            Publishing::Straight { .. } => true,
        }
    }

    /// Takes a piece: writes all its bytes.
    pub async fn take(&mut self, piece: Piece) -> Result<(), DestinationError> {
        let taken = match piece {
            // It is begun with the place.
            Piece::Begin(OutFile::Part(0)) => Ok(()),
            Piece::Begin(file) => self.begin(file).await,
            Piece::Bytes(bytes) => self.out.write(&bytes).await,
        };
        taken.map_err(|error| self.failed(error))
    }

    async fn begin(&mut self, file: OutFile) -> io::Result<()> {
        self.out.flush().await?;
        let writer = match &mut self.publishing {
            Publishing::File(place) if file == OutFile::Owners => place.owners_writer()?,
            Publishing::Folder(place) => {
                // A file is done with when the next begins: there may be more of them than a process may have open.
                blocking(place.settling()?).await?;
                place.next(file)?;
                place.writer()?
            }
            _ => return Err(io::ErrorKind::Unsupported.into()),
        };
        self.out = Out::File(writer.into());
        Ok(())
    }

    /// Puts all that was written where it cannot be lost, though not yet under its name.
    pub async fn settle(mut self) -> Result<Settled, DestinationError> {
        let flushed = self.out.flush().await;
        flushed.map_err(|error| self.failed(error))?;
        // A thread that held the place would leave its drafts, where the process ends first.
        let settled = match &self.publishing {
            Publishing::File(place) => match place.settling() {
                Ok(settling) => blocking(settling).await,
                Err(error) => Err(error),
            },
            Publishing::Folder(place) => match place.settling() {
                Ok(settling) => blocking(settling).await,
                Err(error) => Err(error),
            },
            Publishing::Straight { .. } => Ok(()),
        };
        settled.map_err(|error| self.failed(error))?;
        Ok(Settled(self.publishing))
    }

    fn failed(&self, error: io::Error) -> DestinationError {
        let target = match &self.publishing {
            Publishing::Straight { .. } if error.kind() == io::ErrorKind::BrokenPipe => {
                return DestinationError::ReaderGone;
            }
            Publishing::Straight { name, .. } => name.clone(),
            Publishing::File(place) => place.target().display().to_string(),
            Publishing::Folder(place) => place.target().display().to_string(),
        };
        DestinationError::Write { target, error }
    }
}

/// An output that is written to its end.
#[derive(Debug)]
pub(crate) struct Settled(Publishing);

impl Settled {
    /// Publishes: from then on the file stands under its name, whole, even if the machine stops. Once
    /// begun, it is not to be stopped.
    pub async fn publish(self, manifest: Vec<u8>) -> Result<(), DestinationError> {
        let publish = move || match self.0 {
            Publishing::File(place) => place.publish(&manifest),
            Publishing::Folder(place) => place.publish(&manifest),
            Publishing::Straight { manifest: None, .. } => Ok(()),
            Publishing::Straight { manifest: Some(record), .. } => record.write(&manifest, KnownReaders::Owner),
        };
        blocking(move || Ok(publish()))
            .await
            .map_err(|error| DestinationError::Write { target: "the output".into(), error })?
    }
}

/// Takes the lock of a target, or waits for it as long as the run is told to.
async fn take_lock(
    lock: &Path,
    target: &Path,
    config: &ExportConfig,
    waiting: impl FnOnce(),
) -> Result<Lock, DestinationError> {
    let wait = config.wait_lock.unwrap_or(Duration::ZERO);
    let taken = Lock::take(lock, wait, waiting).await.map_err(|error| match fs::symlink_metadata(lock) {
        Ok(_) => DestinationError::Lock { path: lock.to_owned(), error },
        // The folder is at fault, and the output could not be made either.
        Err(_) => DestinationError::create(target, error),
    })?;
    taken.ok_or_else(|| DestinationError::Locked { target: target.to_owned() })
}

/// Runs what may block on a thread that may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(io::Error::other(error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures::FutureExt;

    use super::*;
    use crate::config::{BaseUrl, ContactsConfig, Format, PlainHttp, Token};

    #[test]
    fn a_place_that_is_dropped_while_the_disk_takes_its_time_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let base_url = BaseUrl::parse(BaseUrl::PRODUCTION, PlainHttp::Loopback).unwrap();
        let contacts = ContactsConfig::new(base_url, Token::new("t").unwrap());
        let config = ExportConfig::new(contacts, Output::File(home.path().join("c.ndjson")), Format::Ndjson);
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let (place, _) = Place::open(&config, || ()).await.unwrap();
            // The only thread for such work is busy: the syncing waits behind it.
            let (free, busy) = mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || busy.recv().is_err());
            // Polled once, and dropped.
            assert!(place.settle().now_or_never().is_none());
            let left = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name());
            assert_eq!(left.collect::<Vec<_>>(), [".c.ndjson.lock"]);
            drop(free);
            assert!(busy.await.unwrap());
        });
    }
}
