//! Which columns are written, and in which form: the options, and the configuration they make.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::BoolishValueParser;

use super::{files, secret};
use crate::config::{Content, Hashed, HmacKey, Layout, Owners};
use crate::platform;

/// No key is larger; an endless file is.
const LARGEST_KEY: usize = 64 << 10;

/// What the columns of an export are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The columns")]
pub struct Form {
    /// columns, struct (one column, `contact_owner`) or table (a second file beside the first, `contacts.owners.parquet`)
    #[arg(long, value_name = "FORM", default_value_t = Owners::Columns, env = "LINQ_EXPORT_OWNERS")]
    owners: Owners,
    /// Write these columns alone; id is always written, and the order is the table's [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = name, env = "LINQ_EXPORT_COLUMNS")]
    columns: Option<Vec<String>>,
    /// Leave out these columns; extra has nothing of them either
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = name, env = "LINQ_EXPORT_DROP")]
    drop: Vec<String>,
}

/// What becomes of their values.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The columns")]
pub struct Values {
    /// Replace the values of these columns with their HMAC-SHA-256: of emails in lowercase, of phone numbers without
    /// punctuation. An empty value stays empty
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = name, env = "LINQ_EXPORT_HMAC")]
    hmac: Vec<String>,
    /// The file with the key of --hmac, at least 32 bytes
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_HMAC_KEY_FILE", hide_env_values = true)]
    pub hmac_key_file: Option<PathBuf>,
    /// Pass on each contact's JSON as the API sent it, one a line, instead of the table: NDJSON alone
    #[arg(long, env = "LINQ_EXPORT_RAW", value_parser = BoolishValueParser::new())]
    raw: bool,
    /// Put a digest of the contents into the manifest, which SQL can compute again from the loaded table
    #[arg(long, env = "LINQ_EXPORT_DIGEST", value_parser = BoolishValueParser::new())]
    pub digest: bool,
    /// Write what warehouses need to load this export into a folder of its own, which is replaced as a whole: schemas,
    /// commands, SQL, and the digest's queries
    #[arg(long, value_name = "DIR", env = "LINQ_EXPORT_KIT")]
    pub kit: Option<PathBuf>,
}

impl Form {
    /// The layout that is asked for, with no value hashed.
    pub fn layout(&self) -> Layout {
        Layout { owners: self.owners, columns: self.columns.clone(), dropped: self.drop.clone(), ..Layout::default() }
    }

    fn is_whole(&self) -> bool {
        self.owners == Owners::Columns && self.columns.is_none() && self.drop.is_empty()
    }
}

impl Values {
    /// What is written.
    pub async fn content(&self, form: &Form) -> Result<Content, String> {
        if self.raw {
            return if form.is_whole() && self.hmac.is_empty() && self.hmac_key_file.is_none() {
                Ok(Content::Raw)
            } else {
                Err("--raw passes on what the API sent: it goes with no --owners, --columns, --drop, --hmac or --hmac-key-file"
                    .to_owned())
            };
        }
        let mut layout = form.layout();
        layout.hashed = match (&self.hmac_key_file, self.hmac.is_empty()) {
            (Some(path), false) => Some(Hashed { columns: self.hmac.clone(), key: read_key(path).await? }),
            (None, false) => return Err("--hmac needs a key: name its file with --hmac-key-file".to_owned()),
            (Some(_), true) => return Err("--hmac-key-file goes with --hmac, which names the columns".to_owned()),
            (None, true) => None,
        };
        Ok(Content::Table(layout))
    }

    /// What the operator should see to: a key that others can read.
    pub fn warning(&self) -> Option<String> {
        let path = self.hmac_key_file.as_ref()?;
        let mode = platform::mode_open_to_others(&std::fs::metadata(path).ok()?)?;
        Some(format!(
            "the key in {} can be read by other users (mode {mode:03o}): give it to this one alone, with chmod 600",
            path.display()
        ))
    }
}

/// The name of a column; white space around it is not meant.
#[expect(clippy::unnecessary_wraps, reason = "as clap calls it")]
fn name(text: &str) -> Result<String, Infallible> {
    Ok(text.trim().to_owned())
}

async fn read_key(path: &Path) -> Result<HmacKey, String> {
    let bytes = files::read(path, LARGEST_KEY).await;
    let bytes = bytes
        .map_err(|error| format!("cannot read the key of --hmac-key-file from {}: {error}", secret::named(path)))?;
    HmacKey::new(&bytes).map_err(|error| format!("{error} (read from {}, --hmac-key-file)", path.display()))
}
