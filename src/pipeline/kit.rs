//! The kit of an export: what a warehouse needs to load it, written beside it when it is published.

use std::fs;
use std::io;
use std::path::Path;

use crate::config::{Codec, ConfigError, ExportConfig, Format, OutFile, Output};
use crate::digest::ContentDigest;
use crate::error::Error;
use crate::manifest::Written;
use crate::sink::{Readers, SinkError, write_file};
use crate::warehouse::{Handoff, HandoffTable, KitFile, kit};

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
pub(super) fn write(config: &ExportConfig, written: &Written) -> Result<(), Error> {
    let (Some(folder), Some(target)) = (&config.kit, config.output.target()) else { return Ok(()) };
    let failed = |error| SinkError::Kit { folder: folder.clone(), error };
    let target = std::path::absolute(target).map_err(failed)?;
    for file in files(config, written, &target)? {
        write_file(&folder.join(&file.name), &file.text, Readers::Everybody)
            .map_err(|error| failed(io::Error::other(error)))?;
    }
    Ok(())
}

/// The files of the kit of an export that stands at `target`.
fn files(config: &ExportConfig, written: &Written, target: &Path) -> Result<Vec<KitFile>, Error> {
    let file = |file: OutFile| match config.output {
        Output::Folder { .. } => target.join(file.in_folder(config.encoding)),
        _ => file.beside(target, config.encoding),
    };
    let contacts = HandoffTable {
        schema: &written.schema,
        files: written.parts.iter().map(|part| file(part.file)).collect(),
        digest: known(written.digest)?,
    };
    let owners = match &written.owners {
        Some(owners) => Some(HandoffTable {
            schema: &owners.schema,
            files: vec![file(OutFile::Owners)],
            digest: known(owners.digest)?,
        }),
        None => None,
    };
    let partition = match &config.output {
        Output::Folder { partition: Some(partition), .. } => Some((partition.key(), partition.value())),
        _ => None,
    };
    let (format, compressed) = (config.encoding.format, compressed(config));
    Ok(kit(&Handoff { contacts, owners, format, compressed, partition }))
}

/// A kit without a digest would prove that an empty table is right.
fn known(digest: Option<ContentDigest>) -> Result<ContentDigest, Error> {
    digest.ok_or_else(|| Error::Bug("there is no digest to put into the kit".to_owned()))
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

#[cfg(test)]
mod tests {
    use crate::config::{BaseUrl, ContactsConfig, PlainHttp, Token};

    use super::*;

    fn config() -> ExportConfig {
        let base_url = BaseUrl::parse(BaseUrl::PRODUCTION, PlainHttp::Loopback).unwrap();
        let contacts = ContactsConfig::new(base_url, Token::new("t").unwrap());
        ExportConfig::new(contacts, Output::File("c.parquet".into()), Format::Parquet)
    }

    #[test]
    fn a_kit_without_a_digest_is_none() {
        let mut written = Written {
            schema: crate::schema(),
            parts: Vec::new(),
            digest: Some(ContentDigest::default()),
            owners: None,
        };
        assert!(files(&config(), &written, Path::new("/c.parquet")).is_ok());
        written.digest = None;
        let error = files(&config(), &written, Path::new("/c.parquet")).unwrap_err();
        assert!(matches!(error, Error::Bug(_)), "{error}");
    }
}
