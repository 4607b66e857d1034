//! Unusual file systems, simulated by making a call of the C library fail.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::run::{export, verified};
use crate::support::{Ran, folder, names, path, ran};

/// A library that makes a call fail; `None` without a C compiler.
fn failing_call(folder: &Path, call: &str, errno: &str) -> Option<PathBuf> {
    let (source, library) = (folder.join("shim.c"), folder.join(format!("{call}.{errno}.so")));
    let text = format!("#include <errno.h>\nint {call}(int file, int argument) {{ errno = {errno}; return -1; }}\n");
    std::fs::write(&source, text).unwrap();
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-w", "-o"]).args([&library, &source]).output();
    if !compiled.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no C compiler");
        return None;
    }
    Some(library)
}

fn exported(shim: &Path, output: &str, more: &[&str]) -> Ran {
    ran(export(5, output, more).env("LD_PRELOAD", shim).output().unwrap())
}

#[test]
fn exports_to_file_systems_without_modes() {
    let (shims, folder) = (folder(), folder());
    for errno in ["EPERM", "EOPNOTSUPP"] {
        let Some(shim) = failing_call(shims.path(), "fchmod", errno) else { return };
        for output in ["c.csv", "out/", "nights/"] {
            let at = path(&folder, output);
            let more: &[&str] = if output == "nights/" { &["--partition", "day=1"] } else { &[] };
            let before = names(folder.path());
            let refused = exported(&shim, &at, &[more, &["--mode", "640"]].concat());
            assert_eq!(refused.code, Some(73), "{output}: {}", refused.stderr);
            assert!(refused.stderr.contains("remove --mode"), "{}", refused.stderr);
            assert_eq!(names(folder.path()), before);
            let written = exported(&shim, &at, more);
            assert_eq!(written.code, Some(0), "{output}: {}", written.stderr);
            assert!(written.stderr.contains("warning: the file system ignores file permissions"), "{}", written.stderr);
        }
        let (records, kit) = (path(&folder, "r.json"), path(&folder, "kit"));
        let written =
            exported(&shim, &path(&folder, "c.csv"), &["--owners", "table", "--kit", &kit, "--report", &records]);
        assert_eq!(written.code, Some(0), "{}", written.stderr);
        for output in ["c.csv", "out", "nights/day=1"] {
            assert_eq!(verified(&path(&folder, output)).code, Some(0));
        }
    }
}

#[test]
fn exports_to_file_systems_without_locks() {
    let (shims, folder) = (folder(), folder());
    // The last is ENOTSUPP, which has no name outside the kernel.
    for errno in ["ENOLCK", "EOPNOTSUPP", "ENOSYS", "524"] {
        let Some(shim) = failing_call(shims.path(), "flock", errno) else { return };
        for output in ["c.csv", "out/"] {
            let written = exported(&shim, &path(&folder, output), &[]);
            assert_eq!(written.code, Some(0), "{errno}: {}", written.stderr);
        }
    }
}
