//! Names that not every format can hold or quote are refused up front.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::support::run::failing;
use crate::support::{Ran, folder, names, path, program, ran};

#[test]
fn refuses_control_characters_in_kit_paths() {
    let folder = folder();
    for (output, kit) in
        [("a\nb.csv", "kit"), ("a\u{1b}[31mb.csv", "kit"), ("c.csv", "k\rit"), ("a\u{202e}b.csv", "kit")]
    {
        let (output, kit) = (path(&folder, output), path(&folder, kit));
        let ran = ran(failing(&output, &["--kit", &kit]).output().unwrap());
        assert_eq!(ran.code, Some(2), "{output:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("has a control character"), "{}", ran.stderr);
    }
    // The directory of a relative name is in the kit, too.
    let inner = path(&folder, "inner\n");
    fs::create_dir(&inner).unwrap();
    let ran = ran(failing("c.csv", &["--kit", "kit"]).current_dir(&inner).output().unwrap());
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert_eq!((names(folder.path()).len(), names(inner.as_ref()).len()), (1, 0));
}

/// Some file systems refuse such names.
#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf_8_works_or_is_refused_at_once() {
    let folder = folder();
    let at = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
    let export = |output: &[u8], more: &[&str]| -> Ran {
        let arguments = ["contacts", "--sandbox", "--sandbox-contacts", "5", "--rate", "5000", "-o"];
        ran(program(&arguments).arg(at(output)).args(more).output().unwrap())
    };
    let kit = path(&folder, "kit");
    for more in [&["--owners", "table"][..], &["--kit", &kit]] {
        let ran = export(b"c\xff.csv", more);
        assert_eq!(ran.code, Some(2), "{more:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("UTF-8"), "{}", ran.stderr);
    }
    assert!(names(folder.path()).is_empty());
    fs::create_dir(at(b"d\xff")).unwrap();
    for (output, more) in [
        (&b"c\xff.csv"[..], &[][..]),
        (b"d\xff/c.csv", &["--owners", "table"]),
        (b"d\xff/out/", &["--owners", "table"]),
    ] {
        let ran = export(output, more);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let verified = program(&["verify"]).arg(at(output)).output().unwrap();
        assert!(verified.status.success());
    }
}
