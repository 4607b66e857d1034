//! The changes since the export before, as a second output of an export.
//!
//! They are compared once the new export is on disk, and published before it. If a run is killed between the two, the next one
//! follows the same export, and so replaces them.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::changes::{Encoded, check_replaced, manifest_of, write};
use super::kit;
use super::previous::Previous;
use crate::changes::{Side, changes_since, check_columns};
use crate::checksum::sha256;
use crate::config::{ChangesConfig, ConfigError, Encoding, ExportConfig, Output};
use crate::dataset::Table;
use crate::destination::{Destination, DestinationError, RunPaths, Settled, StagedDirectory, check_apart};
use crate::error::Error;
use crate::events::ChangesWritten;
use crate::manifest::{Manifest, source_of};
use crate::naming;
use crate::proof::Level;

/// The output of the changes, opened and locked.
#[derive(Debug)]
pub(super) struct ChangesSince {
    config: ChangesConfig,
    path: PathBuf,
    destination: Destination,
    kit: Option<StagedDirectory>,
    old: Option<Side>,
}

/// Changes that are complete and on disk, but not visible yet.
#[derive(Debug)]
pub(super) struct Prepared {
    settled: Settled,
    manifest: Vec<u8>,
    kit: Option<kit::Staged>,
    written: ChangesWritten,
}

impl ChangesSince {
    /// Opens the output, if changes are wanted, so that a failure is known before any request is sent. `manifest` is what is
    /// known of the new export.
    pub async fn open(
        config: &ExportConfig,
        previous: Option<&mut Previous>,
        manifest: &Manifest,
        waiting: impl FnOnce(),
    ) -> Result<Option<Self>, Error> {
        let Some(output) = &config.changes else { return Ok(None) };
        let old = previous.and_then(|previous| previous.side.take());
        let target = config.output.target().unwrap_or_default();
        if let Some(old) = &old {
            check_columns(old, manifest)?;
        }
        let (path, encoding) = file(config, output, old.as_ref())?;
        let output = Output::named(path.clone(), None);
        let manifest_of_new = config.output.manifest_path().unwrap_or_default();
        let mut others = vec![(&*target, "the output"), (&*manifest_of_new, "the output's manifest")];
        others.extend(config.kit.as_deref().map(|kit| (kit, "the kit")));
        for (output, kit, records, inputs) in [
            (&config.output, config.kit.as_deref(), &[&*path][..], &[][..]),
            (&output, config.changes_kit.as_deref(), &[], &others),
        ] {
            check_apart(&RunPaths { output, manifest: None, kit, records, inputs })?;
        }
        check_replaced(&output)?;
        let mut changes = ChangesConfig::new(output, encoding.format);
        (changes.encoding, changes.mode, changes.lock_timeout) = (encoding, config.mode, config.lock_timeout);
        changes.store_lock = config.store_lock;
        changes.kit.clone_from(&config.changes_kit);
        kit::check_changes(&changes)?;
        let destination = Destination::open(&changes, waiting).await?;
        let kit = kit::open_changes(&changes).await?;
        Ok(Some(Self { config: changes, path, destination, kit, old }))
    }

    /// Compares the new export, which is on disk at `path` but not published, with the one before. `text` is that of its
    /// manifest.
    pub async fn prepare(
        self,
        path: PathBuf,
        manifest: Manifest,
        text: &str,
        cancellation: &CancellationToken,
    ) -> Result<Prepared, Error> {
        let Self { config, path: file, destination, kit, old } = self;
        let wants_digest = kit.is_some();
        let (sha256, level) = (sha256(text.as_bytes()), manifest.level().unwrap_or(Level::Incomplete));
        let make = move || {
            let new = Side::of(&path, Table::hold(&path)?, manifest, sha256, level)?;
            changes_since(old, new, wants_digest)
        };
        let (Encoded { summary, compared, written, applied }, settled) =
            write(destination, make, &config, cancellation).await?;
        let kit = kit::stage_changes(kit, &config, &written, applied.as_ref()).await?;
        let written_as = ChangesWritten {
            path: file,
            kit: config.kit.clone(),
            is_first: compared.from.is_none(),
            inserts: summary.inserts,
            updates: summary.updates,
            deletes: summary.deletes,
            missing: summary.missing,
        };
        let manifest = manifest_of(compared, &written, &config)?;
        Ok(Prepared { settled, manifest, kit, written: written_as })
    }
}

impl Prepared {
    /// Publishes the changes; returns their kit, which is to be published after the contacts. Must not be canceled.
    pub async fn publish(self) -> Result<(ChangesWritten, Option<kit::Staged>), Error> {
        self.settled.publish(self.manifest).await?;
        Ok((self.written, self.kit))
    }
}

/// The file of the changes, and its encoding. A directory is created if needed; in it, the file is named after the export that
/// it follows.
fn file(config: &ExportConfig, output: &Output, old: Option<&Side>) -> Result<(PathBuf, Encoding), Error> {
    let Some(directory) = output.path().filter(|_| output.is_directory()) else {
        let path = output.path().unwrap_or(Path::new("")).to_owned();
        let unknown = |_| {
            let text = "cannot tell the format of the changes from their file's name: use an extension such as .parquet, \
                        .ndjson or .csv.gz, or DIR/";
            ConfigError::Format(text.to_owned())
        };
        let encoding = Encoding::of(&path).map_err(unknown)?;
        return Ok((path, encoding));
    };
    if !output.is_object() && !directory.is_dir() {
        std::fs::create_dir(directory).map_err(|error| DestinationError::create(directory, error))?;
    }
    let ending = config.encoding.ending();
    let first = || {
        let path = std::path::absolute(config.output.path().unwrap_or(Path::new(""))).unwrap_or_default();
        let of = format!("{}\n{}", source_of(config).organization, path.display());
        naming::first_changes(&sha256(of.as_bytes()), &ending)
    };
    let name = old.map_or_else(first, |old| naming::changes(&old.record.sha256_of_manifest, &ending));
    Ok((directory.join(name), config.encoding))
}
