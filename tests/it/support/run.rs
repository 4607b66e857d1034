//! Runs of the program with its own sandbox, for tests of what a run leaves behind.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;

use crate::support::{Ran, program, ran, without_times};

/// An export of this many invented contacts, as fast as possible.
pub fn export(contacts: u64, output: &str, more: &[&str]) -> Command {
    let contacts = contacts.to_string();
    let mut arguments = vec!["contacts", "--sandbox", "--sandbox-contacts", &contacts, "--rate", "5000", "-o", output];
    arguments.extend_from_slice(more);
    program(&arguments)
}

/// The same, to its end.
pub fn exported(contacts: u64, output: &str, more: &[&str]) -> Ran {
    ran(export(contacts, output, more).output().unwrap())
}

/// An export from a server that is not there, which is not waited for.
pub fn failing(output: &str, more: &[&str]) -> Command {
    let mut arguments = vec!["contacts", "-o", output, "--base-url", "http://127.0.0.1:1", "--max-outage", "1ms"];
    arguments.extend_from_slice(&["--backoff", "1ms", "--rate", "5000"]);
    arguments.extend_from_slice(more);
    let mut command = program(&arguments);
    command.env("LINQ_INTEGRATION_TOKEN", "t");
    command
}

/// `verify` of a file.
pub fn verified(file: &str) -> Ran {
    ran(program(&["verify", file]).output().unwrap())
}

/// A JSON file.
pub fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A run whose standard error is read line by line.
pub struct Heard {
    pub child: Child,
    lines: BufReader<ChildStderr>,
}

impl Heard {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        Self { child, lines }
    }

    /// Reads on until a line has `part` in it.
    pub fn until(&mut self, part: &str) -> String {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            if line.contains(part) {
                return without_times(&line);
            }
            line.clear();
        }
        panic!("it ended without saying {part:?}");
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// The exit code, and the rest of what it said.
    pub fn end(mut self) -> (Option<i32>, String) {
        let rest = std::io::read_to_string(&mut self.lines).unwrap();
        (self.child.wait().unwrap().code(), without_times(&rest))
    }
}
