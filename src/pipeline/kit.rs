//! The kit of an export: a directory with everything a warehouse needs to load it, published after the export.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::changes::Applied;
use crate::config::{ChangesConfig, Codec, ConfigError, Encoding, ExportConfig, OutFile, Output};
use crate::destination::{DestinationError, StagedDirectory};
use crate::digest::ContentDigest;
use crate::error::Error;
use crate::manifest::Written;
use crate::platform;
use crate::proof::Level;
use crate::storage::is_url;
use crate::transform::key_id;
use crate::warehouse::{
    CHANGES_TITLE, ChangesKitInput, HashedColumns, KitFile, KitInput, README, TITLE, TableInput, changes_kit,
    is_named_like_a_kit, kit,
};

/// A kit that has been written, or why it could not be. The export is published in either case.
pub(super) type Staged = Result<StagedDirectory, DestinationError>;

/// Refuses paths that the SQL and the commands of the kit could not quote.
pub(super) fn check(config: &ExportConfig) -> Result<(), ConfigError> {
    check_paths(config.kit.as_deref(), &config.output)
}

/// The same for a kit of changes, which also needs files to name.
pub(super) fn check_changes(config: &ChangesConfig) -> Result<(), ConfigError> {
    if config.kit.is_some() && !config.output.is_named() {
        let reason = "--kit needs a file or directory as output, not stdout: the kit loads the changes by their names";
        return Err(ConfigError::Usage(reason.to_owned()));
    }
    check_paths(config.kit.as_deref(), &config.output)
}

fn check_paths(kit: Option<&Path>, output: &Output) -> Result<(), ConfigError> {
    let (Some(kit), Some(target)) = (kit, output.target()) else { return Ok(()) };
    if is_url(kit) {
        return Err(ConfigError::Usage("--kit needs a local directory, not a URL".to_owned()));
    }
    for path in [kit, &target] {
        let absolute = absolute(path).map_err(|error| {
            ConfigError::Usage(format!("the kit names {} by its absolute path: {error}", path.display()))
        })?;
        let reason = match absolute.to_str() {
            None => "is not UTF-8",
            Some(text) if text.chars().any(is_unfit) => "has a control character",
            Some(_) => continue,
        };
        return Err(ConfigError::Usage(format!(
            "--kit cannot be used here: the path {:?} {reason}, and SQL and shell commands cannot quote it",
            absolute.to_string_lossy()
        )));
    }
    Ok(())
}

/// The path as the kit names it. URLs are absolute as they are.
fn absolute(path: &Path) -> io::Result<PathBuf> {
    if is_url(path) { Ok(path.to_owned()) } else { std::path::absolute(path) }
}

/// Whether a character would break a line of SQL, a command or a comment, or reorder its text on screen.
fn is_unfit(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Opens the kit's directory, if a kit was requested, so that it fails before any request is sent. `waiting` is called if
/// another run holds the lock.
pub(super) async fn open(
    config: &ExportConfig,
    waiting: impl FnOnce(),
) -> Result<Option<StagedDirectory>, DestinationError> {
    let Some(directory) = &config.kit else { return Ok(None) };
    let objection = |directory: &Path| objection(directory, TITLE, "a kit");
    StagedDirectory::open_kit(directory, objection, config.lock_timeout, waiting).await.map(Some)
}

/// The same for a kit of changes.
pub(super) async fn open_changes(config: &ChangesConfig) -> Result<Option<StagedDirectory>, DestinationError> {
    let Some(directory) = &config.kit else { return Ok(None) };
    let objection = |directory: &Path| objection(directory, CHANGES_TITLE, "a kit of changes");
    StagedDirectory::open_kit(directory, objection, config.lock_timeout, || ()).await.map(Some)
}

/// Writes the kit, before the export is published.
pub(super) async fn stage(
    kit: Option<StagedDirectory>,
    config: &ExportConfig,
    written: &Written,
    level: Level,
) -> Result<Option<Staged>, Error> {
    write(kit, &config.output, |target| files(config, written, level, target)).await
}

/// The same for a kit of changes, given their files and the result of applying them.
pub(super) async fn stage_changes(
    kit: Option<StagedDirectory>,
    config: &ChangesConfig,
    written: &Written,
    applied: Option<&Applied>,
) -> Result<Option<Staged>, Error> {
    write(kit, &config.output, |target| files_of_changes(config, written, applied, target)).await
}

async fn write(
    kit: Option<StagedDirectory>,
    output: &Output,
    files: impl FnOnce(&Path) -> Result<Vec<KitFile>, Error>,
) -> Result<Option<Staged>, Error> {
    let (Some(mut kit), Some(target)) = (kit, output.target()) else { return Ok(None) };
    let files = match absolute(&target) {
        Ok(target) => files(&target)?,
        Err(error) => return Ok(Some(Err(unwritten(kit.path(), error)))),
    };
    let write = move || {
        let wrote = kit.write_kit(files.iter().map(|file| (file.name.as_str(), file.text.as_str())));
        wrote.map_err(|error| unwritten(kit.path(), error)).map(|()| kit)
    };
    tokio::task::spawn_blocking(write).await.map_err(Error::bug).map(Some)
}

/// Publishes the kit, after the export was published.
pub(super) async fn publish(kit: Option<Staged>) -> Result<(), Error> {
    let Some(kit) = kit.transpose()? else { return Ok(()) };
    let directory = kit.path().to_owned();
    let published = tokio::task::spawn_blocking(|| kit.publish_kit()).await.map_err(Error::bug)?;
    Ok(published.map_err(|error| unwritten(&directory, error))?)
}

fn unwritten(directory: &Path, error: io::Error) -> DestinationError {
    DestinationError::Kit { directory: directory.to_owned(), error }
}

/// Why a kit must not replace a directory: its first file that no kit has, or a README that does not begin with `due`.
fn objection(directory: &Path, due: &str, kind: &str) -> io::Result<Option<String>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in &entries {
        let name = entry.file_name();
        if !entry.file_type()?.is_file() || !name.to_str().is_some_and(is_named_like_a_kit) {
            return Ok(Some(format!("it contains {:?}, which is not part of a kit", name.to_string_lossy())));
        }
    }
    let is_kit = || {
        let file = match platform::open_regular(&directory.join(README)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            file => file?,
        };
        let mut title = Vec::new();
        file.take(due.len() as u64).read_to_end(&mut title)?;
        Ok::<_, io::Error>(title == due.as_bytes())
    };
    let reason = || format!("it contains files, but no {README} of {kind}");
    Ok(if entries.is_empty() || is_kit()? { None } else { Some(reason()) })
}

