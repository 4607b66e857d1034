//! Where an export goes, and in which format: the options and the configuration they make.

use std::io::IsTerminal;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::arguments::Arguments;
use super::values::{duration, one_of, positive};
use crate::config::{
    ChangesConfig, Codec, Encoding, ExportConfig, FileMode, Format, Output, Partition, Profile, RowGroupSize,
    StoreLock, TableName, defaults,
};

/// The shortest lease of a lock.
const MIN_LEASE: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct Destination {
    /// Output file, DIR/ for part files, s3://, gs:// or az:// URL, or - for stdout
    ///
    /// The output is written atomically: a file appears once it is complete, and the contents of a directory are replaced
    /// in one step. An object in a store, such as `s3://bucket/contacts.parquet`, is replaced when it is complete; credentials come
    /// from the variables of the cloud.
    #[arg(short, long, value_name = "PATH", env = "LINQ_EXPORT_OUTPUT", required = true)]
    output: Option<PathBuf>,
    /// Write only the partition DIR/KEY=VALUE/
    ///
    /// For example run_date=2026-01-31. Other partitions stay untouched.
    #[arg(long, value_name = "KEY=VALUE", env = "LINQ_EXPORT_PARTITION")]
    partition: Option<Partition>,
    /// Manifest path when writing to stdout or a device (- for stdout)
    ///
    /// Otherwise the manifest is written next to the output file, or inside the output directory, and the environment
    /// variable is ignored.
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_MANIFEST", hide_short_help = true)]
    manifest: Option<PathBuf>,
    /// Add a digest of the contents to the manifest, which SQL can recompute from the loaded table
    #[arg(long, env = "LINQ_EXPORT_DIGEST", value_parser = BoolishValueParser::new(), hide_short_help = true)]
    digest: bool,
    /// Also write what changed since the previous export: a file, or DIR/ for one more file each time
    ///
    /// Inserted, updated and deleted contacts, like those of the command changes. They are published before the contacts. In DIR/,
    /// which is created if needed, a file has the format of the export, and is named after the export that it follows.
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_CHANGES", hide_short_help = true)]
    changes: Option<PathBuf>,
    /// Write a kit of the changes to DIR: SQL and commands to apply them to a table, and to keep its history
    ///
    /// Needs --changes. DIR is created if needed. An existing DIR must be empty or hold an earlier kit of changes, which is
    /// replaced.
    #[arg(long, value_name = "DIR", env = "LINQ_EXPORT_CHANGES_KIT", hide_short_help = true)]
    changes_kit: Option<PathBuf>,
    /// Write a loading kit to DIR: schemas, SQL and commands to load this export into a warehouse
    ///
    /// DIR is created if needed. An existing DIR must be empty or hold an earlier kit, which is replaced.
    #[arg(long, value_name = "DIR", env = "LINQ_EXPORT_KIT", hide_short_help = true)]
    kit: Option<PathBuf>,
    /// Table that the kit loads the contacts into: TABLE or SCHEMA.TABLE [default: contacts]
    ///
    /// Needs --kit. In BigQuery, SCHEMA is the dataset. Owners go into a table next to it: crm.owners for crm.contacts.
    #[arg(long, value_name = "NAME", env = "LINQ_EXPORT_KIT_TABLE", hide_short_help = true)]
    kit_table: Option<TableName>,
    /// Let the kit delete rows that are missing from the export, if its completeness proves that they were deleted
    ///
    /// Needs --kit. Below the level complete, the statements stay commented out.
    #[arg(long, env = "LINQ_EXPORT_KIT_DELETES", value_parser = BoolishValueParser::new(), hide_short_help = true)]
    kit_deletes: bool,
    #[command(flatten)]
    files: Files,
}

/// The files of any output.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct Files {
    #[arg(
        long,
        value_name = "N",
        value_parser = positive::<NonZeroU64>,
        env = "LINQ_EXPORT_ROWS_PER_FILE",
        help = format!("Maximum contacts per part file [default: {}]", defaults::ROWS_PER_FILE),
        hide_short_help = true
    )]
    rows_per_file: Option<NonZeroU64>,
    /// File permissions in octal, such as 640 [default: keep existing; 600 for new files]
    ///
    /// The owner must be able to read the file. Existing permissions are kept only if the file belongs to this user.
    #[arg(long, value_name = "MODE", env = "LINQ_EXPORT_MODE", hide_short_help = true)]
    mode: Option<FileMode>,
    /// Wait up to this long, such as 10m, if another run holds the lock [default: exit with 75 at once]
    #[arg(long, value_name = "TIME", value_parser = duration, env = "LINQ_EXPORT_LOCK_TIMEOUT", hide_short_help = true)]
    lock_timeout: Option<Duration>,
    #[arg(
        long,
        value_name = "TIME",
        value_parser = duration,
        env = "LINQ_EXPORT_LOCK_LEASE",
        help = format!(
            "How long the lock in an object store holds if its run is killed [default: {}s]",
            defaults::LOCK_LEASE.as_secs()
        ),
        hide_short_help = true
    )]
    lock_lease: Option<Duration>,
    /// Do not lock an output in an object store: for stores without conditional writes
    ///
    /// Whoever runs the export must then prevent concurrent runs.
    #[arg(
        long,
        env = "LINQ_EXPORT_NO_LOCK",
        value_parser = BoolishValueParser::new(),
        hide_short_help = true
    )]
    no_lock: bool,
    #[command(flatten)]
    kind: Kind,
}

