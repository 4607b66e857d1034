//! The rights and the kinds of files, on Linux.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[test]
fn a_folder_that_cannot_be_synced_is_no_failure() {
    let folder = Path::new("/proc/self");
    assert!(File::open(folder).unwrap().sync_all().is_err());
    super::sync_folder(folder).unwrap();
}

#[test]
fn a_folder_can_be_searched_by_whoever_can_read_its_files_and_replaced_by_its_owner() {
    let home = tempfile::tempdir().unwrap();
    for (files, folder) in [(0o640, 0o750), (0o600, 0o700), (0o444, 0o755), (0, 0o700), (0o666, 0o777)] {
        super::set_folder_mode(home.path(), files).unwrap();
        assert_eq!(fs::metadata(home.path()).unwrap().permissions().mode() & 0o7777, folder, "{files:o}");
    }
}

#[test]
fn what_is_mounted_is_told_from_what_is_not() {
    assert!(super::is_mount(Path::new("/proc")) && super::is_mount(Path::new("/")));
    assert!(!super::is_mount(tempfile::tempdir().unwrap().path()));
}

#[test]
fn folders_are_swapped_in_one_step() {
    let home = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| home.path().join(name));
    fs::create_dir(&one).unwrap();
    fs::create_dir(&other).unwrap();
    fs::write(one.join("file"), "").unwrap();
    super::exchange(&one, &other).unwrap();
    assert!(other.join("file").exists() && !one.join("file").exists());
}

#[test]
fn what_can_be_replaced_is_there_after_the_question() {
    let home = tempfile::tempdir().unwrap();
    let (file, folder) = (home.path().join("file"), home.path().join("folder"));
    fs::write(&file, "").unwrap();
    fs::create_dir(&folder).unwrap();
    for path in [&file, &folder, &home.path().join("nothing")] {
        super::check_replaceable(path).unwrap();
    }
    assert!(file.exists() && folder.exists());
    assert_eq!(super::check_replaceable(Path::new("/proc")).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
}

#[test]
fn only_a_regular_file_is_read() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "text").unwrap();
    assert_eq!(io::read_to_string(super::open_regular(&file).unwrap()).unwrap(), "text");
    for path in [Path::new("/dev/zero"), home.path(), &home.path().join("nothing")] {
        assert!(super::open_regular(path).is_err(), "{}", path.display());
    }
}

#[test]
fn a_lock_or_a_manifest_that_is_a_pipe_is_refused_and_not_waited_for() {
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
fn a_lock_that_a_file_system_does_not_have_is_told_from_one_that_fails() {
    // ENOLCK, ENOSYS, EOPNOTSUPP, ENOTSUPP; and EINTR, EIO, EAGAIN.
    for (number, has_none) in [(37, true), (38, true), (95, true), (524, true), (4, false), (5, false), (11, false)] {
        assert_eq!(super::has_no_locks(&io::Error::from_raw_os_error(number)), has_none, "{number}");
    }
}
