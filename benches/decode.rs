//! Decodes the JSON of pages into contacts, as every fetch task does with every page, and copies these into a batch.
//!
//! The throughput is that of the JSON. `cargo bench --features bench --bench decode`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use linq_export::bench;
use pages::pages;

mod pages;

/// Contacts on the pages: those of a batch.
const CONTACTS: u64 = 8_192;

fn decode(criterion: &mut Criterion) {
    let pages = pages(CONTACTS);
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes(pages.iter().map(|page| page.len() as u64).sum()));
    group.bench_function("batch", |bencher| bencher.iter(|| bench::decode(black_box(&pages))));
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