#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Format")]
struct Kind {
    /// parquet, ndjson or csv [default: by extension]
    #[arg(
        long,
        value_name = "FORMAT",
        value_parser = one_of(&Format::ALL),
        env = "LINQ_EXPORT_FORMAT",
        long_help = "File format [default: by extension: .parquet, .ndjson, .jsonl or .csv; parquet for DIR/]"
    )]
    format: Option<Format>,
    /// zstd, snappy, gzip, lz4 or none
    #[arg(
        long,
        value_name = "CODEC",
        value_parser = one_of(&Codec::ALL),
        env = "LINQ_EXPORT_COMPRESSION",
        long_help = "Compression codec; NDJSON and CSV support gzip, zstd and none [default: zstd for Parquet; for the others \
                     by extension: .gz or .zst]"
    )]
    compression: Option<Codec>,
    /// Compression level: gzip 1 to 9, zstd 1 to 22
    ///
    /// [default: gzip 6, zstd 3; for Parquet, zstd 1 or 3, chosen per column]
    #[arg(long, value_name = "N", env = "LINQ_EXPORT_COMPRESSION_LEVEL", hide_short_help = true)]
    compression_level: Option<u8>,
    #[arg(
        long,
        value_name = "SIZE",
        env = "LINQ_EXPORT_ROW_GROUP_SIZE",
        help = format!("Target compressed size of a Parquet row group [default: {}]", RowGroupSize::DEFAULT),
        hide_short_help = true
    )]
    row_group_size: Option<RowGroupSize>,
    /// Parquet encodings: portable, or compact with delta encodings for readers that support them [default: portable]
    #[arg(
        long,
        value_name = "PROFILE",
        value_parser = one_of(&Profile::ALL),
        env = "LINQ_EXPORT_PARQUET_PROFILE",
        hide_short_help = true
    )]
    parquet_profile: Option<Profile>,
}

impl Destination {
    /// Where the output goes.
    pub fn output(&self) -> Output {
        let named = |path: &PathBuf| Output::named(path.clone(), self.partition.clone());
        self.output.as_ref().map_or(Output::Stdout, named)
    }

    /// The requested manifest path. A variable may be meant for other runs, so it only counts where a manifest has no
    /// place of its own.
    pub fn manifest(&self) -> Option<&Path> {
        let is_needed = || match self.output() {
            Output::Stdout => true,
            Output::File(path) => std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()),
            _ => false,
        };
        self.manifest.as_deref().filter(|_| Arguments::of_process().has("manifest", None) || is_needed())
    }

    /// The directory of the loading kit.
    pub fn kit(&self) -> Option<&Path> {
        self.kit.as_deref()
    }

    /// Refuses a digest that no file would hold.
    pub fn check_digest(&self, has_report: bool) -> Result<(), String> {
        if self.digest && self.output() == Output::Stdout && self.manifest().is_none() && !has_report {
            return Err("--digest goes into the manifest, and -o - has none: use --manifest".to_owned());
        }
        Ok(())
    }

    /// The encoding, from the output's name and the options.
    pub fn encoding(&self) -> Result<Encoding, String> {
        if self.output.is_none() {
            // Only a check has no output.
            return Ok(Encoding::new(self.files.kind.format.unwrap_or(Format::Ndjson)));
        }
        self.files.encoding(&self.output(), self.partition.as_ref())
    }

    /// The file or directory of the changes.
    pub fn changes(&self) -> Option<&Path> {
        self.changes.as_deref()
    }

    /// Applies the other options.
    pub fn apply(&self, config: &mut ExportConfig) {
        config.mode = self.files.mode;
        config.lock_timeout = self.files.lock_timeout;
        config.store_lock = self.files.store_lock();
        config.manifest = self.manifest().map(Path::to_owned);
        config.digest = self.digest;
        config.kit.clone_from(&self.kit);
        config.kit_table = self.kit_table.clone().unwrap_or_default();
        config.kit_deletes = self.kit_deletes;
        config.changes_kit.clone_from(&self.changes_kit);
        config.changes = self.changes.clone().map(|path| Output::named(path, None));
        if let Some(rows) = self.files.rows_per_file {
            config.rows_per_file = rows;
        }
    }
}

