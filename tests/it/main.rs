//! The program and the library over the sandbox.

mod sandbox;
