//! Whether all that a run reads and leaves has a place of its own: the inputs, the output, what belongs to it, the kit, and
//! the records.
//!
//! Nothing is opened or made: names come in, links in them are followed, and the first that is taken comes out.

use std::fs;
use std::path::{Path, PathBuf};

use super::DestinationError;
use super::write_method::{is_own_stream, place};
use crate::config::{OutFile, Output, Partition};
use crate::naming::{FolderNames, Names};
use crate::platform;

/// Behind it may be a file, which is the output then.
const STDOUT: &str = "/dev/stdout";

/// All that a run reads and leaves, as the operator named it.
#[derive(Debug, Clone, Copy)]
pub struct RunPaths<'p> {
    /// Where the export goes.
    pub output: &'p Output,
    /// Where the manifest goes, if that is not beside the output.
    pub manifest: Option<&'p Path>,
    /// The folder of the kit.
    pub kit: Option<&'p Path>,
    /// The report and the metrics; `-` is standard output.
    pub records: &'p [&'p Path],
    /// Files that are read, each with what it is: "the token file".
    pub inputs: &'p [(&'p Path, &'static str)],
}

/// Refuses records of a run, its manifest included, that would stand in each other's place, in that of an input, of the
/// output, or of the output's lock, owners or manifest; or in a folder that is replaced as a whole, which the kit is, too.
/// The kit in its turn is neither one of these, nor holds one, and the output replaces no input. Links are followed, and
/// files that are there are told apart whatever they are called.
///
/// # Errors
/// The first record whose place is taken; else the kit, or the input that would be replaced.
pub fn check_apart(paths: &RunPaths<'_>) -> Result<(), DestinationError> {
    let output = taken_by(paths.output);
    let inputs: Vec<_> = paths.inputs.iter().filter_map(|(path, what)| Some((*path, input(path, what)?))).collect();
    let mut taken: Vec<_> = output.iter().cloned().chain(inputs.iter().map(|(_, spot)| spot.clone())).collect();
    let replaced = match (paths.output, paths.output.target()) {
        (Output::Folder { .. }, Some(target)) => places(&target).map(|place| (place, "the output")).to_vec(),
        _ => Vec::new(),
    };
    check_records(paths, &mut taken, &replaced)?;
    if let Some(kit) = paths.kit {
        let places = places(kit);
        let shares = |place: &PathBuf| places.iter().any(|kit| kit.starts_with(place) || place.starts_with(kit));
        let spot = Spot::of(kit, "the kit");
        let is_taken =
            |taken: &&Spot| taken.places.iter().any(shares) || spot.as_ref().is_some_and(|kit| kit.is(taken));
        if let Some(Spot { what: taken_by, .. }) = taken.iter().find(is_taken) {
            return Err(DestinationError::KitNotApart { folder: kit.to_owned(), taken_by });
        }
    }
    for (path, input) in inputs {
        let within = |(folder, _): &&(PathBuf, _)| input.places.iter().any(|place| place.starts_with(folder));
        let over = output.iter().find(|spot| spot.is(&input)).map(|spot| spot.what);
        if let Some(overwritten_by) = over.or_else(|| replaced.iter().find(within).map(|(_, what)| *what)) {
            return Err(DestinationError::OverInput { path: path.to_owned(), input: input.what, overwritten_by });
        }
    }
    Ok(())
}

