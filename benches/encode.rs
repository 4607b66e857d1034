//! Encodes record batches in each format, as the encoder thread does.
//!
//! The throughput is that of the file. `cargo bench --features bench --bench encode`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use linq_export::bench;
use linq_export::config::{Encoding, Format};

/// Contacts in the file.
const CONTACTS: u64 = 20_000;

fn encode(criterion: &mut Criterion) {
    let batches = bench::batches(CONTACTS);
    let mut group = criterion.benchmark_group("encode");
    for format in [Format::Parquet, Format::Ndjson, Format::Csv] {
        let encoding = Encoding::new(format);
        group.throughput(Throughput::Bytes(bench::encode(encoding, &batches).len() as u64));
        group.bench_function(format.to_string(), |bencher| {
            bencher.iter(|| bench::encode(encoding, black_box(&batches)));
        });
    }
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
