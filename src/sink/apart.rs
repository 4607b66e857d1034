//! Whether all that a run leaves has a place of its own: the output, what belongs to it, the kit, and the records.
//!
//! Nothing is opened or made: names come in, links in them are followed, and the first that is taken comes out.

use std::fs;
use std::path::{Path, PathBuf};

use super::{FolderNames, Names, SinkError};
use crate::config::{OutFile, Output};
use crate::draft::folder;

/// Behind it may be a file, which is the output then.
const STDOUT: &str = "/dev/stdout";

/// Refuses records of a run that would stand in each other's place, in that of its output, of the output's lock or
/// owners, or of the manifest, which stands beside the output or at `manifest`; or in a folder that is replaced as a
/// whole, which the kit is, too. The kit in its turn is neither one of these, nor holds one. Links are followed.
///
/// # Errors
/// The kit, or the first record, whose place is taken.
pub fn check_apart(
    records: &[&Path],
    output: &Output,
    manifest: Option<&Path>,
    kit: Option<&Path>,
) -> Result<(), SinkError> {
    let mut taken = taken_by(output);
    taken.extend(manifest.into_iter().flat_map(places).map(|place| (place, "the manifest")));
    let mut folders = Vec::new();
    if let (Output::Folder { .. }, Some(target)) = (output, output.target()) {
        folders.extend(places(&target).map(|place| (place, "the output")));
    }
    if let Some(kit) = kit {
        let places = places(kit);
        let shares = |(place, _): &&(PathBuf, &'static str)| {
            places.iter().any(|kit| kit.starts_with(place) || place.starts_with(kit))
        };
        if let Some((_, taken_by)) = taken.iter().find(shares) {
            return Err(SinkError::KitNotApart { folder: kit.to_owned(), taken_by });
        }
        folders.extend(places.map(|place| (place, "the kit")));
        taken.extend(FolderNames::of(kit).ok().map(|names| (place(&names.lock), "the kit's lock")));
    }
    for record in records {
        let places = places(record);
        let within = folders.iter().find(|(folder, _)| places.iter().any(|place| place.starts_with(folder)));
        let taken_by = taken.iter().find(|(place, _)| places.contains(place)).or(within);
        if let Some((_, taken_by)) = taken_by {
            return Err(SinkError::SamePlace { path: record.to_path_buf(), taken_by });
        }
        taken.extend(places.map(|place| (place, "another record")));
    }
    Ok(())
}

/// The places that an output takes, each with what stands there.
fn taken_by(output: &Output) -> Vec<(PathBuf, &'static str)> {
    let path = &output.target().unwrap_or_else(|| STDOUT.into());
    let mut taken: Vec<_> = places(path).map(|place| (place, "the output")).into();
    let mut take = |paths: &[PathBuf], what| {
        taken.extend(paths.iter().flat_map(|path| places(path)).map(|place| (place, what)));
    };
    if let Ok(Names { target, called, manifest, staged, lock, owners_staged, .. }) = Names::of(path) {
        take(&[lock], "the output's lock");
        if !matches!(output, Output::Folder { .. }) {
            take(&[manifest, staged], "the manifest");
            for owners in OutFile::owners_of(&target.with_file_name(called)) {
                take(&Names::of(&owners).map_or_else(|_| Vec::new(), |names| vec![names.lock]), "the owners' lock");
                take(&[owners], "the owners");
            }
            take(&[owners_staged], "the owners");
        }
    }
    taken
}

/// Where a name stands, and where the file is that it leads to: the same place, unless it is a link.
fn places(path: &Path) -> [PathBuf; 2] {
    let behind = || Names::of(path).map_or_else(|_| path.to_owned(), |names| place(&names.target));
    [place(path), fs::canonicalize(path).unwrap_or_else(|_| behind())]
}

