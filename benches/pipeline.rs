//! A whole export: fetches pages over HTTP from a sandbox in the same process, decodes, encodes and writes them.
//!
//! The sandbox generates its contacts on the same cores, which is a large part of the time. The throughput is that of the
//! JSON.
//!
//! `cargo bench --features bench --bench pipeline`

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use linq_export::CancellationToken;
use linq_export::config::{BaseUrl, ContactsConfig, ExportConfig, Format, Output, Pacing, PlainHttp, Rate, Token};
use linq_export::events::Silent;
use linq_export::sandbox::{Sandbox, SandboxConfig};
use pages::pages;

mod pages;

/// Contacts in the organization.
const CONTACTS: u64 = 20_000;

fn pipeline(criterion: &mut Criterion) {
    let json: usize = pages(CONTACTS).iter().map(Bytes::len).sum();
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let folder = tempfile::tempdir().expect("a folder for the files");
    let mut config = SandboxConfig::default();
    config.contacts = CONTACTS;
    let sandbox = runtime.block_on(Sandbox::start(config)).expect("a free port");

    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Bytes(json as u64)).sampling_mode(SamplingMode::Flat);
    for format in [Format::Parquet, Format::Ndjson] {
        let config = export(&sandbox, folder.path(), format);
        group.bench_function(format.to_string(), |bencher| {
            bencher.iter(|| {
                let export = linq_export::export(config.clone(), Arc::new(Silent), CancellationToken::new());
                runtime.block_on(export).expect("every contact")
            });
        });
    }
    group.finish();
}

fn export(sandbox: &Sandbox, folder: &Path, format: Format) -> ExportConfig {
    let base_url = BaseUrl::parse(&sandbox.base_url(), PlainHttp::Loopback).expect("a valid URL");
    let mut contacts = ContactsConfig::new(base_url, Token::new(sandbox.token()).expect("a valid token"));
    contacts.pacing = Pacing::Fixed(Rate::new(10_000.0).expect("a valid rate"));
    ExportConfig::new(contacts, Output::File(folder.join(format!("contacts.{format}"))), format)
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
