//! The export before: the one that a run replaces, or another that it is told. Checked before the first request.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use crate::changes::{ChangesError, Checked, Side, shown_source};
use crate::config::{ExportConfig, PreviousToken};
use crate::dataset::Table;
use crate::destination::partitions;
use crate::error::Error;
use crate::events::{Event, PreviousExport, Reporter};
use crate::manifest::{self, ExportRecord, Manifest, SourceRecord, source_of};
use crate::naming::DirectoryNames;
use crate::proof::{Compared, Seen};
use crate::resource::ID;
use crate::storage;
use crate::verify::VerifyError;

/// An export that matches its manifest.
#[derive(Debug)]
pub(super) struct Previous {
    path: PathBuf,
    table: Table,
    is_raw: bool,
    /// What manifests say of it.
    pub record: ExportRecord,
    /// The same for a comparison, if the run writes changes.
    pub side: Option<Side>,
}

/// Finds the export before, if there is one. If it was not named, and the run writes no changes, one that cannot be used is
/// only reported.
pub(super) fn find(config: &ExportConfig, reporter: &dyn Reporter) -> Result<Option<Previous>, Error> {
    // A run that stops at a limit says nothing about the contacts beyond it.
    let replaced = || replaced(config).filter(|_| config.contacts.limit.is_none());
    let Some(path) = config.previous.clone().or_else(replaced) else { return Ok(None) };
    match Previous::open(&path, config) {
        Err(error) if config.previous.is_none() && config.changes.is_none() => {
            reporter.report(&Event::NotCompared { cause: error.to_string() });
            Ok(None)
        }
        opened => Ok(Some(opened?)),
    }
}

/// The export that a run replaces, if it has a manifest; for a partition, the newest sibling of the same organization.
fn replaced(config: &ExportConfig) -> Option<PathBuf> {
    let target = config.output.target()?;
    let Some(partition) = config.output.partition() else {
        // Changes are a chain, which must not begin again because a manifest was lost.
        let is_there =
            storage::is_file(&config.output.manifest_path()?) || config.changes.is_some() && !is_empty(&target);
        return is_there.then_some(target);
    };
    let directory = config.output.path()?;
    let others = partitions(directory).unwrap_or_default().into_iter().filter(|other| other != partition);
    // Partitions may belong to different organizations.
    let source = source_of(config);
    // The watermark may be a server's, which shows whole seconds.
    let finished = |path: &PathBuf| -> Option<DateTime<Utc>> {
        let text = manifest::read_file(&path.join(DirectoryNames::MANIFEST)).ok()?;
        let may_differ = config.previous_token == PreviousToken::MayDiffer;
        let is_ours = |found: &SourceRecord| *found == source || may_differ && found.base_url == source.base_url;
        let manifest = Manifest::read(&text).ok().filter(|manifest| is_ours(&manifest.source))?;
        manifest.times.finished_at.parse().ok().filter(|finished| !is_in_the_future(*finished))
    };
    let dated = others.map(|other| directory.join(other.to_string())).filter_map(|path| Some((finished(&path)?, path)));
    dated.max().map(|(_, path)| path)
}

/// Whether there is no file or directory, or nothing in it.
fn is_empty(target: &Path) -> bool {
    match std::fs::read_dir(target) {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => std::fs::metadata(target).map_or(true, |found| found.len() == 0),
    }
}

/// Whether an instant is later than now, because a clock was wrong. A server's clock shows whole seconds.
fn is_in_the_future(instant: DateTime<Utc>) -> bool {
    instant > Utc::now() + TimeDelta::seconds(1)
}

impl Previous {
    fn open(path: &Path, config: &ExportConfig) -> Result<Self, ChangesError> {
        let is_own = config.output.target().is_some_and(|target| target == path);
        let Checked { table, manifest, sha256, level, .. } = Checked::open(path, is_own)?;
        let source = source_of(config);
        let (before, now) = (&manifest.source.base_url, source.base_url);
        if *before != now {
            let [url, other_url] = [before, &now].map(|url| shown_source(url));
            return Err(ChangesError::OtherSource { path: path.to_owned(), url, other_url });
        }
        if manifest.source.organization != source.organization && config.previous_token == PreviousToken::Same {
            return Err(ChangesError::OtherToken(path.to_owned()));
        }
        let is_newer = manifest.completeness.watermark.parse().is_ok_and(is_in_the_future);
        if is_newer && config.changes.is_some() {
            return Err(ChangesError::Newer(path.to_owned()));
        }
        let is_raw = manifest.options.raw;
        if !is_raw && !manifest.schema.columns.iter().any(|column| column.name == ID) {
            return Err(VerifyError::Schema { path: path.to_owned(), reason: "it has no ids".to_owned() }.into());
        }
        let record = ExportRecord::of(&manifest, sha256.clone());
        let side =
            if config.changes.is_some() { Some(Side::of(path, table.clone(), manifest, sha256, level)?) } else { None };
        Ok(Self { path: path.to_owned(), table, is_raw, record, side })
    }

    /// What reports say of it.
    pub fn described(self) -> PreviousExport {
        let ExportRecord { sha256_of_manifest, level, watermark, finished_at, rows } = self.record;
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned());
        PreviousExport { name, manifest_sha256: sha256_of_manifest, level, watermark, finished_at, contacts: rows }
    }

    /// Compares its contacts with those that the pages showed.
    pub fn compare(&self, seen: &Seen) -> Result<Compared, ChangesError> {
        let mut compared = Compared::default();
        let mut rows = 0;
        self.table.each_id(self.is_raw, |ids| {
            rows += ids.len() as u64;
            compared.add(ids, seen);
        })?;
        if rows != self.record.rows {
            return Err(VerifyError::Rows { path: self.path.clone(), found: rows, due: self.record.rows }.into());
        }
        Ok(compared)
    }
}
