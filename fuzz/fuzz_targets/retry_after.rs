//! See `linq_export::fuzzing::retry_after`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| linq_export::fuzzing::retry_after(bytes));
