//! Damaged Parquet: whichever bytes are damaged, every command ends with an error or a result, and none panics.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use linq_export::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use linq_export::dataset::digest;
use linq_export::inspect::inspect;
use linq_export::verify::verify;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::json;

use crate::support::run::exported;
use crate::support::{folder, path, run};
use crate::verify::{resealed, sha256};

/// Damages for each file.
const DAMAGES: u64 = 500;

/// Cuts, flips, overwrites, moves or doubles some of the bytes.
fn damage(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let at = random.usize(..bytes.len());
    let end = (at + random.usize(1..64)).min(bytes.len());
    match random.u8(..6) {
        0 | 1 => bytes[at] ^= 1 << random.u8(..8),
        2 => bytes[at..end].fill(if random.bool() { 0xff } else { 0 }),
        3 => bytes[at..end].iter_mut().for_each(|byte| *byte = random.u8(..)),
        4 => drop(bytes.drain(at..end)),
        _ => bytes.extend_from_within(at..end),
    }
}

/// Asks all commands; a panic of one is the test's.
fn asked(file: &str, what: &str) -> bool {
    let of = Path::new(file);
    let ended = catch_unwind(AssertUnwindSafe(|| [inspect(of).is_ok(), digest(of).is_ok(), verify(of, None).is_ok()]));
    ended.unwrap_or_else(|_| panic!("{what}: a command panicked")).contains(&true)
}

#[test]
fn no_damage_makes_a_command_panic() {
    // Most of the damage to what is compressed would be seen before it is decoded.
    for options in [["--parquet-profile", "compact"], ["--owners", "struct"]] {
        let folder = folder();
        let file = path(&folder, "c.parquet");
        assert_eq!(exported(30, &file, &[&options[..], &["--compression", "none"]].concat()).code, Some(0));
        let whole = fs::read(&file).unwrap();
        let mut read = 0;
        for seed in 0..DAMAGES {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut bytes = whole.clone();
            // Most of it is the footer, and all of it is worth a try.
            for _ in 0..random.usize(1..4) {
                damage(&mut bytes, &mut random);
            }
            fs::write(&file, &bytes).unwrap();
            // What verify would refuse at once is made to look right.
            resealed(&file, |manifest| {
                manifest["file"]["bytes"] = json!(bytes.len());
                manifest["file"]["sha256"] = json!(sha256(&bytes));
            });
            read += u64::from(asked(&file, &format!("{options:?}, seed {seed}")));
        }
        assert!(read > 0 && read < DAMAGES, "{read}");
    }
}

/// The data page of the only column says that its values are in a dictionary, and there is none.
fn without_its_dictionary() -> Vec<u8> {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let batch = RecordBatch::try_from_iter([("id", ids)]).unwrap();
    let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    let mut bytes = writer.into_inner().unwrap();
    // Thrift, compact: the header of a data page, three values, plain.
    let header = [0x2c, 0x15, 0x06, 0x15, 0x00];
    let at = bytes.windows(header.len()).position(|window| window == header).unwrap();
    bytes[at + 4] = 0x10;
    bytes
}

#[test]
fn a_panic_of_the_reader_is_told_as_damage_and_nothing_else_is_said() {
    let folder = folder();
    let file = path(&folder, "c.parquet");
    fs::write(&file, without_its_dictionary()).unwrap();
    for command in ["inspect", "digest"] {
        let ran = run(&[command, &file]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(65), ""), "{}", ran.stderr);
        let said: Vec<_> = ran.stderr.lines().collect();
        assert_eq!(said.len(), 2, "{}", ran.stderr);
        assert!(said[0].starts_with("error: ") && said[0].contains("cannot read") && said[1].starts_with("hint: "));
    }
}
