//! The kit of an export: what a warehouse needs to load it, written beside it when it is published.

use std::fs;
use std::io;
use std::path::Path;

use crate::config::{Codec, ConfigError, ExportConfig, Format, OutFile, Output};
use crate::digest::ContentDigest;
use crate::error::Error;
use crate::manifest::Written;
use crate::sink::{Readers, SinkError, write_file};
use crate::warehouse::{Handoff, HandoffTable, kit};

/// Makes the kit's folder, so that one that cannot be made is known before anything is asked of the server.
pub(super) fn begin(config: &ExportConfig) -> Result<(), Error> {
    let Some(folder) = &config.kit else { return Ok(()) };
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if config.output.target().is_some_and(|target| absolute(folder).starts_with(absolute(&target))) {
        let reason = format!("the kit cannot stand in {}, which holds the export alone", config.output);
        return Err(ConfigError::Usage(reason).into());
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => Ok(made.map_err(|error| SinkError::Create { path: folder.clone(), error })?),
    }
}

/// Writes the kit of an export that is published.
pub(super) fn write(config: &ExportConfig, written: &Written) -> Result<(), SinkError> {
    let (Some(folder), Some(target)) = (&config.kit, config.output.target()) else { return Ok(()) };
    let failed = |error| SinkError::Kit { folder: folder.clone(), error };
    let target = std::path::absolute(target).map_err(failed)?;
    let file = |file: OutFile| match config.output {
        Output::Folder { .. } => target.join(file.in_folder(config.encoding)),
        _ => file.beside(&target, config.encoding),
    };
    let digest = |digest: Option<ContentDigest>| digest.unwrap_or_default();
    let contacts = HandoffTable {
        schema: &written.schema,
        files: written.parts.iter().map(|part| file(part.file)).collect(),
        rows: written.parts.iter().map(|part| part.rows).sum(),
        digest: digest(written.digest),
    };
    let owners = written.owners.as_ref().map(|owners| HandoffTable {
        schema: &owners.schema,
        files: vec![file(OutFile::Owners)],
        rows: owners.file.rows,
        digest: digest(owners.digest),
    });
    let partition = match &config.output {
        Output::Folder { partition: Some(partition), .. } => Some((partition.key(), partition.value())),
        _ => None,
    };
    let handoff =
        Handoff { contacts, owners, format: config.encoding.format, compressed: compressed(config), partition };
    for file in kit(&handoff) {
        write_file(&folder.join(&file.name), &file.text, Readers::Everybody)
            .map_err(|error| failed(io::Error::other(error)))?;
    }
    Ok(())
}

/// How files of text are compressed as a whole.
fn compressed(config: &ExportConfig) -> Option<&'static str> {
    match config.encoding.compression.codec() {
        _ if config.encoding.format == Format::Parquet => None,
        Codec::Gzip => Some("gzip"),
        Codec::Zstd => Some("zstd"),
        _ => None,
    }
}
