//! Conflicts between the paths of a run: the inputs, the output and what belongs to it, the kit, and the records.
//!
//! Only names and metadata are read, following symbolic links; nothing is opened or created.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::DestinationError;
use super::write_method::{is_own_stream, resolved};
use crate::config::{OutFile, Output, Partition};
use crate::naming::{DirectoryNames, FileNames};
use crate::platform;

/// May be redirected to a file.
const STDOUT: &str = "/dev/stdout";

/// All paths that a run reads and writes, as given.
#[derive(Debug, Clone, Copy)]
pub struct RunPaths<'p> {
    /// The output.
    pub output: &'p Output,
    /// The manifest, if it is not next to the output.
    pub manifest: Option<&'p Path>,
    /// The directory of the kit.
    pub kit: Option<&'p Path>,
    /// The report and the metrics; `-` is stdout.
    pub records: &'p [&'p Path],
    /// Files that are read, each with a description such as "the token file".
    pub inputs: &'p [(&'p Path, &'static str)],
}

/// Refuses records, including the manifest, that would overwrite each other, an input, the output, its lock, owners or
/// manifest, or that are in a directory which is replaced as a whole. Refuses a kit that overlaps with any of these,
/// and an output that would replace an input, or be in one. Symbolic links are followed, and existing files are
/// compared by identity, so that hard links count as well.
///
/// # Errors
/// The first record with a conflict; else the kit, or the input that would be replaced.
pub fn check_apart(paths: &RunPaths<'_>) -> Result<(), DestinationError> {
    let output = files_of(paths.output);
    let inputs: Vec<_> = paths.inputs.iter().filter_map(|(path, what)| Some((*path, input(path, what)?))).collect();
    let mut used: Vec<_> = output.iter().cloned().chain(inputs.iter().map(|(_, used)| used.clone())).collect();
    let target = paths.output.target().filter(|_| paths.output.is_directory());
    let replaced = target.map_or(Vec::new(), |target| aliases(&target).map(|path| (path, "the output")).to_vec());
    // Nothing belongs into a directory that is read.
    let read: Vec<_> =
        inputs.iter().filter(|(path, _)| path.is_dir()).flat_map(|(_, used)| used.directories()).collect();
    check_records(paths, &mut used, &[&replaced[..], &read].concat())?;
    if let Some(kit) = paths.kit {
        let aliases = aliases(kit);
        let overlaps = |path: &PathBuf| aliases.iter().any(|kit| kit.starts_with(path) || path.starts_with(kit));
        let as_file = Used::of(kit, "the kit");
        let conflicts =
            |used: &&Used| used.aliases.iter().any(overlaps) || as_file.as_ref().is_some_and(|kit| kit.is(used));
        if let Some(Used { what: taken_by, .. }) = used.iter().find(conflicts) {
            return Err(DestinationError::KitNotApart { directory: kit.to_owned(), taken_by });
        }
    }
    for (path, input) in inputs {
        let is_in = |used: &Used| path.is_dir() && used.within(&input.directories()).is_some();
        let over = output.iter().find(|used| used.is(&input) || is_in(used)).map(|used| used.what);
        if let Some(overwritten_by) = over.or_else(|| input.within(&replaced)) {
            return Err(DestinationError::OverInput { path: path.to_owned(), input: input.what, overwritten_by });
        }
    }
    Ok(())
}

