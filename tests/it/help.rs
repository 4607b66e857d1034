//! The help of every subcommand at 80 columns, as snapshots.

use crate::support::{program, ran};

/// All subcommands; the first is the program itself.
const COMMANDS: [&[&str]; 9] =
    [&[], &["contacts"], &["check"], &["changes"], &["verify"], &["digest"], &["inspect"], &["schema"], &["sandbox"]];

fn help(command: &[&str], flag: &str) -> String {
    let ran = ran(program(&[command, &[flag]].concat()).env("COLUMNS", "80").output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    // Blank lines are indented in the long help.
    ran.stdout.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[test]
fn short_help() {
    for command in COMMANDS {
        let text = help(command, "-h");
        assert!(!text.contains("[env: "), "{text}");
        insta::assert_snapshot!(format!("short_help_{}", command.first().unwrap_or(&"all")), text);
    }
}

#[test]
fn long_help() {
    for command in COMMANDS {
        insta::assert_snapshot!(format!("long_help_{}", command.first().unwrap_or(&"all")), help(command, "--help"));
    }
}

#[test]
fn the_short_help_of_contacts_fits_on_two_screens() {
    let text = help(&["contacts"], "-h");
    assert!(text.lines().count() <= 48, "{} lines", text.lines().count());
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}
