//! What is exported, where to, in which form.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{ConfigError, ContactsConfig, Content, Encoding, FileMode, Format, Layout, MaxDeletes, Output, Owners};
use crate::resource;

/// What to export, and where to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExportConfig {
    /// How to read the contacts.
    pub contacts: ContactsConfig,
    /// Where the file goes.
    pub output: Output,
    /// What kind of file it is, and how it is compressed.
    pub encoding: Encoding,
    /// What of the contacts is written: the whole table, by default.
    pub content: Content,
    /// Whether the manifest has a digest of the contents, which anybody can compute again from the loaded table: not, by
    /// default.
    pub digest: bool,
    /// A folder for what warehouses need to load the export, and to check the loaded table: none, by default. It is made
    /// in one that is there, or replaced as a whole if it is empty or an earlier kit.
    pub kit: Option<PathBuf>,
    /// Contacts of a part, where the output is a folder: 1,000,000. The last may have fewer.
    pub rows_per_file: NonZeroU64,
    /// Who may read the file: as before, by default; a new one its owner alone.
    pub mode: Option<FileMode>,
    /// How long to wait while another run has the file: not at all, by default.
    pub wait_lock: Option<Duration>,
    /// Where the manifest of what goes to standard output or a device is written: nowhere, by default.
    /// A file's manifest stands beside it.
    pub manifest: Option<PathBuf>,
    /// What answers at the base URL: the API, by default.
    pub source: Source,
    /// What to do with an export below the required level: nothing is published, by default.
    pub below: Below,
    /// How many of the contacts of the export that is replaced may be gone: half of them, by default. With more, nothing
    /// is published. Its manifest says how many it has; a limited export is neither a measure nor measured.
    pub max_deletes: MaxDeletes,
}

/// What becomes of an export that is less complete than required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Below {
    /// It is thrown away, and what was there before stays.
    Discard,
    /// It is published with its true level.
    Publish,
}

const DEFAULT_ROWS_PER_FILE: NonZeroU64 = NonZeroU64::new(1_000_000).expect("1,000,000 is not zero");

impl ExportConfig {
    /// An export of those contacts to that place.
    #[must_use]
    pub fn new(contacts: ContactsConfig, output: Output, format: Format) -> Self {
        Self {
            contacts,
            output,
            encoding: Encoding::new(format),
            content: Content::Table(Layout::default()),
            digest: false,
            kit: None,
            rows_per_file: DEFAULT_ROWS_PER_FILE,
            mode: None,
            wait_lock: None,
            manifest: None,
            source: Source::Api,
            below: Below::Discard,
            max_deletes: MaxDeletes::default(),
        }
    }
}

impl ExportConfig {
    /// Whether owners are written as a table of their own, which needs a place for a second file.
    #[must_use]
    pub fn has_owners_file(&self) -> bool {
        self.content.layout().is_some_and(|layout| layout.owners == Owners::Table)
    }

    /// Whether a digest of the contents is to be computed. A kit has it in its queries.
    #[must_use]
    pub fn wants_digest(&self) -> bool {
        self.digest || self.kit.is_some()
    }

    /// What holds the token, of all that is shown or recorded. A sandbox's token is no secret.
    fn holds_token(&self) -> Option<&'static str> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let shown = [
            ("the base URL", Some(self.contacts.base_url.to_string())),
            ("the name of the output", Some(self.output.to_string())),
            ("the name of the partition", self.output.partition().map(ToString::to_string)),
            ("the name of the manifest", path(&self.manifest)),
            ("the name of the kit", path(&self.kit)),
        ];
        let is_secret = |text: &String| self.source == Source::Api && self.contacts.token.is_in(text);
        shown.into_iter().find(|(_, text)| text.as_ref().is_some_and(is_secret)).map(|(name, _)| name)
    }

    /// Refuses what does not go together, and names that hold the token.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), ConfigError> {
        if let Some(name) = self.holds_token() {
            return Err(ConfigError::Secret(name));
        }
        let usage = |reason: &str| Err(ConfigError::Usage(reason.to_owned()));
        let format = self.encoding.format;
        if let Some(partition) = self.output.partition()
            && is_column(partition.key())
        {
            return Err(ConfigError::Usage(format!(
                "{} is a column already: choose another key for --partition",
                partition.key()
            )));
        }
        match &self.content {
            Content::Raw if format != Format::Ndjson => usage("what the API sent is JSON, and goes into NDJSON alone"),
            Content::Raw if self.kit.is_some() => {
                usage("a kit is for the table's columns, which raw JSON does not have")
            }
            Content::Raw if self.digest => usage("a digest is of the table's columns, which raw JSON does not have"),
            _ if self.kit.is_some() && !self.output.is_local() => {
                usage("a kit names the files of the export: that needs a file or a folder for the output")
            }
            Content::Table(layout) if layout.owners == Owners::Struct && format == Format::Csv => {
                usage("CSV has no nested values: write the owners as columns or as a table")
            }
            Content::Table(_) if self.has_owners_file() && !self.output.is_local() => {
                usage("owners as a table are a second file: that needs a file or a folder for the output")
            }
            Content::Table(_) if self.has_owners_file() && is_not_text(&self.output) => usage(
                "the manifest lists the owners' file by a name that is made from the output's, which is not UTF-8: \
                 rename the output, or choose --owners columns",
            ),
            _ => Ok(()),
        }
    }
}

/// Whether a file has a name that JSON cannot hold.
fn is_not_text(output: &Output) -> bool {
    output.file().and_then(Path::file_name).is_some_and(|name| name.to_str().is_none())
}

/// Whether contacts or owners have a column of that name in any form. Warehouses do not tell capitals from small letters.
fn is_column(name: &str) -> bool {
    let schema = resource::schema();
    let columns = schema.fields().iter().map(|field| field.name().as_str());
    columns.chain([resource::OWNER, resource::CONTACTS]).any(|column| column.eq_ignore_ascii_case(name))
}

/// What answers at the base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The API, or something that stands for it.
    Api,
    /// A sandbox of this process: its contacts are invented, and the manifest says so.
    Sandbox,
}
