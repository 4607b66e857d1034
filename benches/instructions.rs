//! Runs one stage of the data path once, for `.ci/instructions`, which counts its instructions in valgrind.
//!
//! Its argument is the stage: `decode`, `parquet`, `ndjson` or `csv`.

use std::env;
use std::hint::black_box;

use linq_export::bench;
use linq_export::config::{Encoding, Format};
use pages::pages;

mod pages;

/// Contacts that the stage decodes or encodes. `.ci/instructions` divides by the same number.
const CONTACTS: u64 = 10_000;

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "decode" => decode(),
        "parquet" => encode(Format::Parquet),
        "ndjson" => encode(Format::Ndjson),
        "csv" => encode(Format::Csv),
        // `cargo bench` runs every bench, but there is no time to report.
        _ => {}
    }
}

fn decode() {
    let pages = pages(CONTACTS);
    counted(|| {
        black_box(bench::decode(black_box(&pages)));
    });
}

fn encode(format: Format) {
    let batches = bench::batches(CONTACTS);
    counted(|| {
        black_box(bench::encode(Encoding::new(format), black_box(&batches)));
    });
}

/// Only instructions in this function are counted, which valgrind finds by its name.
#[inline(never)]
fn counted(stage: impl FnOnce()) {
    stage();
}
