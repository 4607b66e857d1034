//! The program and the library over the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends where something unexpected happens, and may print figures"
)]

mod answers;
mod claims;
mod damage;
mod deletes;
mod digest;
mod exits;
mod export;
mod faults;
mod folder;
mod forms;
mod inspect;
mod kill;
mod kit;
mod manifest;
mod map;
mod memory;
mod moving;
mod night;
mod pace;
mod personal;
mod pointed;
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
mod verify;
