//! Writes the changes between two exports: a thread that compares and encodes, and a task that writes the bytes.
//!
//! The output is opened and locked before anything is compared, and gets its name only after everything has succeeded.

use std::path::Path;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::kit;
use super::parts::Parts;
use crate::changes::{Applied, Changes, ChangesError, ChangesOptions, ChangesSummary, changes};
use crate::config::{ChangesConfig, ConfigError, OutFile, Output};
use crate::destination::{Destination, DestinationError, Piece, RunPaths, Settled, check_apart};
use crate::digest::ContentDigest;
use crate::error::Error;
use crate::manifest::{ChangesManifest, Compared, Content, Written, describes, read_file};
use crate::naming;
use crate::storage;
use crate::transform::check_partition_of_changes;

/// Encoded pieces that wait between the encoder and the writer.
const CHANNEL: usize = 4;

/// Changes that were compared and encoded.
pub(super) struct Encoded {
    pub summary: ChangesSummary,
    pub compared: Compared,
    pub written: Written,
    pub applied: Option<Applied>,
}

/// Compares two exports, and writes their changes to a file, a directory or stdout.
///
/// Files are written atomically, each with its manifest: a run that fails leaves the previous output untouched. Cancelling
/// `cancellation` removes temporary files.
///
/// # Errors
/// If the exports cannot be compared, or the output cannot be written. [`Error::exit`] gives the exit code.
pub async fn export_changes(
    old: &Path,
    new: &Path,
    options: ChangesOptions,
    mut config: ChangesConfig,
    cancellation: CancellationToken,
) -> Result<ChangesSummary, Error> {
    config.output.begin_run();
    let result = Box::pin(write_changes(old, new, options, config, cancellation)).await;
    storage::cleaned_up(storage::CLEAN_UP).await;
    result
}

async fn write_changes(
    old: &Path,
    new: &Path,
    mut options: ChangesOptions,
    config: ChangesConfig,
    cancellation: CancellationToken,
) -> Result<ChangesSummary, Error> {
    if let Some(reason) = config.output.objection() {
        return Err(ConfigError::Usage(reason).into());
    }
    check_partition_of_changes(&config.output)?;
    kit::check_changes(&config)?;
    check_paths(old, new, &config)?;
    check_replaced(&config.output)?;
    options.digest |= config.kit.is_some();
    let writing = async {
        let destination = Destination::open(&config, || ()).await?;
        let kit = kit::open_changes(&config).await?;
        let (old, new) = (old.to_owned(), new.to_owned());
        let make = move || changes(&old, &new, options);
        Ok::<_, Error>((write(destination, make, &config, &cancellation).await?, kit))
    };
    let ((Encoded { summary, compared, written, applied }, settled), kit) = tokio::select! {
        written = writing => written?,
        () = cancellation.cancelled() => return Err(Error::Cancelled),
    };
    let text = manifest_of(compared, &written, &config)?;
    let kit = kit::stage_changes(kit, &config, &written, applied.as_ref()).await?;
    settled.publish(text).await?;
    kit::publish(kit).await?;
    Ok(summary)
}

/// The text of the manifest.
pub(super) fn manifest_of(compared: Compared, written: &Written, config: &ChangesConfig) -> Result<Vec<u8>, Error> {
    let most = config.rows_per_file.get();
    let manifest = ChangesManifest::new(compared, written, &config.output, config.encoding, most);
    Ok(manifest.text().map_err(Error::bug)?.into_bytes())
}

/// Compares and encodes on a thread, and writes the bytes, but does not publish them.
pub(super) async fn write(
    mut destination: Destination,
    make: impl FnOnce() -> Result<Changes, ChangesError> + Send + 'static,
    config: &ChangesConfig,
    cancellation: &CancellationToken,
) -> Result<(Encoded, Settled), Error> {
    let (sender, mut pieces) = mpsc::channel(CHANNEL);
    let encoding = {
        let (config, cancelled) = (config.clone(), cancellation.child_token());
        tokio::task::spawn_blocking(move || encode(make()?, &config, sender, &cancelled))
    };
    let mut wrote = Ok(());
    while let Some(piece) = pieces.recv().await {
        wrote = destination.take(piece).await;
        if wrote.is_err() {
            break;
        }
    }
    // Closes the channel, which ends the encoder if writing has failed.
    drop(pieces);
    let encoded = encoding.await.map_err(Error::bug)?;
    wrote?;
    Ok((encoded?, destination.settle().await?))
}

/// Refuses outputs that would overwrite one of the exports.
fn check_paths(old: &Path, new: &Path, config: &ChangesConfig) -> Result<(), DestinationError> {
    let manifests = [old, new].map(|path| naming::manifest_of(path).unwrap_or_default());
    // The owners in a directory are protected with it.
    let [old_owners, new_owners] = [old, new].map(|path| OutFile::owners_of(path).collect::<Vec<_>>());
    let mut inputs = vec![
        (old, "the old export"),
        (new, "the new export"),
        (&*manifests[0], "the old export's manifest"),
        (&*manifests[1], "the new export's manifest"),
    ];
    inputs.extend(old_owners.iter().map(|owners| (&**owners, "the old export's owners")));
    inputs.extend(new_owners.iter().map(|owners| (&**owners, "the new export's owners")));
    let manifest = config.manifest.as_deref();
    check_apart(&RunPaths {
        output: &config.output,
        manifest,
        kit: config.kit.as_deref(),
        records: &[],
        inputs: &inputs,
    })
}

/// Refuses to replace an export of contacts, which may be a typing mistake.
pub(super) fn check_replaced(output: &Output) -> Result<(), DestinationError> {
    let Some(path) = output.target() else { return Ok(()) };
    let manifest = naming::manifest_of(&path).and_then(|manifest| read_file(&manifest));
    if manifest.is_ok_and(|manifest| describes(&manifest, Content::Contacts)) {
        return Err(DestinationError::ReplacesContacts { path });
    }
    Ok(())
}

/// Encodes all changes, until they end or the run is canceled.
fn encode(
    mut changes: Changes,
    config: &ChangesConfig,
    out: mpsc::Sender<Piece>,
    cancellation: &CancellationToken,
) -> Result<Encoded, Error> {
    let schema = changes.schema().clone();
    let is_nested = schema.fields().iter().any(|field| field.data_type().is_nested());
    if is_nested && !config.encoding.format.nests() {
        return Err(ChangesError::Nested { format: config.encoding.format }.into());
    }
    let rows_per_file = config.output.is_directory().then_some(config.rows_per_file);
    let mut parts = Parts::new(config.encoding, schema.clone(), rows_per_file, out);
    parts.begin()?;
    let mut digest = config.kit.is_some().then(ContentDigest::default);
    for batch in changes.by_ref() {
        if cancellation.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let batch = batch?;
        if let Some(digest) = &mut digest {
            digest.add(&batch).map_err(Error::bug)?;
        }
        parts.take(&batch)?;
    }
    let written = Written { schema, parts: parts.finish()?, digest, owners: None };
    let (compared, applied) = (changes.compared(), changes.applied());
    Ok(Encoded { summary: changes.summary(), compared, written, applied })
}
