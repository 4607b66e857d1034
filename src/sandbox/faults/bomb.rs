//! A gzip bomb: a small body that inflates to far more than the limit for a page.
//!
//! JSON may start with any number of spaces, so the inflated body is the correct page: only a limit on inflated bytes
//! can reject it.

use std::sync::OnceLock;

use flate2::{Compress, Compression, Crc, FlushCompress};

/// Bytes per run of spaces.
const RUN: usize = 1 << 20;
/// Runs before the page.
const RUNS: usize = 64;

/// A gzip header: deflate, no name, no time, no system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// `page` after 64 MiB of spaces, compressed.
pub(super) fn after_spaces(page: &[u8]) -> Vec<u8> {
    let (packed_run, run_sum) = run();
    let mut sum = Crc::new();
    let mut packed = HEADER.to_vec();
    for _ in 0..RUNS {
        packed.extend_from_slice(packed_run);
        sum.combine(run_sum);
    }
    deflate(page, FlushCompress::Finish, &mut packed);
    sum.update(page);
    packed.extend_from_slice(&sum.sum().to_le_bytes());
    packed.extend_from_slice(&sum.amount().to_le_bytes());
    packed
}

/// A run of spaces without back references, so that it can be repeated.
fn run() -> &'static (Vec<u8>, Crc) {
    static PACKED: OnceLock<(Vec<u8>, Crc)> = OnceLock::new();
    PACKED.get_or_init(|| {
        let spaces = vec![b' '; RUN];
        let mut packed = Vec::new();
        deflate(&spaces, FlushCompress::Full, &mut packed);
        let mut sum = Crc::new();
        sum.update(&spaces);
        (packed, sum)
    })
}

fn deflate(plain: &[u8], flush: FlushCompress, out: &mut Vec<u8>) {
    // Deflate adds a few bytes to incompressible data. With enough room it needs one call and cannot fail.
    out.reserve(plain.len() + plain.len() / 1_000 + 64);
    let _ = Compress::new(Compression::best(), false).compress_vec(plain, out, flush);
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn a_bomb_inflates_to_spaces_and_the_page() {
        let packed = after_spaces(b"{}");
        assert!(packed.len() < 100_000, "{}", packed.len());
        let mut decoder = GzDecoder::new(&packed[..]);
        let mut chunk = vec![0; RUN];
        for _ in 0..RUNS {
            decoder.read_exact(&mut chunk).unwrap();
            assert_eq!(chunk.first(), Some(&b' '));
        }
        let mut rest = String::new();
        decoder.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "{}");
    }
}
