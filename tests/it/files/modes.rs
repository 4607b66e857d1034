//! Who can read the files of a run.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

use crate::support::run::exported;
use crate::support::{folder, path};

/// A user without files.
const NOBODY: u32 = 65_534;

#[test]
fn only_files_of_this_user_pass_on_their_mode() {
    let folder = folder();
    let file = path(&folder, "c.csv");
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().mode() & 0o7777;
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o6754)).unwrap();
    assert_eq!(exported(5, &file, &[]).code, Some(0));
    assert_eq!((mode("c.csv"), mode("c.csv.manifest.json")), (0o754, 0o754));
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        eprintln!("skipped in part: this user cannot give files to another");
        return;
    }
    for name in ["d.csv", "r.json", "out", "out/part-00000.parquet", "out/_manifest.json"] {
        let path = folder.path().join(name);
        if name == "out" {
            assert_eq!(exported(5, &(path.to_str().unwrap().to_owned() + "/"), &[]).code, Some(0));
        } else if !path.exists() {
            fs::write(&path, "").unwrap();
        }
        fs::set_permissions(&path, PermissionsExt::from_mode(0o777)).unwrap();
        chown(&path, Some(NOBODY), None).unwrap();
    }
    let ran = exported(5, &path(&folder, "d.csv"), &["--report", &path(&folder, "r.json")]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(["d.csv", "d.csv.manifest.json", "r.json"].map(mode), [0o600; 3]);
    assert_eq!(exported(5, &path(&folder, "out/"), &[]).code, Some(0));
    assert_eq!(["out", "out/part-00000.parquet", "out/_manifest.json"].map(mode), [0o700, 0o600, 0o600]);
}
