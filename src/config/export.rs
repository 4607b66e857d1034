//! What is exported, where to, and in which form.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{
    ConfigError, ContactsConfig, Content, Encoding, FileMode, Format, Layout, MaxDeletes, Output, Owners, TableName,
    defaults,
};
use crate::storage::is_url;

/// What to export, and where to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExportConfig {
    /// How to read the contacts.
    pub contacts: ContactsConfig,
    /// Where the export goes.
    pub output: Output,
    /// File format and compression.
    pub encoding: Encoding,
    /// What is written about the contacts. Default: the whole table.
    pub content: Content,
    /// Whether the manifest gets a digest of the contents, which can be recomputed from the loaded table. Default: no.
    pub digest: bool,
    /// A directory for a loading kit: what warehouses need to load the export and to check the loaded table. Default:
    /// none. It is created, or replaced if it is empty or holds an earlier kit; its parent must exist.
    pub kit: Option<PathBuf>,
    /// The table that the kit loads the contacts into. Default: `contacts`.
    pub kit_table: TableName,
    /// Whether the kit deletes the rows that are missing from the export. It does so only if the export is proven complete.
    /// Default: no.
    pub kit_deletes: bool,
    /// Contacts per part file of a directory. Default: 1,000,000. The last part may have fewer.
    pub rows_per_file: NonZeroU64,
    /// File permissions. Default: those of the replaced file; 600 for new files. Objects have none.
    pub mode: Option<FileMode>,
    /// How long to wait if another run holds the lock. Default: not at all.
    pub lock_timeout: Option<Duration>,
    /// How an object in a store is locked. Default: for a minute at a time.
    pub store_lock: StoreLock,
    /// Where to write the manifest if the output is stdout or a device. Default: nowhere. The manifest of a file is
    /// written next to it.
    pub manifest: Option<PathBuf>,
    /// What responds at the base URL. Default: the API.
    pub source: Source,
    /// What to do with an export below the required level. Default: discard it.
    pub on_incomplete: OnIncomplete,
    /// How many contacts of the replaced export may be missing from the new one. Default: half. With more missing,
    /// nothing is published. The number comes from the replaced export's manifest; exports with a limit are not compared.
    pub max_deletes: MaxDeletes,
    /// Where the changes since the previous export go: a file, or a directory that gets one more file. Default: nowhere.
    pub changes: Option<Output>,
    /// A directory for a kit of the changes: what warehouses need to apply them. Default: none. It is created, or replaced if it is
    /// empty or holds an earlier kit of changes.
    pub changes_kit: Option<PathBuf>,
    /// The export whose contacts must be accounted for. Default: the one that this run replaces; for a partition, its newest
    /// sibling.
    pub previous: Option<PathBuf>,
    /// Whether the previous export may have been made with another token, of the same organization. Default: no.
    pub previous_token: PreviousToken,
    /// How many contacts of the previous export may be looked up by their ids, if the pages lack them.
    pub lookups: Lookups,
}

/// How an object in a store is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreLock {
    /// With a lock that is renewed while the run lasts, and that others take over this long after its last renewal.
    Lease(Duration),
    /// Not at all, for stores without conditional writes: whoever runs the export must prevent concurrent runs.
    Off,
}

impl Default for StoreLock {
    fn default() -> Self {
        Self::Lease(defaults::LOCK_LEASE)
    }
}

/// The token of the previous export, which stands for its organization.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PreviousToken {
    /// It must be the same.
    #[default]
    Same,
    /// It may differ: a new token of the same organization.
    MayDiffer,
}

/// How many contacts may be looked up by their ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lookups {
    /// One for every ten pages, but at least 200.
    #[default]
    Tenth,
    /// At most this number; 0 for none.
    AtMost(u64),
}

impl Lookups {
    /// The most lookups after a run that read `pages`.
    #[must_use]
    pub fn most(self, pages: u64) -> u64 {
        match self {
            Self::Tenth => (pages / defaults::PAGES_PER_LOOKUP).max(defaults::FEWEST_LOOKUPS),
            Self::AtMost(most) => most,
        }
    }
}

/// What to do with an export that is less complete than required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnIncomplete {
    /// Discard it; an earlier export stays in place.
    Discard,
    /// Publish it with its true level.
    Publish,
}

impl ExportConfig {
    /// An export with the default settings.
    #[must_use]
    pub fn new(contacts: ContactsConfig, output: Output, format: Format) -> Self {
        Self {
            contacts,
            output,
            encoding: Encoding::new(format),
            content: Content::Table(Layout::default()),
            digest: false,
            kit: None,
            kit_table: TableName::default(),
            kit_deletes: false,
            rows_per_file: defaults::ROWS_PER_FILE,
            mode: None,
            lock_timeout: None,
            store_lock: StoreLock::default(),
            manifest: None,
            source: Source::Api,
            on_incomplete: OnIncomplete::Discard,
            max_deletes: MaxDeletes::default(),
            changes: None,
            changes_kit: None,
            previous: None,
            previous_token: PreviousToken::default(),
            lookups: Lookups::default(),
        }
    }
}

