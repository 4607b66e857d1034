//! Which columns are written, and in which form: the options and the configuration they make.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::BoolishValueParser;

use super::values::one_of;
use super::{hide_secrets, read_limited};
use crate::config::{Content, Hashed, HmacKey, Layout, Owners};

/// Larger than any key: protects against endless files.
const MAX_KEY_BYTES: usize = 64 << 10;

/// The columns of an export.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Columns")]
pub struct Columns {
    /// Owners as columns, struct or table
    #[arg(
        long,
        value_name = "FORM",
        value_parser = one_of(&Owners::ALL),
        default_value_t = Owners::Columns,
        env = "LINQ_EXPORT_OWNERS",
        long_help = "Form of the owners\n\ncolumns: several columns, such as owner_id and owner_email. struct: one nested \
                     column, contact_owner. table: a second file next to the output, such as contacts.owners.parquet."
    )]
    owners: Owners,
    /// Include only these columns (comma-separated)
    ///
    /// id is always included; the column order is fixed.
    #[arg(long = "columns", value_name = "NAMES", value_delimiter = ',', value_parser = name, env = "LINQ_EXPORT_COLUMNS")]
    chosen: Option<Vec<String>>,
    /// Omit these columns (comma-separated)
    ///
    /// They do not reappear in extra.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = name, env = "LINQ_EXPORT_DROP")]
    drop: Vec<String>,
}

/// What happens to the values of the columns.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Columns")]
pub struct Hashing {
    /// Replace the values of these columns with their HMAC-SHA-256
    ///
    /// Email addresses are lowercased first, and phone numbers stripped of punctuation. Empty values stay empty.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = name, env = "LINQ_EXPORT_HMAC", hide_short_help = true)]
    hmac: Vec<String>,
    /// File with the key of --hmac, at least 32 bytes
    #[arg(
        long,
        value_name = "PATH",
        env = "LINQ_EXPORT_HMAC_KEY_FILE",
        hide_env_values = true,
        hide_short_help = true
    )]
    pub hmac_key_file: Option<PathBuf>,
    /// Write each contact's JSON as sent by the API, one per line (NDJSON only)
    #[arg(long, env = "LINQ_EXPORT_RAW", value_parser = BoolishValueParser::new(), help_heading = "Format", hide_short_help = true)]
    raw: bool,
}

impl Columns {
    /// The requested layout, without hashing.
    pub fn layout(&self) -> Layout {
        Layout { owners: self.owners, columns: self.chosen.clone(), dropped: self.drop.clone(), ..Layout::default() }
    }

    fn are_default(&self) -> bool {
        self.owners == Owners::Columns && self.chosen.is_none() && self.drop.is_empty()
    }
}

impl Hashing {
    /// What is written.
    pub async fn content(&self, columns: &Columns) -> Result<Content, String> {
        if self.raw {
            return if columns.are_default() && self.hmac.is_empty() && self.hmac_key_file.is_none() {
                Ok(Content::Raw)
            } else {
                Err("--raw cannot be used with --owners, --columns, --drop, --hmac or --hmac-key-file".to_owned())
            };
        }
        let mut layout = columns.layout();
        layout.hashed = match (&self.hmac_key_file, self.hmac.is_empty()) {
            (Some(path), false) => Some(Hashed { columns: self.hmac.clone(), key: read_key(path).await? }),
            (None, false) => return Err("--hmac needs a key: use --hmac-key-file".to_owned()),
            (Some(_), true) => return Err("--hmac-key-file needs --hmac with the columns to hash".to_owned()),
            (None, true) => None,
        };
        Ok(Content::Table(layout))
    }

    /// A warning if other users can read the key.
    pub fn warning(&self) -> Option<String> {
        hide_secrets::readable_by_others("HMAC key", self.hmac_key_file.as_deref()?)
    }
}

/// The name of a column, trimmed.
#[expect(clippy::unnecessary_wraps, reason = "the signature that clap expects")]
fn name(text: &str) -> Result<String, Infallible> {
    Ok(text.trim().to_owned())
}

async fn read_key(path: &Path) -> Result<HmacKey, String> {
    let bytes = read_limited::read(path, MAX_KEY_BYTES).await;
    let bytes = bytes.map_err(|error| format!("cannot read --hmac-key-file {}: {error}", hide_secrets::named(path)))?;
    HmacKey::new(&bytes).map_err(|error| format!("{error} (--hmac-key-file {})", path.display()))
}
