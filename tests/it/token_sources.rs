//! The token from a command, and from a credential of systemd.

use std::fs;

use crate::support::{Ran, folder, path, program, ran, sandbox};

/// A command line for the shell of Unix.
const PRINTS: &str = "printf '%s\\n' \"$SECRET\"";

/// An export from a sandbox that expects its token.
async fn exported(options: &[&str], variables: &[(&str, &str)]) -> Ran {
    let (sandbox, folder) = (sandbox(3).await, folder());
    let (url, file) = (sandbox.base_url(), path(&folder, "c.ndjson"));
    let mut command = program(&["contacts", "--base-url", &url, "-o", &file]);
    command.args(options).env("SECRET", sandbox.token()).envs(variables.iter().copied());
    let ran = tokio::task::spawn_blocking(move || ran(command.output().unwrap())).await.unwrap();
    assert!(!ran.stderr.contains(sandbox.token()) && !ran.stdout.contains(sandbox.token()), "{}", ran.stderr);
    ran
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_command_prints_the_token() {
    let ran = exported(&["--token-command", PRINTS], &[]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = exported(&[], &[("LINQ_EXPORT_TOKEN_COMMAND", PRINTS), ("LINQ_INTEGRATION_TOKEN", "another")]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for (command, code, says) in [
        ("exit 3", 2, "cannot read the token from --token-command: the command failed (exit status: 3)"),
        ("printf '%s' \"$SECRET\"; exit 1", 2, "the command failed (exit status: 1)"),
        ("true", 2, "the token is empty (--token-command)"),
        ("cat /dev/zero", 2, "larger than 16 KiB"),
        ("echo another", 77, "token rejected"),
    ] {
        let ran = exported(&["--token-command", command], &[]).await;
        assert_eq!(ran.code, Some(code), "{command}: {}", ran.stderr);
        assert!(code == 77 || ran.stderr.contains(says), "{command}: {}", ran.stderr);
    }
    let ran = exported(&["--token-command", PRINTS, "--token-stdin"], &[]).await;
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("--token-stdin and --token-command are mutually exclusive"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn systemd_gives_the_token_unless_there_is_another() {
    let (sandbox, credentials) = (sandbox(3).await, folder());
    fs::write(credentials.path().join("linq-token"), format!("{}\n", sandbox.token())).unwrap();
    let directory = credentials.path().to_str().unwrap();
    let ran = exported(&[], &[("CREDENTIALS_DIRECTORY", directory)]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = exported(&[], &[("CREDENTIALS_DIRECTORY", directory), ("LINQ_INTEGRATION_TOKEN", "another")]).await;
    assert_eq!(ran.code, Some(77), "{}", ran.stderr);
    let ran = exported(&[], &[("CREDENTIALS_DIRECTORY", "nosuch")]).await;
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}
