//! `verify` of a directory: every file that its manifest lists, and no other.

use std::fs;
use std::path::Path;

use linq_export::verify::VerifyError;

use super::refusal;
use crate::support::run::{exported, verified};
use crate::support::{folder, path, run};

#[test]
fn verifies_every_file_of_a_directory() {
    let home = folder();
    let (out, other) = (path(&home, "out/"), path(&home, "other/"));
    let lines = ["--format", "ndjson", "--rows-per-file", "10"];
    assert_eq!(exported(25, &out, &lines).code, Some(0));
    assert_eq!(exported(26, &other, &lines).code, Some(0));
    let at = |name: &str| format!("{out}{name}");
    let mended = |error: VerifyError, name: &str, bytes: &[u8]| {
        fs::write(at(name), bytes).unwrap();
        assert_eq!(verified(&out).code, Some(0));
        error
    };
    for name in ["part-00000.ndjson", "part-00002.ndjson"] {
        let whole = fs::read(at(name)).unwrap();
        fs::write(at(name), &whole[1..]).unwrap();
        assert!(
            matches!(mended(refusal(&out), name, &whole), VerifyError::Size { path, .. } if path == Path::new(&at(name)))
        );
        fs::write(at(name), [b" ", &whole[1..]].concat()).unwrap();
        assert!(matches!(mended(refusal(&out), name, &whole), VerifyError::Content { .. }));
        fs::remove_file(at(name)).unwrap();
        assert!(matches!(mended(refusal(&out), name, &whole), VerifyError::Missing { .. }));
    }
    fs::remove_file(at("_SUCCESS")).unwrap();
    assert!(matches!(mended(refusal(&out), "_SUCCESS", b""), VerifyError::NoSuccess { .. }));
    let manifest = fs::read(at("_manifest.json")).unwrap();
    fs::copy(other + "_manifest.json", at("_manifest.json")).unwrap();
    assert!(matches!(mended(refusal(&out), "_manifest.json", &manifest), VerifyError::Size { .. }));
    fs::remove_file(at("_manifest.json")).unwrap();
    assert!(matches!(mended(refusal(&out), "_manifest.json", &manifest), VerifyError::NoManifest { .. }));
    fs::rename(at("_manifest.json"), path(&home, "m.json")).unwrap();
    let named = run(&["verify", &out, "--manifest", &path(&home, "m.json")]);
    assert_eq!(named.code, Some(0), "{}", named.stderr);
    let ran = verified(&path(&home, "missing/"));
    assert!(ran.code == Some(66) && ran.stderr.contains("does not exist"), "{}", ran.stderr);
}
