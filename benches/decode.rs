//! Decodes the JSON of a page into a record batch, as every fetch task does with every page.
//!
//! `cargo bench --features bench --bench decode`

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::TcpStream;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use linq_export::bench;
use linq_export::sandbox::{Sandbox, SandboxConfig};

/// Contacts on the page.
const CONTACTS: u64 = 100;

fn decode(criterion: &mut Criterion) {
    let page = page();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(CONTACTS));
    group.bench_function("page", |bencher| bencher.iter(|| bench::decode(black_box(&page))));
    group.finish();
}

/// A page as the API sends it, with its keys in that order.
fn page() -> Bytes {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let sandbox = runtime.block_on(Sandbox::start(SandboxConfig::default())).expect("a free port");
    let mut connection = TcpStream::connect(sandbox.address()).expect("the sandbox listens");
    let request = format!(
        "GET /api/partner/v2/contacts?page=1&per_page={CONTACTS} HTTP/1.1\r\n\
         host: localhost\r\nconnection: close\r\nx-linq-integration-token: {}\r\n\r\n",
        sandbox.token()
    );
    connection.write_all(request.as_bytes()).expect("the sandbox reads");
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).expect("the sandbox answers");
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").expect("a head");
    answer.split_off(head + 4).into()
}

criterion_group!(benches, decode);
criterion_main!(benches);
