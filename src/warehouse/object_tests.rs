//! Kits whose files are objects in a store, in all dialects.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::arrow::datatypes::{Field, Schema};

use super::tests::{kit_of, nested, owners, text};
use super::*;
use crate::config::{Format, TableName};
use crate::digest::ContentDigest;
use crate::proof::Level;
use crate::resource;

/// A kit with an owners table, for objects in a bucket of a store.
fn kit_at(scheme: &str, format: Format, compressed: Option<&'static str>, keys: &[&str]) -> Vec<KitFile> {
    let (contacts, owners) = (nested(), owners());
    let table = |schema, keys: &[&str]| TableInput {
        schema,
        files: keys.iter().map(|key| PathBuf::from(format!("{scheme}://bucket/{key}"))).collect(),
        digest: ContentDigest { rows: 2, sum: 3 },
    };
    kit(&KitInput {
        export: Path::new("s3://bucket/dir/"),
        table: &TableName::default(),
        level: Level::Counted,
        deletes: false,
        contacts: table(&contacts, keys),
        owners: Some(table(&owners, &["dir/_owners/owners.parquet"])),
        format,
        compressed,
        partition: None,
        hashed: None,
    })
}

/// A kit of changes whose file is an object.
fn changes_at(scheme: &str) -> Vec<KitFile> {
    let contacts = resource::schema();
    let fields = resource::change_fields().iter().cloned().map(Arc::new).chain(contacts.fields().iter().cloned());
    changes_kit(&ChangesKitInput {
        changes: TableInput {
            schema: &Schema::new(fields.collect::<Vec<Arc<Field>>>()),
            files: vec![PathBuf::from(format!("{scheme}://bucket/dir/changes.ndjson.gz"))],
            digest: ContentDigest { rows: 7, sum: 8 },
        },
        contacts: &contacts,
        applied: ContentDigest { rows: 2_500, sum: 9 },
        seen_by: "2026-01-31T06:00:00.123Z",
        format: Format::Ndjson,
        compressed: Some("gzip"),
        hashed: None,
    })
}

fn assert_parts(kit: &[KitFile], parts: &[(&str, &str)]) {
    for (name, part) in parts {
        assert!(text(kit, name).contains(part), "{name} lacks {part}:\n{}", text(kit, name));
    }
}

#[test]
fn each_warehouse_reads_from_s3() {
    let kit = kit_at("s3", Format::Parquet, None, &["dir/c.parquet"]);
    assert_parts(
        &kit,
        &[
            (
                "README.md",
                "\n## Files\n\n- `contacts`: `s3://bucket/dir/c.parquet`\n- `owners`: `s3://bucket/dir/_owners/",
            ),
            (
                "README.md",
                "The load script copies the objects to a temporary directory first, with the AWS command line.",
            ),
            ("bigquery.load.sh", "files=(\n    's3://bucket/dir/c.parquet'\n)\n"),
            (
                "bigquery.load.sh",
                "\n    aws s3 cp --only-show-errors \"$file\" \"$work/part\"\n    bq \"$@\" load $how ",
            ),
            ("bigquery.load.sh", " linq.contacts_staging \"$work/part\" \"$schema\"\n"),
            ("bigquery.load.sh", "gcloud storage cp s3://BUCKET/OBJECT gs://BUCKET/OBJECT"),
            ("duckdb.sql", "INSTALL httpfs;\nLOAD httpfs;\n-- Needs a secret"),
            ("duckdb.sql", "FROM read_parquet([\n  's3://bucket/dir/c.parquet'\n], hive_partitioning = false);"),
            (
                "snowflake.sql",
                "_stage\n  URL = 's3://bucket/dir/'\n  STORAGE_INTEGRATION = linq_export;\n\nCOPY INTO contacts_staging",
            ),
            ("snowflake.sql", "  FROM @contacts_stage\n)\nFILES = (\n  'c.parquet'\n)\nFILE_FORMAT = (TYPE = PARQUET "),
            ("snowflake.owners.sql", "URL = 's3://bucket/dir/_owners/'"),
            ("clickhouse.sql", "FROM s3('https://bucket.s3.amazonaws.com/dir/c.parquet', 'Parquet', '  id Int64,\\n"),
            ("clickhouse.sql", "  contact_owner Tuple(id Nullable(Int64), "),
            ("spark.sql", "OPTIONS (path 's3a://bucket/dir/c.parquet')"),
        ],
    );
    assert!(!text(&kit, "snowflake.sql").contains("PUT "));
    let kit = kit_at("s3", Format::Csv, Some("zstd"), &["dir/c.csv.zst"]);
    assert_parts(
        &kit,
        &[
            (
                "bigquery.load.sh",
                "    aws s3 cp --only-show-errors \"$file\" \"$work/object\"\n    zstd -qdc -- \"$work/object\" > \"$work/part\"\n    bq ",
            ),
            ("clickhouse.sql", "', 'zstd')\nSETTINGS date_time_input_format = 'best_effort', "),
            (
                "postgres.sql",
                "FROM PROGRAM 'work=$(mktemp -d) && trap ''rm -rf -- \"$work\"'' EXIT && aws s3 cp --only-show-errors \
                 ''s3://bucket/dir/c.csv.zst'' \"$work/part\" && zstd -qdc -- \"$work/part\"' WITH (FORMAT csv, HEADER true",
            ),
        ],
    );
}

