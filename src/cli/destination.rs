//! Where an export goes, and what kind of file it is: the options, and the configuration they make.

use std::io::IsTerminal;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::arguments::Arguments;
use super::duration;
use crate::config::{Codec, Encoding, ExportConfig, FileMode, Format, Output, Partition, Profile, RowGroupSize};

#[derive(Debug, Args)]
pub struct Destination {
    /// File to write, DIR/ for a folder of files, or - for standard output. It appears when it is whole, and a folder is
    /// replaced as a whole
    #[arg(short, long, value_name = "PATH", env = "LINQ_EXPORT_OUTPUT")]
    output: PathBuf,
    /// Contacts of each file of a folder, at most [default: 1000000]
    #[arg(long, value_name = "N", env = "LINQ_EXPORT_ROWS_PER_FILE")]
    rows_per_file: Option<NonZeroU64>,
    /// Replace DIR/KEY=VALUE/ alone, such as run_date=2026-01-31, and leave the rest of DIR
    #[arg(long, value_name = "KEY=VALUE", env = "LINQ_EXPORT_PARTITION")]
    partition: Option<Partition>,
    /// The file's mode in octal, such as 640; its owner must be able to read it [default: as before, if that file is this
    /// user's; a new one is its owner's alone]
    #[arg(long, value_name = "MODE", env = "LINQ_EXPORT_MODE")]
    mode: Option<FileMode>,
    /// Wait so long for another run that has the file, such as 10m [default: exit with 75 at once]
    #[arg(long, value_name = "TIME", value_parser = duration, env = "LINQ_EXPORT_WAIT_LOCK")]
    wait_lock: Option<Duration>,
    /// Where the manifest goes when the output is standard output or a device (- is standard output); a file's stands
    /// beside it, a folder's in it
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_MANIFEST")]
    manifest: Option<PathBuf>,
    #[command(flatten)]
    kind: Kind,
}

#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "The kind of file")]
struct Kind {
    /// parquet, ndjson or csv [default: from the file's ending: .parquet, .ndjson, .jsonl, .csv; parquet in a folder]
    #[arg(long, value_name = "FORMAT", env = "LINQ_EXPORT_FORMAT")]
    format: Option<Format>,
    /// zstd, snappy, gzip, lz4 or none; NDJSON and CSV: gzip, zstd or none [default: zstd for Parquet, the others by .gz
    /// or .zst at the name's end]
    #[arg(long, value_name = "CODEC", env = "LINQ_EXPORT_COMPRESSION")]
    compression: Option<Codec>,
    /// How hard to compress: gzip 1 to 9, zstd 1 to 22 [default: gzip 6, zstd 3; in Parquet zstd 1 or 3, as suits a column]
    #[arg(long, value_name = "N", env = "LINQ_EXPORT_COMPRESSION_LEVEL")]
    compression_level: Option<u8>,
    /// Compressed bytes of a Parquet row group, about [default: 18MiB]
    #[arg(long, value_name = "SIZE", env = "LINQ_EXPORT_ROW_GROUP_SIZE")]
    row_group_size: Option<RowGroupSize>,
    /// portable, or compact: Parquet with delta encodings, smaller, for readers that know them [default: portable]
    #[arg(long, value_name = "PROFILE", env = "LINQ_EXPORT_PARQUET_PROFILE")]
    parquet_profile: Option<Profile>,
}

impl Destination {
    /// Where the output goes.
    pub fn output(&self) -> Output {
        Output::named(self.output.clone(), self.partition.clone())
    }

    /// Where the manifest is to go, if that was said.
    pub fn manifest(&self) -> Option<&Path> {
        self.manifest.as_deref()
    }

    /// What kind of file it is, by its name and the options.
    pub fn encoding(&self) -> Result<Encoding, String> {
        let Kind { format, compression, compression_level, row_group_size, parquet_profile } = self.kind;
        let output = self.output();
        self.check_folder(&output)?;
        self.check_mode(&output)?;
        // The name of a directory without a trailing slash tells no format, and is refused later.
        let path = output.file().filter(|path| !path.is_dir());
        let format = if output == Output::Stdout {
            Some(format.ok_or("standard output has no ending: say --format ndjson, --format csv or --format parquet")?)
        } else {
            format.or(path.is_none().then_some(Format::Parquet))
        };
        let chosen = Encoding::chosen(path, format, compression, compression_level);
        let mut encoding = chosen.map_err(|error| error.to_string())?;
        if encoding.format != Format::Parquet {
            let named = row_group_size.map(|_| "--row-group-size").or(parquet_profile.map(|_| "--parquet-profile"));
            if let Some(named) = named {
                return Err(format!("{named} is for Parquet, and this is {}", encoding.format));
            }
        }
        encoding.row_group = row_group_size.unwrap_or(encoding.row_group);
        encoding.profile = parquet_profile.unwrap_or(encoding.profile);
        let is_text = encoding.ending() == encoding.format.ending() && encoding.format != Format::Parquet;
        if output == Output::Stdout && !is_text && std::io::stdout().is_terminal() {
            return Err(format!(
                "{} is no text for a terminal: redirect it, or say --format ndjson",
                encoding.ending()
            ));
        }
        Ok(encoding)
    }

    /// Refuses what only a folder can have, where there is none.
    fn check_folder(&self, output: &Output) -> Result<(), String> {
        if output.is_directory() {
            return Ok(());
        }
        let named = match (self.rows_per_file, &self.partition) {
            (None, None) => return Ok(()),
            (Some(_), _) => "--rows-per-file",
            (None, Some(_)) => "--partition",
        };
        Err(format!(
            "{named} is for a folder, and {output} is none: end the name of a folder with a slash, as in -o out/"
        ))
    }

    /// Refuses a mode for what is not created here. Its variable may stand for other runs.
    fn check_mode(&self, output: &Output) -> Result<(), String> {
        if self.mode.is_some() && *output == Output::Stdout && Arguments::of_process().has("mode", None) {
            return Err("--mode is for files that the program creates, and -o - writes to standard output".to_owned());
        }
        Ok(())
    }

    /// Sets what else is said here.
    pub fn apply(&self, config: &mut ExportConfig) {
        config.mode = self.mode;
        config.wait_lock = self.wait_lock;
        config.manifest.clone_from(&self.manifest);
        if let Some(rows) = self.rows_per_file {
            config.rows_per_file = rows;
        }
    }
}
