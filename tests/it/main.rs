//! The program and the library over the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends where something unexpected happens, and may print figures"
)]

mod export;
mod faults;
mod kill;
mod night;
mod pace;
mod program;
mod publish;
mod run;
mod sandbox;
mod support;
mod verify;
