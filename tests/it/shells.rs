//! Shell completions and manual pages.

use std::process::Command;

use crate::support::run;

const COMMANDS: [&str; 9] =
    ["contacts", "changes", "verify", "inspect", "digest", "schema", "sandbox", "completions", "man"];

#[test]
fn each_shell_gets_a_script_with_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(&["completions", shell]);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
        for word in COMMANDS.iter().chain(&["lock-lease", "token-command"]) {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(run(&["completions", "tcsh"]).code, Some(2));
}

#[test]
fn bash_completes_commands_and_options() {
    let script = run(&["completions", "bash"]).stdout;
    let completed = |words: &str, last: &str| {
        let text = format!(
            "{script}\nCOMP_WORDS=({words} {last}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\nset -- $(complete -p linq-export)\n\
             while [ \"$1\" != -F ]; do shift; done; \"$2\" linq-export '{last}' ''; printf '%s ' \"${{COMPREPLY[@]}}\""
        );
        let ended = Command::new("bash").args(["--norc", "-c", &text]).output();
        ended.ok().map(|ended| String::from_utf8(ended.stdout).unwrap())
    };
    // Where there is no bash, nobody needs its script.
    let Some(options) = completed("linq-export contacts", "--ro") else { return };
    assert_eq!(options.trim(), "--rows-per-file --row-group-size");
    assert!(completed("linq-export", "ver").unwrap().contains("verify"));
}

#[test]
fn each_command_has_a_manual_page() {
    for command in COMMANDS {
        let ran = run(&["man", command]);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
        assert!(ran.stdout.contains(&format!(".TH linq-export-{command} 1 ")), "{}", ran.stdout);
    }
    let page = run(&["man"]).stdout;
    assert!(page.contains(".TH linq-export 1 ") && page.contains("linq\\-export\\-contacts(1)"), "{page}");
    let unknown = run(&["man", "nope"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("no command \"nope\""), "{}", unknown.stderr);
}
