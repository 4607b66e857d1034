//! The size of 1,000,000 contacts in each encoding, and the CPU time for encoding them.
//!
//! `cargo bench --features bench --bench sizes` prints a table and writes the default encoding to `target/sizes`, from
//! which `tests/interop/sizes.py` has other engines write the same table. CPU time is read from `/proc` (Linux).
#![expect(clippy::print_stdout, reason = "its table is what it is for")]

use std::fs;
use std::path::Path;

use linq_export::bench;
use linq_export::config::{Codec, Compression, Encoding, Format, Profile};

const CONTACTS: u64 = 1_000_000;
/// Runs per encoding; the fastest one counts.
const TIMES: u32 = 3;
/// Clock ticks per second in `/proc`, on every Linux.
const TICKS: f64 = 100.0;

fn main() {
    let batches = bench::batches(CONTACTS);
    let parquet = Encoding::new(Format::Parquet);
    let with = |codec, level| {
        let mut encoding = parquet;
        encoding.compression = Compression::new(codec, level).expect("a level that it has");
        encoding
    };
    let mut compact = parquet;
    compact.profile = Profile::Compact;
    let encodings = [
        ("zstd, portable (the default)", parquet),
        ("zstd, compact", compact),
        ("zstd 1, portable", with(Codec::Zstd, Some(1))),
        ("zstd 3, portable", with(Codec::Zstd, Some(3))),
        ("zstd 9, portable", with(Codec::Zstd, Some(9))),
        ("gzip, portable", with(Codec::Gzip, None)),
        ("snappy, portable", with(Codec::Snappy, None)),
        ("lz4, portable", with(Codec::Lz4, None)),
        ("none, portable", with(Codec::None, None)),
    ];
    println!("| Parquet | MB | CPU s |\n|---|---|---|");
    for (name, encoding) in encodings {
        let (mut size, mut least) = (0, f64::MAX);
        for _ in 0..TIMES {
            let start = processor_seconds();
            size = bench::encode(encoding, &batches).len() / 100_000;
            least = least.min(processor_seconds() - start);
        }
        println!("| {name} | {}.{} | {least:.2} |", size / 10, size % 10);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/sizes");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("contacts.parquet"), bench::encode(parquet, &batches)).expect("a file");
}

/// CPU time of this process so far.
fn processor_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    let ticks = stat.rsplit(')').next().into_iter().flat_map(str::split_whitespace).skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<f64>().expect("a number")).sum::<f64>() / TICKS
}