#[test]
fn each_warehouse_reads_from_cloud_storage() {
    let kit = kit_at("gs", Format::Ndjson, Some("gzip"), &["dir/c.ndjson.gz"]);
    assert_parts(
        &kit,
        &[
            (
                "bigquery.load.sh",
                "\nfor file in \"${files[@]}\"; do\n    bq \"$@\" load $how --source_format=NEWLINE_DELIMITED_JSON",
            ),
            ("bigquery.load.sh", " linq.contacts_staging \"$file\" \"$schema\"\n"),
            ("duckdb.sql", "(TYPE gcs, KEY_ID '...', SECRET '...')"),
            ("duckdb.sql", "'gs://bucket/dir/c.ndjson.gz'"),
            ("snowflake.sql", "URL = 'gcs://bucket/dir/'"),
            ("clickhouse.sql", "FROM gcs('https://storage.googleapis.com/bucket/dir/c.ndjson.gz', 'JSONEachRow', "),
            ("clickhouse.sql", "', 'gzip')\nSETTINGS date_time_input_format = 'best_effort';\n"),
            ("spark.sql", "OPTIONS (path 'gs://bucket/dir/c.ndjson.gz', mode 'FAILFAST')"),
            (
                "postgres.sql",
                " && gcloud storage cp ''gs://bucket/dir/c.ndjson.gz'' \"$work/part\" && gzip -dc -- \"$work/part\"'",
            ),
        ],
    );
    assert!(!text(&kit, "bigquery.load.sh").contains("mktemp"));
    // BigQuery does not read zstd, bq splits names at commas, and an asterisk is a pattern.
    for (compressed, key) in [(Some("zstd"), "dir/c.ndjson.zst"), (None, "dir/a,b"), (None, "dir/a*")] {
        let kit = kit_at("gs", Format::Ndjson, compressed, &[key]);
        let script = text(&kit, "bigquery.load.sh");
        assert!(script.contains("    gcloud storage cp \"$file\" \"$work/"), "{script}");
        assert!(script.contains(&format!("    'gs://bucket/{}'\n", key.replace('*', "[*]"))), "{script}");
    }
}

#[test]
fn the_storage_account_is_a_placeholder() {
    let kit = kit_at("az", Format::Ndjson, None, &["dir/c.ndjson"]);
    assert_parts(
        &kit,
        &[
            ("README.md", "perl -pi -e 's/AZURE_ACCOUNT/$ENV{AZURE_STORAGE_ACCOUNT_NAME}/g' *.sql\n"),
            ("bigquery.load.sh", ": \"${AZURE_STORAGE_ACCOUNT_NAME:?set it to the name of the storage account}\"\n"),
            ("bigquery.load.sh", "files=(\n    'dir/c.ndjson'\n)\n"),
            (
                "bigquery.load.sh",
                "    az storage blob download --account-name=\"$AZURE_STORAGE_ACCOUNT_NAME\" --container-name='bucket' \
                 --name=\"$file\" --file=\"$work/part\" --no-progress --output=none\n",
            ),
            ("duckdb.sql", "INSTALL azure;\nLOAD azure;\n"),
            ("duckdb.sql", "'az://bucket/dir/c.ndjson'"),
            ("snowflake.sql", "URL = 'azure://AZURE_ACCOUNT.blob.core.windows.net/bucket/dir/'"),
            (
                "clickhouse.sql",
                "FROM azureBlobStorage('https://AZURE_ACCOUNT.blob.core.windows.net', 'bucket', 'dir/c.ndjson', 'JSONEachRow', \
                 'none', '  id Int64",
            ),
            ("spark.sql", "'abfss://bucket@AZURE_ACCOUNT.dfs.core.windows.net/dir/c.ndjson'"),
            ("postgres.sql", "PROGRAM ': \"${AZURE_STORAGE_ACCOUNT_NAME:?}\" && work=$(mktemp -d) "),
            ("postgres.sql", " --name=''dir/c.ndjson'' --file=\"$work/part\" --no-progress --output=none && cat -- "),
        ],
    );
    for name in ["snowflake.sql", "clickhouse.sql", "spark.sql"] {
        assert!(text(&kit, name).contains("-- Replace AZURE_ACCOUNT by"), "{name}");
    }
}

