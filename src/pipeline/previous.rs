//! The export before: the one that a run replaces, or another that it is told. Checked before the first request.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::changes::{ChangesError, shown_source};
use crate::config::ExportConfig;
use crate::dataset::Table;
use crate::destination::partitions;
use crate::error::Error;
use crate::events::{Event, PreviousExport, Reporter};
use crate::manifest::{self, ExportRecord, Manifest, source_of};
use crate::naming::DirectoryNames;
use crate::proof::{Compared, Seen};
use crate::resource::ID;
use crate::verify::{AnyManifest, VerifyError, verify_bytes};

/// An export that matches its manifest.
#[derive(Debug)]
pub(super) struct Previous {
    path: PathBuf,
    table: Table,
    is_raw: bool,
    /// What manifests say of it.
    pub record: ExportRecord,
}

/// Finds the export before, if there is one. If it was not named, one that cannot be used is only reported.
pub(super) fn find(config: &ExportConfig, reporter: &dyn Reporter) -> Result<Option<Previous>, Error> {
    if let Some(path) = &config.previous {
        return Ok(Some(Previous::open(path, config)?));
    }
    // A run that stops at a limit says nothing about the contacts beyond it.
    let Some(path) = replaced(config).filter(|_| config.contacts.limit.is_none()) else { return Ok(None) };
    Ok(Previous::open(&path, config)
        .map_err(|error| reporter.report(&Event::NotCompared { cause: error.to_string() }))
        .ok())
}

/// The export that a run replaces, if it has a manifest; for a partition, the newest sibling of the same organization.
fn replaced(config: &ExportConfig) -> Option<PathBuf> {
    let target = config.output.target()?;
    let Some(partition) = config.output.partition() else {
        return config.output.manifest_path()?.exists().then_some(target);
    };
    let directory = config.output.path()?;
    let others = partitions(directory).unwrap_or_default().into_iter().filter(|other| other != partition);
    // Partitions may belong to different organizations.
    let source = source_of(config);
    let watermark = |path: &PathBuf| -> Option<DateTime<Utc>> {
        let text = manifest::read_file(&path.join(DirectoryNames::MANIFEST)).ok()?;
        let manifest = Manifest::read(&text).ok().filter(|manifest| manifest.source == source)?;
        manifest.completeness.watermark.parse().ok()
    };
    let dated =
        others.map(|other| directory.join(other.to_string())).filter_map(|path| Some((watermark(&path)?, path)));
    dated.max().map(|(_, path)| path)
}

impl Previous {
    fn open(path: &Path, config: &ExportConfig) -> Result<Self, ChangesError> {
        // Held before the check, so that what is read later is what was checked.
        let table = Table::hold(path);
        let (_, described) = verify_bytes(path)?;
        let table = table?;
        table.check()?;
        let AnyManifest::Contacts(manifest) = described.manifest else {
            return Err(ChangesError::NotContacts(path.to_owned()));
        };
        let (before, now) = (&manifest.source.base_url, source_of(config).base_url);
        if *before != now {
            let [url, other_url] = [before, &now].map(|url| shown_source(url));
            return Err(ChangesError::OtherSource { path: path.to_owned(), url, other_url });
        }
        let is_raw = manifest.options.raw;
        if !is_raw && !manifest.schema.columns.iter().any(|column| column.name == ID) {
            return Err(VerifyError::Schema { path: path.to_owned(), reason: "it has no ids".to_owned() }.into());
        }
        let record = ExportRecord::of(&manifest, described.sha256);
        Ok(Self { path: path.to_owned(), table, is_raw, record })
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
