//! A file and its manifest, published together: two renames, and a way back from between them.
//!
//! ```text
//! draft of the data on disk ─► manifest staged, on disk ─► data renamed ─► manifest renamed
//!        a crash here: old pair │          old pair         │ new file, staged manifest: finished by the next run
//! ```
//!
//! A staged manifest that does not describe the file is of a run that never published, and is removed.

use std::fs;
use std::io;
use std::path::Path;

use super::lock::Lock;
use super::names::Names;
use crate::draft::{self, Draft, Mode};
use crate::manifest;
use crate::sink::SinkError;

/// A file under way, and the lock that keeps others from it.
#[derive(Debug)]
pub(crate) struct FilePlace {
    names: Names,
    draft: Draft,
    mode: Option<u32>,
    /// Freed when all else is done.
    _lock: Lock,
}

/// What an earlier run that was killed had left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing that matters.
    Nothing,
    /// A file without its manifest; it has it now.
    ManifestPublished,
}

impl FilePlace {
    /// Cleans up after the dead, and begins a file.
    pub fn begin(names: Names, mode: Option<u32>, lock: Lock) -> io::Result<(Self, Left)> {
        if names.manifest.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let left = recover(&names)?;
        draft::sweep(&names.target)?;
        draft::sweep(&names.manifest)?;
        let draft = Draft::begin(&names.target)?;
        Ok((Self { names, draft, mode, _lock: lock }, left))
    }

    /// A handle for writing.
    pub fn writer(&self) -> io::Result<fs::File> {
        self.draft.writer()
    }

    /// The file's name, as errors show it.
    pub fn target(&self) -> &Path {
        &self.names.target
    }

    /// The work of putting what was written on disk, still under its draft's name. It may take long, and
    /// the place can be dropped meanwhile.
    pub fn settling(&self) -> io::Result<impl FnOnce() -> io::Result<()> + Send + use<>> {
        self.draft.settling(self.mode.map_or(Mode::KEPT, Mode::Exactly))
    }

    /// Publishes the settled file and its manifest.
    pub fn publish(self, manifest: &[u8]) -> Result<(), SinkError> {
        let Self { names, draft, mode, _lock } = self;
        let staged = stage(&names, mode, manifest).and_then(|()| draft.publish_as(&names.target));
        if let Err(error) = staged {
            // The file may have its name already, where only the folder could not be synced.
            return if recover(&names).is_ok_and(|left| left == Left::ManifestPublished) {
                Err(SinkError::Unfinished { target: names.target, error })
            } else {
                Err(SinkError::Write { target: names.target.display().to_string(), error })
            };
        }
        finish(&names).map_err(|error| SinkError::Unfinished { target: names.target, error })
    }
}

/// Puts the manifest on disk under the name that says: not yet.
fn stage(names: &Names, mode: Option<u32>, manifest: &[u8]) -> io::Result<()> {
    let mut draft = Draft::begin(&names.manifest)?;
    draft.write(manifest)?;
    // Who reads the file reads its manifest.
    let like_the_file = Mode::Kept { like: Some(&names.target), new: 0o600 };
    draft.settle(mode.map_or(like_the_file, Mode::Exactly))?;
    draft.publish_as(&names.staged)
}

/// Gives a staged manifest its name.
fn finish(names: &Names) -> io::Result<()> {
    draft::rename(&names.staged, &names.manifest)
}

/// Ends what a run has left that was stopped while it published.
fn recover(names: &Names) -> io::Result<Left> {
    let staged = match fs::read(&names.staged) {
        Ok(staged) => staged,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Left::Nothing),
        Err(error) => return Err(error),
    };
    if manifest::describes(&staged, &names.target) {
        finish(names)?;
        Ok(Left::ManifestPublished)
    } else {
        fs::remove_file(&names.staged)?;
        Ok(Left::Nothing)
    }
}
