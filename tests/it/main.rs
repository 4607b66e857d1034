//! The program and the library over the sandbox.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod export;
mod faults;
mod program;
mod sandbox;
mod support;