/// Refuses records in places that are taken, and takes their places.
fn check_records(
    paths: &RunPaths<'_>,
    taken: &mut Vec<Spot>,
    replaced: &[(PathBuf, &'static str)],
) -> Result<(), DestinationError> {
    let mut folders = replaced.to_vec();
    let mut taken_by_kit = Vec::new();
    if let Some(kit) = paths.kit {
        folders.extend(places(kit).map(|place| (place, "the kit")));
        taken_by_kit.extend(FolderNames::of(kit).ok().and_then(|names| Spot::of(&names.lock, "the kit's lock")));
    }
    let manifest = paths.manifest.map(|manifest| (manifest, "the manifest"));
    let records = paths.records.iter().map(|record| (*record, "another record"));
    for (record, what) in manifest.into_iter().chain(records) {
        let stands = if record == Path::new("-") { Path::new(STDOUT) } else { record };
        let Some(spot) = Spot::of(stands, what) else { continue };
        let within = |(folder, _): &&(PathBuf, _)| spot.places.iter().any(|place| place.starts_with(folder));
        let taken_by = taken.iter().chain(&taken_by_kit).find(|taken| taken.is(&spot)).map(|taken| taken.what);
        let taken_by = taken_by
            .or_else(|| folders.iter().find(within).map(|(_, what)| *what))
            .or_else(|| is_in_partition(&spot, paths.output).then_some("a partition"));
        if let Some(taken_by) = taken_by {
            return Err(DestinationError::SamePlace { path: record.to_owned(), taken_by });
        }
        taken.push(spot);
    }
    Ok(())
}

/// A place that is taken, and by what.
#[derive(Debug, Clone)]
struct Spot {
    places: [PathBuf; 2],
    identity: Option<(u64, u64)>,
    what: &'static str,
}

impl Spot {
    /// The place of a path; none on a terminal or `/dev/null`, unless a stream of this process goes there: what is written
    /// to them takes the place of nothing.
    fn of(path: &Path, what: &'static str) -> Option<Self> {
        let found = fs::metadata(path).ok();
        let takes_nothing = found.as_ref().is_some_and(platform::is_character_device) && !is_own_stream(path);
        let identity = found.as_ref().and_then(platform::identity);
        (!takes_nothing).then(|| Self { places: places(path), identity, what })
    }

    /// Whether they are one place, or one file by two names.
    fn is(&self, other: &Self) -> bool {
        let is_same_file = self.identity.is_some() && self.identity == other.identity;
        is_same_file || self.places.iter().any(|place| other.places.contains(place))
    }
}

/// The place of an input. A pipe, a terminal or the like is not there to be overwritten.
fn input(path: &Path, what: &'static str) -> Option<Spot> {
    let is_file = fs::metadata(path).map_or(!is_own_stream(path), |found| found.is_file());
    is_file.then(|| Spot::of(path, what)).flatten()
}

/// Whether a place is in a partition of the output's folder, which another run has written.
fn is_in_partition(spot: &Spot, output: &Output) -> bool {
    let Output::Folder { path, partition: Some(_) } = output else { return false };
    let folders = places(path);
    let first =
        |place: &Path, folder: &Path| Some(place.strip_prefix(folder).ok()?.iter().next()?.to_str()?.to_owned());
    let pairs = spot.places.iter().flat_map(|place| folders.iter().filter_map(move |folder| first(place, folder)));
    pairs.into_iter().any(|first| first.parse::<Partition>().is_ok())
}

/// The places that an output takes, each with what stands there.
fn taken_by(output: &Output) -> Vec<Spot> {
    let path = &output.target().unwrap_or_else(|| STDOUT.into());
    let mut taken: Vec<_> = Spot::of(path, "the output").into_iter().collect();
    let mut take = |paths: &[PathBuf], what| taken.extend(paths.iter().filter_map(|path| Spot::of(path, what)));
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
    fn records_stay_clear_of_all_that_an_output_takes() {
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
    fn a_kit_has_a_folder_of_its_own() {
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
    fn a_kit_is_where_its_links_lead() {
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
    fn no_record_stands_in_the_kit() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let output = Output::File(at("c.csv"));
        let refused =
            |record: &str| check(&[&at(record)], &output, None, Some(&at("kit"))).map_err(|error| error.to_string());
        for (record, taken_by) in
            [("kit", "the kit stands"), ("kit/report.json", "the kit stands"), (".kit.lock", "lock")]
        {
            assert!(refused(record).unwrap_err().contains(taken_by), "{record}");
        }
        assert!(refused("kit.json").is_ok());
    }

    #[test]
    fn nothing_takes_the_place_of_an_input_whatever_it_is_called() {
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
        // Told first, since nothing is written to a record whose place is taken.
        let both = check(&file, &["token"], &["token"], Some("c.csv"));
        assert!(matches!(both, Err(DestinationError::SamePlace { .. })), "{both:?}");
    }

    #[cfg(unix)]
    #[test]
    fn what_replaces_nothing_is_shared() {
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
