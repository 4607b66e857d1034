//! See `linq_export::fuzzing::said`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| linq_export::fuzzing::said(bytes));
