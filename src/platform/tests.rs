//! File modes, kinds of files, and mounts on Linux.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[test]
fn a_directory_without_sync_is_not_an_error() {
    let directory = Path::new("/proc/self");
    assert!(File::open(directory).unwrap().sync_all().is_err());
    super::sync_directory(directory).unwrap();
}

#[test]
fn a_directory_mode_lets_readers_of_files_search() {
    let home = tempfile::tempdir().unwrap();
    for (files, directory) in [(0o640, 0o750), (0o600, 0o700), (0o444, 0o755), (0, 0o700), (0o666, 0o777)] {
        super::set_directory_mode(home.path(), files).unwrap();
        assert_eq!(fs::metadata(home.path()).unwrap().permissions().mode() & 0o7777, directory, "{files:o}");
    }
}

#[test]
fn recognizes_mount_points() {
    assert!(super::is_mount(Path::new("/proc")) && super::is_mount(Path::new("/")));
    assert!(!super::is_mount(tempfile::tempdir().unwrap().path()));
}

#[test]
fn swaps_directories_atomically() {
    let home = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| home.path().join(name));
    fs::create_dir(&one).unwrap();
    fs::create_dir(&other).unwrap();
    fs::write(one.join("file"), "").unwrap();
    super::exchange(&one, &other).unwrap();
    assert!(other.join("file").exists() && !one.join("file").exists());
}

#[test]
fn checking_replaceability_removes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (file, directory) = (home.path().join("file"), home.path().join("directory"));
    fs::write(&file, "").unwrap();
    fs::create_dir(&directory).unwrap();
    for path in [&file, &directory, &home.path().join("nothing")] {
        super::check_replaceable(path).unwrap();
    }
    assert!(file.exists() && directory.exists());
    assert_eq!(super::check_replaceable(Path::new("/proc")).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
}

#[test]
fn reads_regular_files_only() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "text").unwrap();
    assert_eq!(io::read_to_string(super::open_regular(&file).unwrap()).unwrap(), "text");
    for path in [Path::new("/dev/zero"), home.path(), &home.path().join("nothing")] {
        assert!(super::open_regular(path).is_err(), "{}", path.display());
    }
}

#[test]
fn refuses_pipes_without_blocking() {
    let home = tempfile::tempdir().unwrap();
    let pipe = home.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for open in [super::open_private, super::open_regular] {
        let error = open(&pipe).unwrap_err();
        assert!(error.to_string().ends_with("pipe is not a regular file"), "{error}");
        assert!(open(Path::new("/dev/zero")).is_err() && open(home.path()).is_err());
    }
    assert!(super::open_private(&home.path().join("lock")).unwrap().metadata().unwrap().is_file());
}

#[test]
fn tells_missing_lock_support_from_lock_errors() {
    // ENOLCK, ENOSYS, EOPNOTSUPP, ENOTSUPP; and EINTR, EIO, EAGAIN.
    for (number, has_none) in [(37, true), (38, true), (95, true), (524, true), (4, false), (5, false), (11, false)] {
        assert_eq!(super::has_no_locks(&io::Error::from_raw_os_error(number)), has_none, "{number}");
    }
}
