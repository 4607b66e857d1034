//! The fuzz corpus and seeded mutations of it: a short version of what the fuzz targets do for hours.

use std::ops::Range;
use std::path::Path;

use super::{page, retry_after, said};

/// Mutations per target.
const MUTATIONS: u64 = 2_000;
/// Bytes to splice in, besides parts of other files.
const TOKENS: [&[u8]; 16] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"null",
    b"\\ud800",
    b"\\u0000",
    b"\xff",
    b"\x1b[2J",
    b"\"id\":1,",
    b"\n",
    b"18446744073709551615",
    b"-1e999",
];

#[test]
fn pages_are_decoded_whole_or_refused() {
    run("page", page);
}

#[test]
fn waits_are_read_or_ignored() {
    run("retry_after", retry_after);
}

#[test]
fn what_a_server_says_is_short_and_harmless() {
    run("said", said);
}

fn run(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let corpus: Vec<_> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert!(corpus.len() > 2, "no corpus in {}", folder.display());
    for bytes in &corpus {
        tried(check, bytes, 0);
    }
    for seed in 1..=MUTATIONS {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = random.choice(&corpus).unwrap().clone();
        for _ in 0..random.usize(1..4) {
            mutate(&mut bytes, &corpus, &mut random);
        }
        tried(check, &bytes, seed);
    }
}

/// Checks one input, and prints it if it fails.
fn tried(check: fn(&[u8]), bytes: &[u8], seed: u64) {
    let result = std::panic::catch_unwind(|| check(bytes));
    assert!(result.is_ok(), "mutation {seed}: {}", bytes.escape_ascii());
}

fn mutate(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut fastrand::Rng) {
    let at = part(bytes, random);
    match random.u8(0..5) {
        0 => {
            if let Some(byte) = bytes.get_mut(at.start) {
                *byte ^= 1 << random.u8(0..8);
            }
        }
        1 => bytes.truncate(at.start),
        2 => drop(bytes.drain(at)),
        3 => drop(bytes.splice(at.start..at.start, random.choice(TOKENS).unwrap().iter().copied())),
        _ => {
            let other = random.choice(corpus).unwrap();
            drop(bytes.splice(at, other[part(other, random)].iter().copied()));
        }
    }
}

fn part(bytes: &[u8], random: &mut fastrand::Rng) -> Range<usize> {
    let start = random.usize(0..=bytes.len());
    start..random.usize(start..=bytes.len())
}
