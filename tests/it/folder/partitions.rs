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
    let learned = run_of("1", &["--sandbox-contacts", "6000", "--sandbox-rate", "20/s"]);
    assert!(learned["learned_rate"].is_f64(), "{learned}");
    // In so short a run nothing is refused: what it was told is passed on.
    let next = run_of("2", &["--sandbox-contacts", "5"]);
    assert_eq!(
        (&next["learned_rate"], &next["learned_at"]),
        (&learned["learned_rate"], &learned["learned_at"]),
        "{next}"
    );
}
