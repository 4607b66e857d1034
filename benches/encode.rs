//! Record batches to the bytes of a file, in each format: what the encoding thread does.
//!
//! `cargo bench --features bench --bench encode`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures::TryStreamExt;
use linq_export::arrow::array::RecordBatch;
use linq_export::bench;
use linq_export::config::{BaseUrl, ContactsConfig, Encoding, Format, Pacing, PlainHttp, Rate, Token};
use linq_export::sandbox::{Sandbox, SandboxConfig};

/// Contacts of the file.
const CONTACTS: u64 = 20_000;

fn encode(criterion: &mut Criterion) {
    let batches = batches();
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements(CONTACTS));
    for format in [Format::Parquet, Format::Ndjson, Format::Csv] {
        group.bench_function(format.to_string(), |bencher| {
            bencher.iter(|| bench::encode(Encoding::new(format), black_box(&batches)));
        });
    }
    group.finish();
}

/// The batches of a whole sandbox.
fn batches() -> Vec<RecordBatch> {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let mut config = SandboxConfig::default();
        config.contacts = CONTACTS;
        let sandbox = Sandbox::start(config).await.expect("a free port");
        let base_url = BaseUrl::parse(&sandbox.base_url(), PlainHttp::Loopback).expect("a valid URL");
        let mut config = ContactsConfig::new(base_url, Token::new(sandbox.token()).expect("a valid token"));
        config.pacing = Pacing::Fixed(Rate::new(10_000.0).expect("a valid rate"));
        linq_export::contacts(&config).expect("a client").try_collect().await.expect("every contact")
    })
}

criterion_group!(benches, encode);
criterion_main!(benches);
