//! The program and the library over the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where something unexpected happens, and may print figures and that it was skipped"
)]

mod answers;
mod architecture;
mod claims;
mod contradictions;
mod damage;
mod deletes;
mod digest;
mod docs;
mod exits;
mod export;
mod faults;
mod files;
mod folder;
mod forms;
mod help;
mod inspect;
mod kill;
mod kit;
mod last_word;
mod manifest;

mod memory;
mod messages;
mod moving;
mod night;
mod pace;
mod personal;
mod pipes;
mod pointed;
mod process;
mod program;
mod proxy;
mod publish;
mod require;
mod run;
mod sandbox;
mod schema;
mod scripted;
mod secrets;
mod signals;
mod space;
mod support;
mod tls;
mod tunnel;
mod unreadable;
mod variables;
mod verify;
