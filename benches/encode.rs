//! Encodes record batches in each format, as the encoder thread does.
//!
//! `cargo bench --features bench --bench encode`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use linq_export::bench;
use linq_export::config::{Encoding, Format};

/// Contacts in the file.
const CONTACTS: u64 = 20_000;

fn encode(criterion: &mut Criterion) {
    let batches = bench::batches(CONTACTS);
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements(CONTACTS));
    for format in [Format::Parquet, Format::Ndjson, Format::Csv] {
        group.bench_function(format.to_string(), |bencher| {
            bencher.iter(|| bench::encode(Encoding::new(format), black_box(&batches)));
        });
    }
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