impl ExportConfig {
    /// Whether owners are written as a separate table, in a second file.
    #[must_use]
    pub fn has_owners_file(&self) -> bool {
        self.content.layout().is_some_and(|layout| layout.owners == Owners::Table)
    }

    /// Whether a digest of the contents is needed. The queries of a kit contain it.
    #[must_use]
    pub fn wants_digest(&self) -> bool {
        self.digest || self.kit.is_some()
    }

    /// Which value contains the token although it is shown or recorded. A sandbox's token is not a secret.
    fn holds_token(&self) -> Option<&'static str> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let shown = [
            ("the base URL", Some(self.contacts.base_url.to_string())),
            ("the output path", Some(self.output.to_string())),
            ("the partition", self.output.partition().map(ToString::to_string)),
            ("the manifest path", path(&self.manifest)),
            ("the kit path", path(&self.kit)),
            ("the path of the previous export", path(&self.previous)),
            ("the path of the kit of changes", path(&self.changes_kit)),
            ("the path of the changes", self.changes.as_ref().map(ToString::to_string)),
        ];
        let is_secret = |text: &String| self.source == Source::Api && self.contacts.token.is_in(text);
        shown.into_iter().find(|(_, text)| text.as_ref().is_some_and(is_secret)).map(|(name, _)| name)
    }

    /// Refuses settings that exclude each other, and paths that contain the token.
    ///
    /// # Errors
    /// The first conflict.
    pub fn check(&self) -> Result<(), ConfigError> {
        if let Some(name) = self.holds_token() {
            return Err(ConfigError::Secret(name));
        }
        if let Some(reason) = self.output.objection().or_else(|| self.changes.as_ref()?.objection()) {
            return Err(ConfigError::Usage(reason));
        }
        let usage = |reason: &str| Err(ConfigError::Usage(reason.to_owned()));
        let format = self.encoding.format;
        match &self.content {
            Content::Raw if !format.is_json() => usage("--raw requires NDJSON output"),
            Content::Raw if self.kit.is_some() => {
                usage("--kit cannot be used with --raw: raw JSON has no columns to load")
            }
            Content::Raw if self.changes.is_some() => {
                usage("--changes cannot be used with --raw: raw JSON has no columns to compare")
            }
            Content::Raw if self.digest => {
                usage("--digest cannot be used with --raw: raw JSON has no columns to digest")
            }
            _ if self.kit.is_none() && self.kit_deletes => usage("--kit-deletes needs --kit, whose scripts delete"),
            _ if self.kit.is_none() && self.kit_table != TableName::default() => {
                usage("--kit-table needs --kit, whose scripts name the table")
            }
            _ if self.manifest.as_deref().is_some_and(is_url) => {
                usage("--manifest needs a local file: the manifest of an object is written next to it")
            }
            _ if self.changes_kit.is_some() && self.changes.is_none() => {
                usage("--changes-kit needs --changes, whose files the kit applies")
            }
            _ if self.changes.as_ref().is_some_and(|changes| !changes.is_named()) => {
                usage("--changes needs a file, or DIR/ for one more file each time")
            }
            _ if self.changes.is_some() && !self.output.is_named() => usage(
                "--changes needs a file or directory as output, not stdout: the next run compares it with its own",
            ),
            _ if self.changes.is_some() && self.output.is_object() => usage(
                "--changes needs a local file or directory as output: use --partition, and linq-export changes with the URLs of \
                 two partitions",
            ),
            _ if self.changes.is_some() && self.contacts.limit.is_some() => {
                usage("--limit and --changes are mutually exclusive: an export that stops early lacks contacts")
            }
            _ if self.kit.is_some() && !self.output.is_named() => {
                usage("--kit needs a file or directory as output, not stdout: the kit loads the exported files by name")
            }
            Content::Table(layout) if layout.owners == Owners::Struct && !format.nests() => {
                usage("--owners struct cannot be used with CSV, which has no nested values: use columns or table")
            }
            Content::Table(_) if self.has_owners_file() && !self.output.is_named() => {
                usage("--owners table needs a file or directory as output, not stdout: the owners are a second file")
            }
            Content::Table(_) if self.has_owners_file() && is_not_text(&self.output) => usage(
                "--owners table needs a UTF-8 output name, from which the name of the owners' file is derived: rename the \
                 output, or use --owners columns",
            ),
            _ => Ok(()),
        }
    }
}

/// Whether the file name is not UTF-8, so that JSON cannot hold it.
fn is_not_text(output: &Output) -> bool {
    output.file().and_then(Path::file_name).is_some_and(|name| name.to_str().is_none())
}

/// What responds at the base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The API.
    Api,
    /// A sandbox in this process. The manifest records that the contacts are invented.
    Sandbox,
}