impl Files {
    /// The encoding, from the output's name and the options.
    fn encoding(&self, output: &Output, partition: Option<&Partition>) -> Result<Encoding, String> {
        let Kind { format, compression, compression_level, row_group_size, parquet_profile } = self.kind;
        self.check_directory(output, partition)?;
        self.check_mode(output)?;
        self.check_lock(output)?;
        // The name of a directory without a trailing slash tells no format, and is refused later.
        let path = output.file().filter(|path| !path.is_dir());
        let format = if *output == Output::Stdout {
            Some(format.ok_or("-o - needs a format: use --format ndjson, csv or parquet")?)
        } else {
            format.or(path.is_none().then_some(Format::DEFAULT))
        };
        let chosen = Encoding::chosen(path, format, compression, compression_level);
        let mut encoding = chosen.map_err(|error| error.to_string())?;
        if !encoding.format.has_row_groups() {
            let named = row_group_size.map(|_| "--row-group-size").or(parquet_profile.map(|_| "--parquet-profile"));
            if let Some(named) = named {
                return Err(format!("{named} is for Parquet only, and the output is {}", encoding.format));
            }
        }
        encoding.row_group = row_group_size.unwrap_or(encoding.row_group);
        encoding.profile = parquet_profile.unwrap_or(encoding.profile);
        if *output == Output::Stdout && !encoding.is_plain_text() && std::io::stdout().is_terminal() {
            let kind = if encoding.format.is_text() { "compressed data" } else { encoding.format.title() };
            return Err(format!("refusing to write {kind} to a terminal: redirect it or use --format ndjson"));
        }
        Ok(encoding)
    }

    /// Refuses options that only apply to directories.
    fn check_directory(&self, output: &Output, partition: Option<&Partition>) -> Result<(), String> {
        if output.is_directory() {
            return Ok(());
        }
        let named = match (self.rows_per_file, partition) {
            (None, None) => return Ok(()),
            (Some(_), _) => "--rows-per-file",
            (None, Some(_)) => "--partition",
        };
        Err(format!("{named} needs a directory as output: add a trailing slash, as in -o out/"))
    }

    /// Refuses a mode for stdout and for objects. Its variable may be meant for other runs.
    fn check_mode(&self, output: &Output) -> Result<(), String> {
        let has_no_mode = *output == Output::Stdout || output.is_object();
        if self.mode.is_some() && has_no_mode && Arguments::of_process().has("mode", None) {
            let output = if output.is_object() { "a URL" } else { "-o -" };
            return Err(format!("--mode cannot be used with {output}: it sets the permissions of files"));
        }
        Ok(())
    }

    /// Refuses options that only apply to objects in a store. Their variables may be meant for other runs.
    fn check_lock(&self, output: &Output) -> Result<(), String> {
        let given = |name: &str| Arguments::of_process().has(name, None);
        match (self.no_lock, self.lock_lease) {
            (true, _) if given("no-lock") && !output.is_object() => {
                Err("--no-lock is for outputs in an object store only".to_owned())
            }
            (_, Some(_)) if given("lock-lease") && !output.is_object() => {
                Err("--lock-lease is for outputs in an object store only".to_owned())
            }
            (true, Some(_)) if given("no-lock") && given("lock-lease") => {
                Err("--no-lock and --lock-lease are mutually exclusive".to_owned())
            }
            (_, Some(lease)) if lease < MIN_LEASE => Err(format!(
                "--lock-lease must be at least {}s: the lock is renewed three times in it",
                MIN_LEASE.as_secs()
            )),
            _ => Ok(()),
        }
    }

    fn store_lock(&self) -> StoreLock {
        if self.no_lock { StoreLock::Off } else { StoreLock::Lease(self.lock_lease.unwrap_or(defaults::LOCK_LEASE)) }
    }

    /// The configuration for changes.
    pub fn config(&self, output: Output, partition: Option<&Partition>) -> Result<ChangesConfig, String> {
        let encoding = self.encoding(&output, partition)?;
        let mut config = ChangesConfig::new(output, encoding.format);
        config.encoding = encoding;
        config.mode = self.mode;
        config.lock_timeout = self.lock_timeout;
        config.store_lock = self.store_lock();
        config.rows_per_file = self.rows_per_file.unwrap_or(config.rows_per_file);
        Ok(config)
    }
}