/// A name in its folder, which has no links above it then. What is not there yet has none.
fn place(path: &Path) -> PathBuf {
    let Some(name) = path.file_name() else { return path.to_owned() };
    let folder = std::path::absolute(folder(path)).unwrap_or_else(|_| folder(path).to_owned());
    let real = folder.ancestors().find_map(|there| {
        let real = fs::canonicalize(there).ok()?;
        folder.strip_prefix(there).ok().map(|rest| real.join(rest))
    });
    real.unwrap_or(folder).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stay_clear_of_all_that_an_output_takes() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir(at("out")).unwrap();
        let refused = |record: &str, output: &Output| check_apart(&[&at(record)], output, None, None).is_err();
        let file = Output::File(at("c.parquet"));
        for record in ["c.parquet", "c.parquet.manifest.json", ".c.parquet.lock", "c.owners.parquet", "c.owners.csv.gz"]
        {
            assert!(refused(record, &file), "{record}");
        }
        let folder = Output::Folder { path: at("out/"), partition: None };
        for record in ["out", "out/report.json", "out/_owners/report.json", ".out.lock"] {
            assert!(refused(record, &folder), "{record}");
        }
        let partition = Output::Folder { path: at("out/"), partition: Some("day=1".parse().unwrap()) };
        for record in ["out/day=1/report.json", "out/.day=1.lock"] {
            assert!(refused(record, &partition), "{record}");
        }
        for (record, output) in [("report.json", &file), ("out.json", &folder), ("out/report.json", &partition)] {
            assert!(!refused(record, output), "{record}");
        }
    }

    #[test]
    fn a_kit_has_a_folder_of_its_own() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir_all(at("real/within")).unwrap();
        let refused = |kit: &str, output: &Output| check_apart(&[], output, None, Some(&at(kit))).is_err();
        let file = Output::File(at("real/c.parquet"));
        for kit in [
            "real",
            "real/",
            "real/c.parquet",
            "real/c.parquet/kit",
            "real/c.parquet.manifest.json",
            "real/.c.parquet.manifest.staged",
            "real/.c.parquet.lock",
            "real/c.owners.parquet",
            "real/.c.owners.csv.lock",
            "real/.c.parquet.owners.staged",
        ] {
            assert!(refused(kit, &file), "{kit}");
        }
        let folder = Output::Folder { path: at("out/"), partition: Some("day=1".parse().unwrap()) };
        for kit in ["out", "out/day=1", "out/day=1/kit", "out/.day=1.lock"] {
            assert!(refused(kit, &folder), "{kit}");
        }
        for (kit, output) in [("real/kit", &file), ("real/within", &file), ("outer", &folder), ("out/day=2", &folder)] {
            assert!(!refused(kit, output), "{kit}");
        }
        assert!(check_apart(&[], &file, Some(&at("kit/manifest.json")), Some(&at("kit"))).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_kit_is_where_its_links_lead() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir_all(at("real/kit")).unwrap();
        for (link, to) in [("link", "real"), ("kit", "real/kit"), ("nowhere", "real/later")] {
            std::os::unix::fs::symlink(to, at(link)).unwrap();
        }
        for (kit, output) in [("link", "real/c.csv"), ("kit", "link/kit/c.csv"), ("nowhere", "real/later")] {
            assert!(check_apart(&[], &Output::File(at(output)), None, Some(&at(kit))).is_err(), "{kit}");
        }
        assert!(check_apart(&[], &Output::File(at("c.csv")), None, Some(&at("kit"))).is_ok());
    }

    #[test]
    fn no_record_stands_in_the_kit() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let output = Output::File(at("c.csv"));
        let refused = |record: &str| {
            check_apart(&[&at(record)], &output, None, Some(&at("kit"))).map_err(|error| error.to_string())
        };
        for (record, taken_by) in
            [("kit", "the kit stands"), ("kit/report.json", "the kit stands"), (".kit.lock", "lock")]
        {
            assert!(refused(record).unwrap_err().contains(taken_by), "{record}");
        }
        assert!(refused("kit.json").is_ok());
    }
}
