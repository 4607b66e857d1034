//! A run never overwrites its inputs.

use std::fs;

use crate::support::run::failing;
use crate::support::{Ran, folder, names, path, ran};

#[test]
fn refuses_to_overwrite_its_inputs() {
    let folder = folder();
    let at = |name: &str| path(&folder, name);
    for name in ["token", "key", "ca.pem"] {
        fs::write(at(name), name.repeat(12)).unwrap();
    }
    fs::hard_link(at("token"), at("hard")).unwrap();
    fs::create_dir(at("kit")).unwrap();
    fs::write(at("kit/token"), "token").unwrap();
    let before = names(folder.path());
    let inputs =
        ["--token-file", &at("token"), "--hmac", "email", "--hmac-key-file", &at("key"), "--ca-cert", &at("ca.pem")];
    for (output, more) in [
        ("c.csv", &["--report", &at("token")][..]),
        ("c.csv", &["--metrics-file", &at("key")]),
        ("c.csv", &["--report", &at("ca.pem")]),
        ("c.csv", &["--report", &at("kit/../token")]),
        ("c.csv", &["--metrics-file", &at("hard")]),
        ("token", &["--format", "csv"]),
        ("hard", &["--format", "csv"]),
        ("ca.pem", &["--format", "csv", "--report", &at("report.json")]),
        ("key", &["--format", "ndjson"]),
    ] {
        let ran = ran(failing(&at(output), &[&inputs[..], more].concat()).output().unwrap());
        assert_refused(&ran);
    }
    let kit = ["--token-file", &at("kit/token"), "--kit", &at("kit")];
    assert_refused(&ran(failing(&at("c.csv"), &kit).output().unwrap()));
    for name in ["token", "key", "ca.pem"] {
        assert_eq!(fs::read_to_string(at(name)).unwrap(), name.repeat(12));
    }
    fs::remove_file(at("report.json")).unwrap();
    assert_eq!(names(folder.path()), before);
}

fn assert_refused(ran: &Ran) {
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    let says = ["use a different path", "would overwrite it", "--kit needs a directory of its own"];
    assert!(says.iter().any(|says| ran.stderr.contains(says)), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn refuses_to_overwrite_the_file_behind_stdin() {
    let folder = folder();
    let token = path(&folder, "token");
    fs::write(&token, "a-token").unwrap();
    let mut command = failing(&path(&folder, "c.csv"), &["--token-stdin", "--report", &token]);
    let ran = ran(command.stdin(fs::File::open(&token).unwrap()).output().unwrap());
    assert_refused(&ran);
    assert_eq!(fs::read_to_string(&token).unwrap(), "a-token");
}

/// A refused kit is reported, but the report must not overwrite the output.
#[test]
fn a_report_of_a_refusal_overwrites_nothing() {
    let folder = folder();
    let file = path(&folder, "c.csv");
    fs::write(&file, "old").unwrap();
    let ran = ran(failing(&file, &["--kit", &path(&folder, "."), "--report", &file]).output().unwrap());
    assert_refused(&ran);
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
}
