//! Decodes the JSON of pages into columns, as every fetch task does with every page.
//!
//! The throughput is that of the JSON. `cargo bench --features bench --bench decode`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use linq_export::bench;
use pages::pages;

mod pages;

/// Contacts on the page.
const CONTACTS: u64 = 100;

fn decode(criterion: &mut Criterion) {
    let page = pages(CONTACTS).remove(0);
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes(page.len() as u64));
    group.bench_function("page", |bencher| bencher.iter(|| bench::decode(black_box(&page))));
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
