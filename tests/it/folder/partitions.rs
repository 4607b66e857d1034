//! What a new partition takes over from its siblings.

use crate::support::run::json;
use crate::support::{folder, path, run};

#[test]
fn a_new_partition_starts_at_a_learned_rate() {
    let home = folder();
    let out = path(&home, "out/");
    let run_of = |day: &str, more: &[&str]| {
        let partition = format!("day={day}");
        let mut arguments = vec!["contacts", "--sandbox", "-o", &out, "--partition", &partition];
        arguments.extend_from_slice(more);
        let ran = run(&arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        json(format!("{out}{partition}/_manifest.json"))["run"].clone()
    };
    let learned = run_of("1", &["--sandbox-contacts", "16000", "--sandbox-rate", "50/s,burst=20"]);
    assert!(learned["rate"].is_object(), "{learned}");
    // So few pages say nothing about the rate: what the run was told is passed on.
    let next = run_of("2", &["--sandbox-contacts", "5", "--max-deletes", "100%"]);
    assert_eq!(next["rate"], learned["rate"], "{next}");
}