/// Refuses records with a conflict, and adds their paths to those in use.
fn check_records(
    paths: &RunPaths<'_>,
    used: &mut Vec<Used>,
    replaced: &[(PathBuf, &'static str)],
) -> Result<(), DestinationError> {
    let mut directories = replaced.to_vec();
    let mut kit_lock = None;
    if let Some(kit) = paths.kit {
        directories.extend(aliases(kit).map(|path| (path, "the kit")));
        kit_lock = DirectoryNames::of(kit).ok().and_then(|names| Used::of(&names.lock, "the kit's lock"));
    }
    let manifest = paths.manifest.map(|manifest| (manifest, "the manifest"));
    let records = paths.records.iter().map(|record| (*record, "another record"));
    for (record, what) in manifest.into_iter().chain(records) {
        let path = if record == Path::new("-") { Path::new(STDOUT) } else { record };
        let Some(path) = Used::of(path, what) else { continue };
        let taken_by = used.iter().chain(&kit_lock).find(|used| used.is(&path)).map(|used| used.what);
        let taken_by = taken_by
            .or_else(|| path.within(&directories))
            .or_else(|| is_in_partition(&path, paths.output).then_some("a partition"));
        if let Some(taken_by) = taken_by {
            return Err(DestinationError::SamePlace { path: record.to_owned(), taken_by });
        }
        used.push(path);
    }
    Ok(())
}

/// A path in use.
#[derive(Debug, Clone)]
struct Used {
    aliases: [PathBuf; 2],
    identity: Option<(u64, u64)>,
    what: &'static str,
}

impl Used {
    /// Uses a path. Terminals and `/dev/null` do not count, because writers cannot overwrite each other there, unless they are
    /// a standard stream of this process.
    fn of(path: &Path, what: &'static str) -> Option<Self> {
        let found = fs::metadata(path).ok();
        let is_shareable = found.as_ref().is_some_and(platform::is_character_device) && !is_own_stream(path);
        let identity = found.as_ref().and_then(platform::identity);
        (!is_shareable).then(|| Self { aliases: aliases(path), identity, what })
    }

    /// Whether both are the same path, or the same file under two names.
    fn is(&self, other: &Self) -> bool {
        let is_same_file = self.identity.is_some() && self.identity == other.identity;
        is_same_file || self.aliases.iter().any(|path| other.aliases.contains(path))
    }

    /// Its paths, if it is a directory, with its description.
    fn directories(&self) -> [(PathBuf, &'static str); 2] {
        self.aliases.clone().map(|path| (path, self.what))
    }

    /// The description of the directory that contains it.
    fn within(&self, directories: &[(PathBuf, &'static str)]) -> Option<&'static str> {
        let contains = |directory: &PathBuf| self.aliases.iter().any(|path| path.starts_with(directory));
        directories.iter().find(|(directory, _)| contains(directory)).map(|(_, what)| *what)
    }
}

/// The path of an input. Pipes, terminals and the like cannot be overwritten.
fn input(path: &Path, what: &'static str) -> Option<Used> {
    let is_stored = fs::metadata(path).map_or(!is_own_stream(path), |found| found.is_file() || found.is_dir());
    is_stored.then(|| Used::of(path, what)).flatten()
}

/// Whether a path is in another partition of the output.
fn is_in_partition(path: &Used, output: &Output) -> bool {
    let (Some(parent), Some(_)) = (output.path(), output.partition()) else { return false };
    let is_partition = |path: &Path, parent: &Path| {
        let within = path.strip_prefix(parent).ok().and_then(|path| path.iter().next()?.to_str());
        within.is_some_and(|name| name.parse::<Partition>().is_ok())
    };
    let parents = aliases(parent);
    path.aliases.iter().any(|path| parents.iter().any(|parent| is_partition(path, parent)))
}

/// The paths that an output uses.
fn files_of(output: &Output) -> Vec<Used> {
    let target = output.target().or_else(|| (*output == Output::Stdout).then(|| STDOUT.into()));
    let Some(path) = target else { return Vec::new() };
    let mut files = vec![(path.clone(), "the output")];
    if let Ok(names) = FileNames::of(&path) {
        files.push((names.lock, "the output's lock"));
        if !output.is_directory() {
            files.extend([names.manifest, names.manifest_staged].map(|path| (path, "the manifest")));
            for owners in OutFile::owners_of(&names.target.with_file_name(names.called)) {
                files.extend(FileNames::of(&owners).map(|names| (names.lock, "the owners' lock")));
                files.push((owners, "the owners"));
            }
            files.push((names.owners_staged, "the owners"));
        }
    }
    files.iter().filter_map(|(path, what)| Used::of(path, what)).collect()
}

/// A path with its parents resolved, and the file it leads to, which differs if it is a symbolic link.
fn aliases(path: &Path) -> [PathBuf; 2] {
    let behind = || FileNames::of(path).map_or_else(|_| path.to_owned(), |names| resolved(&names.target));
    [resolved(path), fs::canonicalize(path).unwrap_or_else(|_| behind())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        records: &[&Path],
        output: &Output,
        manifest: Option<&Path>,
        kit: Option<&Path>,
    ) -> Result<(), DestinationError> {
        check_apart(&RunPaths { output, manifest, kit, records, inputs: &[] })
    }

    #[test]
    fn refuses_records_over_files_of_the_output() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir(at("out")).unwrap();
        let refused = |record: &str, output: &Output| check(&[&at(record)], output, None, None).is_err();
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
        for record in ["out/day=1/report.json", "out/.day=1.lock", "out/day=2/_manifest.json"] {
            assert!(refused(record, &partition), "{record}");
        }
        for (record, output) in [("report.json", &file), ("out.json", &folder), ("out/report.json", &partition)] {
            assert!(!refused(record, output), "{record}");
        }
    }

    #[test]
    fn refuses_kits_that_overlap_with_the_output() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir_all(at("real/within")).unwrap();
        let refused = |kit: &str, output: &Output| check(&[], output, None, Some(&at(kit))).is_err();
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
        assert!(check(&[], &file, Some(&at("kit/manifest.json")), Some(&at("kit"))).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn follows_links_to_the_kit() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir_all(at("real/kit")).unwrap();
        for (link, to) in [("link", "real"), ("kit", "real/kit"), ("nowhere", "real/later")] {
            std::os::unix::fs::symlink(to, at(link)).unwrap();
        }
        for (kit, output) in [("link", "real/c.csv"), ("kit", "link/kit/c.csv"), ("nowhere", "real/later")] {
            assert!(check(&[], &Output::File(at(output)), None, Some(&at(kit))).is_err(), "{kit}");
        }
        assert!(check(&[], &Output::File(at("c.csv")), None, Some(&at("kit"))).is_ok());
    }

    #[test]
    fn refuses_records_in_the_kit() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let output = Output::File(at("c.csv"));
        let refused =
            |record: &str| check(&[&at(record)], &output, None, Some(&at("kit"))).map_err(|error| error.to_string());
        for (record, taken_by) in
            [("kit", "with the kit:"), ("kit/report.json", "with the kit:"), (".kit.lock", "lock")]
        {
            assert!(refused(record).unwrap_err().contains(taken_by), "{record}");
        }
        assert!(refused("kit.json").is_ok());
    }

    #[test]
    fn refuses_to_overwrite_inputs_under_any_name() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir_all(at("out/day=1")).unwrap();
        for name in ["token", "c.csv.manifest.json", "out/key"] {
            fs::write(at(name), name).unwrap();
        }
        fs::hard_link(at("token"), at("hard")).unwrap();
        let check = |output: &Output, records: &[&str], inputs: &[&str], kit: Option<&str>| {
            let records: Vec<_> = records.iter().map(|name| at(name)).collect();
            let inputs: Vec<_> = inputs.iter().map(|name| at(name)).collect();
            let kit = kit.map(at);
            check_apart(&RunPaths {
                output,
                manifest: None,
                kit: kit.as_deref(),
                records: &records.iter().map(PathBuf::as_path).collect::<Vec<_>>(),
                inputs: &inputs.iter().map(|path| (path.as_path(), "the token file")).collect::<Vec<_>>(),
            })
        };
        let file = Output::File(at("c.csv"));
        for (record, input) in [("token", "token"), ("hard", "token"), ("out/../token", "hard"), ("later", "later")] {
            let refused = check(&file, &[record], &[input], None);
            assert!(matches!(refused, Err(DestinationError::SamePlace { .. })), "{record} {input}: {refused:?}");
        }
        for (output, input) in [
            (Output::File(at("hard")), "token"),
            (file.clone(), "c.csv.manifest.json"),
            (file.clone(), ".c.csv.lock"),
            (Output::Folder { path: at("out/"), partition: None }, "out/key"),
        ] {
            let refused = check(&output, &[], &[input], None);
            assert!(matches!(refused, Err(DestinationError::OverInput { .. })), "{output} {input}: {refused:?}");
        }
        assert!(matches!(check(&file, &[], &["out/key"], Some("out")), Err(DestinationError::KitNotApart { .. })));
        let partition = Output::Folder { path: at("out/"), partition: Some("day=1".parse().unwrap()) };
        assert!(check(&partition, &["report.json"], &["out/key", "token"], Some("kit")).is_ok());
        // Reported first, because records with a conflict are not written.
        let both = check(&file, &["token"], &["token"], Some("c.csv"));
        assert!(matches!(both, Err(DestinationError::SamePlace { .. })), "{both:?}");
    }

    #[cfg(unix)]
    #[test]
    fn devices_that_store_nothing_may_be_shared() {
        let null = Path::new("/dev/null");
        for output in [Output::Stdout, Output::File(null.into()), Output::File("c.csv".into())] {
            check(&[null, null], &output, None, None).unwrap();
        }
        for record in ["-", "/dev/stdout", "/proc/self/fd/1"] {
            assert!(check(&[Path::new(record)], &Output::Stdout, None, None).is_err(), "{record}");
        }
        assert!(check(&[], &Output::Stdout, Some(Path::new("-")), None).is_err());
        assert!(check(&[Path::new("-"), Path::new("-")], &Output::File("c.csv".into()), None, None).is_err());
    }
}
