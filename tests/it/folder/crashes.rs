//! Interrupted runs, and recovery from them: the directory is complete, old or new, and nothing else is left.

use std::fs::{self, File};

use linq_export::verify::verify;

use crate::support::run::{Heard, export, exported, failing, verified};
use crate::support::{all_names, folder, names, path, run};

#[test]
fn sweeps_or_restores_what_crashed_runs_left() {
    let home = folder();
    let out = path(&home, "out/");
    assert_eq!(exported(5, &out, &[]).code, Some(0));
    let at = |name: &str| home.path().join(name);
    // What a kill leaves behind: halfway through, and between the two renames where no atomic exchange is available.
    fs::create_dir_all(at(".out.abcd1234.tmp/new")).unwrap();
    fs::write(at(".out.abcd1234.tmp/new/part-00000.parquet.tmp"), "half").unwrap();
    fs::create_dir_all(at(".out.abcd5678.tmp/new")).unwrap();
    fs::rename(at("out"), at(".out.abcd5678.tmp/old")).unwrap();
    fs::create_dir_all(at(".other.abcd1234.tmp/new")).unwrap();
    let bare = out.trim_end_matches('/');
    for arguments in [["verify", &out], ["verify", bare], ["digest", &out], ["digest", bare], ["inspect", bare]] {
        let ran = run(&arguments);
        assert!(ran.code == Some(65) && ran.stderr.contains("it restores the directory"), "{}", ran.stderr);
    }
    assert_eq!(failing(&out, &[]).output().unwrap().status.code(), Some(69));
    assert_eq!(verify(out.as_ref(), None).unwrap().rows, 5);
    assert_eq!(names(home.path()), [".other.abcd1234.tmp", "out"]);
}

#[test]
fn sweeps_other_partitions_unless_in_use() {
    let home = folder();
    let out = path(&home, "out/");
    let exported = |day: &str| exported(5, &out, &["--partition", day]).code;
    assert_eq!((exported("day=1"), exported("day=2")), (Some(0), Some(0)));
    let at = |name: &str| home.path().join("out").join(name);
    for name in [".day=1.abcd1234.tmp/new", ".day=2.abcd1234.tmp/new", ".day=3.abcd1234.tmp/new", ".x.abcd1234.tmp"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    // One that was killed between two renames, and one that is still running.
    fs::rename(at("day=1"), at(".day=1.abcd1234.tmp/old")).unwrap();
    let lock = File::create(at(".day=2.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(exported("day=4"), Some(0));
    let left = [".day=2.abcd1234.tmp", ".day=2.lock", ".x.abcd1234.tmp", "day=1", "day=2", "day=4"];
    assert_eq!(all_names(&home.path().join("out")), left);
    assert_eq!(verify(&at("day=1"), None).unwrap().rows, 5);
}

#[test]
fn refuses_or_waits_for_a_locked_directory() {
    let home = folder();
    let out = path(&home, "out/");
    assert_eq!(exported(5, &out, &[]).code, Some(0));
    let lock = File::open(home.path().join(".out.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(exported(7, &out, &[]).code, Some(75));
    assert_eq!(verify(out.as_ref(), None).unwrap().rows, 5);
    let mut waiting = Heard::start(export(7, &out, &["--lock-timeout", "10m"]));
    waiting.until("waiting for it");
    fs::remove_file(out.clone() + "_SUCCESS").unwrap();
    assert_eq!(verified(&out).code, Some(75));
    drop(lock);
    assert_eq!(waiting.end().0, Some(0));
    assert_eq!(verify(out.as_ref(), None).unwrap().rows, 7);
}

#[cfg(unix)]
mod unix {
    use std::process::Stdio;
    use std::time::Duration;

    use super::*;
    use crate::support::ndjson_rows;

    const KILLS: u32 = 24;
    /// Longer than the runs below.
    const RUN: Duration = Duration::from_millis(150);
    /// About the duration of publishing.
    const PUBLISHING: Duration = Duration::from_millis(8);

    #[test]
    fn a_signal_leaves_the_old_directory_only() {
        for (more, is_old) in [(&[][..], true), (&["--partition", "day=1"], false)] {
            let home = folder();
            let out = path(&home, "out/");
            if is_old {
                assert_eq!(exported(5, &out, &[]).code, Some(0));
            }
            let options = ["-vv", "--log-format", "json", "--rows-per-file", "300", "--sandbox-latency", "5ms"];
            let mut run = Heard::start(export(50_000, &out, &[&options[..], more].concat()));
            run.until("\"page\":20,");
            run.signal("TERM");
            assert_eq!(run.end().0, Some(143));
            if is_old {
                assert_eq!(names(home.path()), ["out"]);
                assert_eq!(verify(out.as_ref(), None).unwrap().rows, 5);
            } else {
                assert!(names(home.path()).is_empty(), "{:?}", names(home.path()));
            }
        }
    }

    #[test]
    fn a_kill_at_any_time_leaves_a_complete_directory() {
        let kills = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
        let home = folder();
        let out = path(&home, "out/");
        let more = ["--format", "ndjson", "--owners", "table", "--rows-per-file", "60", "--log-format", "json"];
        let more = [&more[..], &["--max-deletes", "100%"]].concat();
        assert_eq!(exported(100, &out, &more).code, Some(0));
        for kill in 0..kills {
            let mut command = export(100 + u64::from(kill % 7) * 50, &out, &more);
            command.stdout(Stdio::null());
            let mut run = Heard::start(command);
            let longest = if kill % 2 == 0 {
                RUN
            } else {
                run.until("publishing");
                PUBLISHING
            };
            std::thread::sleep(longest.mul_f64(fastrand::f64()));
            let _ = run.child.kill();
            run.end();
            let found = verify(out.as_ref(), None).unwrap_or_else(|error| panic!("after kill {kill}: {error}"));
            let names = names(out.as_ref());
            let rows = names
                .iter()
                .filter(|name| name.starts_with("part-"))
                .map(|name| ndjson_rows(&fs::read_to_string(out.clone() + name).unwrap()).len() as u64);
            assert_eq!(rows.sum::<u64>(), found.rows);
            assert!(found.rows.is_multiple_of(50) && (100..=400).contains(&found.rows), "{}", found.rows);
        }
        assert_eq!(exported(100, &out, &more).code, Some(0));
        assert_eq!(verify(out.as_ref(), None).unwrap().rows, 100);
        assert_eq!(names(home.path()), ["out"]);
    }
}
