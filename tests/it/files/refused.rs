//! Files that cannot be replaced are refused up front, with a hint.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use crate::disk_full::on_tmpfs;
use crate::support::run::failing;
use crate::support::{folder, names, path, program, ran};

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn a_file_that_is_mounted_is_73_for_contacts_and_written_in_place_for_records() {
    let mounted = |name: &str, run: &str| {
        let script = format!(
            "echo old > host && ino=$(stat -c %i host) && touch {name} && mount --bind host {name} && $RUN {run}; code=$?
             test $(stat -c %i host) = $ino && cat host && exit $code"
        );
        let ran = on_tmpfs("1m", &script);
        if ran.is_none() {
            eprintln!("skipped: nothing can be mounted here");
        }
        ran
    };
    for (name, run) in
        [("c.csv", "-o c.csv"), ("c.csv.manifest.json", "-o c.csv"), ("c.csv", "-o c.csv --owners table")]
    {
        let Some(ran) = mounted(name, run) else { return };
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(73), "old\n"), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("mount its directory instead"), "{}", ran.stderr);
    }
    for (name, run, says) in [
        ("log", "-o c.csv --report log", "\"exit_code\": 0"),
        ("log.prom", "-o c.csv --metrics-file log.prom", "linq_export_rows"),
        ("log", "-o /dev/null --format csv --manifest log", "\"manifest_sha256\""),
    ] {
        let Some(ran) = mounted(name, run) else { return };
        assert_eq!(ran.code, Some(0), "{run}: {}", ran.stderr);
        assert!(ran.stdout.contains(says) && !ran.stdout.contains("old"), "{}", ran.stdout);
    }
}

#[test]
fn a_name_that_is_too_long_for_what_stands_beside_it_is_73() {
    let folder = folder();
    // For the temporary file of the output, and for that of the manifest only.
    for length in [246, 230] {
        let name = format!("{}.csv", "a".repeat(length - 4));
        let ran = ran(failing(&path(&folder, &name), &[]).output().unwrap());
        assert_eq!(ran.code, Some(73), "{length}: {}", ran.stderr);
        assert!(ran.stderr.contains("choose a shorter name"), "{}", ran.stderr);
    }
    let ran = ran(failing(&path(&folder, "c.csv"), &["--report", &path(&folder, &"a".repeat(250))]).output().unwrap());
    assert_eq!(ran.code, Some(73), "{}", ran.stderr);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn what_another_user_has_in_a_sticky_directory_is_73() {
    let folder = folder();
    let nobody = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        command.arg(program(&[]).get_program()).args(arguments).env("LINQ_INTEGRATION_TOKEN", "t");
        command.output()
    };
    if !is_root() || !nobody(&["--version"]).is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user cannot run the program as another");
        return;
    }
    for (path, mode) in [("", 0o1777), ("c.csv", 0o666), ("r.json", 0o666), ("out", 0o777)] {
        let path = folder.path().join(path);
        match path.extension() {
            Some(_) => fs::write(&path, "old").unwrap(),
            None => fs::create_dir_all(&path).unwrap(),
        }
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    }
    let before = names(folder.path());
    let at = |name: &str| path(&folder, name);
    for (output, more) in [
        ("c.csv", &[][..]),
        ("new.csv", &["--report", &at("r.json")]),
        ("out/", &[]),
        ("new.csv", &["--kit", &at("out")]),
    ] {
        let arguments = ["contacts", "--base-url", "http://127.0.0.1:1", "--max-outage", "1ms", "-o", &at(output)];
        let ran = ran(nobody(&[&arguments[..], more].concat()).unwrap());
        assert_eq!(ran.code, Some(73), "{output} {more:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("not permitted") && ran.stderr.contains("sticky"), "{}", ran.stderr);
    }
    assert_eq!(names(folder.path()), before);
}

#[test]
fn a_file_or_a_directory_with_attributes_that_forbid_it_is_73() {
    let folder = folder();
    let (file, appended) = (path(&folder, "c.csv"), path(&folder, "appended"));
    fs::write(&file, "old").unwrap();
    fs::create_dir(&appended).unwrap();
    let chattr = |attribute: &str, path: &str| {
        Command::new("chattr").args([attribute, path]).output().is_ok_and(|output| output.status.success())
    };
    if !chattr("+i", &file) || !chattr("+a", &appended) {
        chattr("-i", &file);
        eprintln!("skipped: attributes cannot be set here");
        return;
    }
    let within = path(&folder, "appended/c.csv");
    let codes = [&file, &within].map(|output| ran(failing(output, &[]).output().unwrap()));
    let report = ran(failing(&path(&folder, "d.csv"), &["--report", &within]).output().unwrap());
    chattr("-i", &file);
    chattr("-a", &appended);
    for ran in codes.iter().chain([&report]) {
        assert_eq!(ran.code, Some(73), "{}", ran.stderr);
        assert!(ran.stderr.contains("lsattr"), "{}", ran.stderr);
    }
    assert!(names(appended.as_ref()).is_empty());
}
