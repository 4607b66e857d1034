//! A full disk and a directory that cannot be written: on a small tmpfs in a user namespace, if the machine allows one.
//! Otherwise /dev/full simulates the disk, and a file in place of the directory (in `exits`) simulates the directory.

#![cfg(target_os = "linux")]

use std::fs::OpenOptions;
use std::process::Command;

use crate::support::run::export;
use crate::support::{Ran, program, ran};

/// Runs a script in a mount namespace with an empty tmpfs of `size` at /mnt; none where that is forbidden.
/// `$RUN` is the program, exporting from a sandbox.
pub fn on_tmpfs(size: &str, script: &str) -> Option<Ran> {
    let allowed = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let mount = format!("mount -t tmpfs -o size={size} none /mnt && cd /mnt\n");
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &(mount + script)]);
    let run = format!("{} contacts --sandbox --rate 5000", program(&[]).get_program().to_str().unwrap());
    Some(ran(command.env("RUN", run).output().unwrap()))
}

#[test]
fn a_full_device_is_74() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    for output in ["-", "/dev/stdout", "/dev/full"] {
        let ran = ran(export(500, output, &["--format", "ndjson"]).stdout(full()).output().unwrap());
        assert_eq!(ran.code, Some(74), "{}", ran.stderr);
        assert!(ran.stderr.contains("caused by: No space left"), "{}", ran.stderr);
    }
}

#[test]
fn a_full_disk_is_74_and_leaves_the_old_pair() {
    let Some(ran) = on_tmpfs(
        "200k",
        "$RUN --sandbox-contacts 50 -o c.ndjson -q || exit 99
         sha256sum c.ndjson c.ndjson.manifest.json > /mnt/sums
         $RUN --sandbox-contacts 1000 -o c.ndjson; code=$?
         sha256sum -c --quiet sums && ls -A && exit $code",
    ) else {
        return;
    };
    assert_eq!(ran.code, Some(74), "{}", ran.stderr);
    assert_eq!(ran.stdout, ".c.ndjson.lock\nc.ndjson\nc.ndjson.manifest.json\nsums\n");
    assert!(ran.stderr.contains("caused by: No space left"), "{}", ran.stderr);
}

#[test]
fn no_space_for_the_manifest_is_74_and_leaves_the_old_pair() {
    // The new file fits to the last page of the disk; its manifest then does not.
    let Some(ran) = on_tmpfs(
        "1m",
        "$RUN --sandbox-contacts 100 -o c.ndjson -q || exit 99
         sha256sum c.ndjson c.ndjson.manifest.json > sums
         new=$($RUN --sandbox-contacts 300 -o - --format ndjson -q | wc -c)
         free=$(df --output=avail -B4096 . | tail -1)
         head -c $((free * 4096 - (new + 4095) / 4096 * 4096)) /dev/zero > filler
         $RUN --sandbox-contacts 300 -o c.ndjson; code=$?
         rm filler
         sha256sum -c --quiet sums && ls -A && exit $code",
    ) else {
        return;
    };
    assert_eq!(ran.code, Some(74), "{}", ran.stderr);
    assert_eq!(ran.stdout, ".c.ndjson.lock\nc.ndjson\nc.ndjson.manifest.json\nsums\n");
}

#[test]
fn a_read_only_folder_is_73() {
    let Some(ran) = on_tmpfs("1m", "mount -o remount,ro /mnt && $RUN -o c.ndjson") else { return };
    assert_eq!(ran.code, Some(73), "{}", ran.stderr);
    assert!(ran.stderr.contains("Read-only file system"), "{}", ran.stderr);
}

#[test]
fn a_full_disk_leaves_the_old_directory_only() {
    let Some(ran) = on_tmpfs(
        "300k",
        "$RUN --sandbox-contacts 50 -o out/ --format ndjson -q || exit 99
         find out -type f | xargs sha256sum > sums
         $RUN --sandbox-contacts 1000 -o out/ --format ndjson --rows-per-file 200; code=$?
         sha256sum -c --quiet sums && ls -A && ls out && exit $code",
    ) else {
        return;
    };
    assert_eq!(ran.code, Some(74), "{}", ran.stderr);
    assert_eq!(ran.stdout, ".out.lock\nout\nsums\n_SUCCESS\n_manifest.json\npart-00000.ndjson\n");
    assert!(ran.stderr.contains("caused by: No space left"), "{}", ran.stderr);
}

#[test]
fn refuses_a_mounted_directory_up_front() {
    // On another file system, and on the same: neither could be renamed in the end.
    for mount in ["mount -t tmpfs none out", "mkdir other && mount --bind other out"] {
        let Some(ran) = on_tmpfs("1m", &format!("mkdir out && {mount} && $RUN -o out/; code=$?; ls out && exit $code"))
        else {
            return;
        };
        assert_eq!(ran.code, Some(73), "{}", ran.stderr);
        assert!(
            ran.stdout.is_empty() && ran.stderr.contains("it is a mount point; name a directory in it"),
            "{}",
            ran.stderr
        );
    }
    let Some(ran) = on_tmpfs("1m", "$RUN -o ./ --partition day=1 && ls -A . day=1") else { return };
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stdout, ".:\nday=1\n\nday=1:\n_SUCCESS\n_manifest.json\npart-00000.parquet\n");
}
