//! SIGKILL at random times while an old file is replaced: the file is complete afterwards, old or new.
//!
//! A normal test run kills a few dozen times. For 200 kills:
//! `KILLS=200 cargo test --test it kill -- --nocapture`.

#![cfg(unix)]

use std::collections::HashMap;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use linq_export::verify::{VerifyError, verify};

use crate::support::run::{Heard, export, exported, verified};
use crate::support::{Ran, folder, names, ndjson_rows, path};

const KILLS: u32 = 24;
/// Longer than the runs below.
const RUN: Duration = Duration::from_millis(150);
/// About the duration of publishing.
const PUBLISHING: Duration = Duration::from_millis(4);

#[test]
fn a_kill_at_any_time_leaves_a_complete_file() {
    let kills = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    // NDJSON is the dangerous format: cut short between lines it is still valid.
    assert_eq!(exported(100, &file, &[]).code, Some(0));
    let mut outcomes: HashMap<&str, u32> = HashMap::new();
    for kill in 0..kills {
        let size = 100 + u64::from(kill % 7) * 50;
        let mut command = export(size, &file, &["--log-format", "json", "--max-deletes", "100%"]);
        command.stdout(Stdio::null());
        let mut run = Heard::start(command);
        // Half of them somewhere in the run, half where it matters most.
        let (from, longest) = if kill % 2 == 0 { ("", RUN) } else { ("publishing", PUBLISHING) };
        if !from.is_empty() {
            run.until(from);
        }
        std::thread::sleep(longest.mul_f64(fastrand::f64()));
        let _ = run.child.kill();
        run.end();

        let text = fs::read_to_string(&file).unwrap();
        let rows = ndjson_rows(&text).len();
        assert!(rows.is_multiple_of(50) && (100..=400).contains(&rows) && text.ends_with('\n'), "torn: {rows} rows");
        let outcome = match verify(file.as_ref(), None) {
            Ok(verified) => {
                assert_eq!(verified.rows, rows as u64);
                "whole"
            }
            Err(VerifyError::Interrupted { .. }) => "interrupted",
            Err(error) => panic!("after kill {kill}: {error}"),
        };
        *outcomes.entry(outcome).or_default() += 1;
    }
    println!("{outcomes:?} after {kills} kills");
    let Ran { code, stderr, .. } = exported(100, &file, &["--max-deletes", "100%"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(verified(&file).code, Some(0));
    assert_eq!(names(folder.path()), ["c.ndjson", "c.ndjson.manifest.json"]);
}
