//! The program and the library, tested with the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where something unexpected happens, and may print figures and that it was skipped"
)]

mod accounting;
mod answers;
mod architecture;
mod changes;
mod changes_since;
mod check;
mod claims;
mod columns_and_owners;
mod contradictions;
mod damage;
mod deletes;
mod digest;
mod disk_full;
mod docs;
mod exits;
mod export;
mod faults;
mod files;
mod final_message;
mod folder;
mod help;
mod inspect;
mod kill;
mod kit;
mod links;
mod manifest;
mod memory;
mod messages;
mod moving;
mod nights;
mod pace;
mod personal_data;
mod pipes;
mod process;
mod profiles;
mod program;
mod proxy;
mod publish;
mod refusals;
mod required_level;
mod run_report;
mod sandbox;
mod schema;
mod secrets;
mod shells;
mod signals;
mod support;
mod tls;
mod token_sources;
mod unreadable;
mod variables;
mod verify;
