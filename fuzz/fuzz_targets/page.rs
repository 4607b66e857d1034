//! See `linq_export::fuzzing::page`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| linq_export::fuzzing::page(bytes));