/// The files of the kit for an export at `target`.
fn files(config: &ExportConfig, written: &Written, level: Level, target: &Path) -> Result<Vec<KitFile>, Error> {
    let file = |file| config.output.path_at(target, file, config.encoding);
    let contacts = TableInput {
        schema: &written.schema,
        files: written.parts.iter().map(|part| file(part.file)).collect(),
        digest: known(written.digest)?,
    };
    let owners = match &written.owners {
        Some(owners) => Some(TableInput {
            schema: &owners.schema,
            files: vec![file(OutFile::Owners)],
            digest: known(owners.digest)?,
        }),
        None => None,
    };
    let partition = config.output.partition().map(|partition| (partition.key(), partition.value()));
    let hashed = config.content.layout().and_then(|layout| layout.hashed.as_ref());
    let hashed = hashed.map(|hashed| HashedColumns { columns: &hashed.columns, key_id: key_id(&hashed.key) });
    let (format, compressed) = (config.encoding.format, compressed(config.encoding));
    Ok(kit(&KitInput {
        export: target,
        table: &config.kit_table,
        level,
        deletes: config.kit_deletes,
        contacts,
        owners,
        format,
        compressed,
        partition,
        hashed,
    }))
}

/// The files of the kit for changes at `target`.
fn files_of_changes(
    config: &ChangesConfig,
    written: &Written,
    applied: Option<&Applied>,
    target: &Path,
) -> Result<Vec<KitFile>, Error> {
    let Applied { digest, contacts, seen_by, hashed } = applied.ok_or_else(no_digest)?;
    let file = |file| config.output.path_at(target, file, config.encoding);
    let hashed = hashed.as_ref();
    Ok(changes_kit(&ChangesKitInput {
        changes: TableInput {
            schema: &written.schema,
            files: written.parts.iter().map(|part| file(part.file)).collect(),
            digest: known(written.digest)?,
        },
        contacts,
        applied: *digest,
        seen_by,
        format: config.encoding.format,
        compressed: compressed(config.encoding),
        hashed: hashed.map(|(columns, key)| HashedColumns { columns, key_id: key.clone() }),
    }))
}

/// A kit without a digest would accept an empty table.
fn known(digest: Option<ContentDigest>) -> Result<ContentDigest, Error> {
    digest.ok_or_else(no_digest)
}

fn no_digest() -> Error {
    Error::Bug("there is no digest to put into the kit".to_owned())
}

/// How text files are compressed.
fn compressed(encoding: Encoding) -> Option<&'static str> {
    match encoding.compression.codec() {
        _ if !encoding.format.is_text() => None,
        Codec::Gzip => Some("gzip"),
        Codec::Zstd => Some("zstd"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BaseUrl, ContactsConfig, Format, Output, PlainHttp, Token};

    fn config() -> ExportConfig {
        let base_url = BaseUrl::parse(BaseUrl::PRODUCTION, PlainHttp::Loopback).unwrap();
        let contacts = ContactsConfig::new(base_url, Token::new("t").unwrap());
        ExportConfig::new(contacts, Output::File("c.parquet".into()), Format::Parquet)
    }

    #[test]
    fn refuses_a_kit_without_a_digest() {
        let mut written = Written {
            schema: crate::schema(),
            parts: Vec::new(),
            digest: Some(ContentDigest::default()),
            owners: None,
        };
        assert!(files(&config(), &written, Level::Counted, Path::new("/c.parquet")).is_ok());
        written.digest = None;
        let error = files(&config(), &written, Level::Counted, Path::new("/c.parquet")).unwrap_err();
        assert!(matches!(error, Error::Bug(_)), "{error}");
    }

    #[test]
    fn urls_are_absolute_and_no_place_for_a_kit() {
        let url = Path::new("s3://bucket/c.parquet");
        assert_eq!(absolute(url).unwrap(), url);
        assert!(absolute(Path::new("c.parquet")).unwrap().is_absolute());
        let output = Output::File("c.parquet".into());
        assert!(check_paths(Some(url), &output).is_err());
        assert!(check_paths(Some(Path::new("kit")), &output).is_ok());
    }
}