#[test]
fn every_dialect_quotes_keys() {
    let key = "it's ü/{a},[b]* %20.parquet";
    let kit = kit_at("s3", Format::Parquet, None, &[key]);
    assert_parts(
        &kit,
        &[
            ("bigquery.load.sh", "    's3://bucket/it'\\''s ü/{a},[b]* %20.parquet'\n"),
            ("duckdb.sql", "'s3://bucket/it''s ü/{a},[[]b][*] %20.parquet'"),
            ("snowflake.sql", "URL = 's3://bucket/it\\'s ü/'"),
            ("snowflake.sql", "FILES = (\n  '{a},[b]* %20.parquet'\n)"),
            (
                "clickhouse.sql",
                "'https://bucket.s3.amazonaws.com/it%27s%20%C3%BC/*a*%2C%5Bb%5D*%20%2520.parquet', 'Parquet', ",
            ),
            ("clickhouse.sql", "\nWHERE _path = 'bucket/it\\'s ü/{a},[b]* %20.parquet';\n"),
            ("spark.sql", r"path 's3a://bucket/it\'s ü/\\{a\\}\\,\\[b\\]\\* %20.parquet'"),
        ],
    );
    let kit = kit_at("az", Format::Csv, None, &[key]);
    assert_parts(
        &kit,
        &[
            ("clickhouse.sql", "'bucket', 'it\\'s ü/*a*,[b]* %20.parquet', 'CSVWithNames', 'none', "),
            ("postgres.sql", "--name=''it''\\''''s ü/{a},[b]* %20.parquet''"),
        ],
    );
}

#[test]
fn every_object_is_named_and_snowflake_takes_a_thousand_at_once() {
    let names: Vec<_> = (0..1001).map(|part| format!("dir/part-{part:05}.parquet")).collect();
    let keys: Vec<_> = names.iter().map(String::as_str).collect();
    let kit = kit_at("gs", Format::Parquet, None, &keys);
    for name in ["bigquery.load.sh", "duckdb.sql", "snowflake.sql", "clickhouse.sql", "spark.sql"] {
        for part in ["part-00000.parquet", "part-01000.parquet"] {
            assert_eq!(text(&kit, name).matches(part).count(), 1, "{name}");
        }
    }
    assert!(text(&kit, "spark.sql").contains("path 'gs://bucket/dir/{part-00000.parquet,part-00001.parquet,"));
    assert_eq!(text(&kit, "snowflake.sql").matches("COPY INTO contacts_staging (").count(), 2);
    assert!(
        text(&kit, README).contains("- `contacts`: 1,001 objects in `gs://bucket/dir/`\n"),
        "{}",
        text(&kit, README)
    );
}

#[test]
fn a_bucket_with_a_dot_is_not_part_of_the_host() {
    let kit = kit_of(&resource::schema(), Format::Parquet, None, &["s3://my.bucket/c.parquet"]);
    assert!(
        text(&kit, "clickhouse.sql").contains("FROM s3('https://s3.amazonaws.com/my.bucket/c.parquet', 'Parquet', ")
    );
}

#[test]
fn all_partitions_are_read_from_the_store_too() {
    let kit = kit_of(&resource::schema(), Format::Parquet, None, &["s3://b/c/run_date=2026-01-31/part-00000.parquet"]);
    assert!(text(&kit, README).contains("'s3://b/c/run_date=*/part-*.parquet', hive_partitioning = true"));
}

#[test]
fn changes_are_read_from_a_store_like_contacts() {
    let kit = changes_at("s3");
    assert_parts(
        &kit,
        &[
            ("README.md", "- `contacts_changes`: `s3://bucket/dir/changes.ndjson.gz`\n"),
            ("README.md", "DuckDB reads the objects with its extension `httpfs`."),
            ("bigquery.changes.load.sh", "    aws s3 cp --only-show-errors \"$file\" \"$work/part\"\n"),
        ],
    );
    for name in ["changes.sql", "history.sql"] {
        assert_parts(
            &kit,
            &[
                (&format!("duckdb.{name}"), "LOAD httpfs;"),
                (&format!("snowflake.{name}"), "URL = 's3://bucket/dir/'"),
                (
                    &format!("clickhouse.{name}"),
                    "FROM s3('https://bucket.s3.amazonaws.com/dir/changes.ndjson.gz', 'JSONEachRow'",
                ),
                (&format!("spark.{name}"), "'s3a://bucket/dir/changes.ndjson.gz'"),
                (&format!("postgres.{name}"), "FROM PROGRAM 'work=$(mktemp -d) "),
            ],
        );
    }
    for name in ["snowflake", "clickhouse", "spark"] {
        assert!(
            text(&changes_at("az"), &format!("{name}.history.sql")).contains("-- Replace AZURE_ACCOUNT by"),
            "{name}"
        );
    }
}
