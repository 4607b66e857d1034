//! The program and the library over the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends where something unexpected happens, and may print figures"
)]

mod export;
mod faults;
mod pace;
mod program;
mod sandbox;
mod support;
