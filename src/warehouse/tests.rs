//! All dialects together: the type mapping against its documentation, and complete kits.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ::arrow::datatypes::{DataType, Field, Fields};

use super::columns::{Column, Kind, columns};
use super::*;
use crate::config::{Format, TableName};
use crate::digest::ContentDigest;
use crate::proof::Level;
use crate::resource;

/// The table with a struct for the owner.
pub(super) fn nested() -> Schema {
    let of_owner = |name: &str| name.strip_prefix(resource::OWNER_COLUMNS).map(str::to_owned);
    let schema = resource::schema();
    let inner: Fields = schema
        .fields()
        .iter()
        .filter_map(|field| Some(Field::new(of_owner(field.name())?, field.data_type().clone(), true)))
        .collect();
    let mut fields = Vec::new();
    for field in schema.fields() {
        match of_owner(field.name()).as_deref() {
            Some("id") => fields.push(Field::new(resource::OWNER, DataType::Struct(inner.clone()), true)),
            Some(_) => {}
            None => fields.push(field.as_ref().clone()),
        }
    }
    Schema::new(fields)
}

/// The table of owners.
pub(super) fn owners() -> Schema {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let integer = |name: &str| Field::new(name, DataType::Int64, false);
    let texts = ["owner_email", "owner_first_name", "owner_last_name", "owner_name"].map(text);
    Schema::new([&[integer("owner_id")], &texts[..], &[integer(resource::CONTACTS)]].concat())
}

/// A kit for files with difficult names.
pub(super) fn kit_of(
    schema: &Schema,
    format: Format,
    compressed: Option<&'static str>,
    files: &[&str],
) -> Vec<KitFile> {
    let owners = owners();
    kit(&KitInput {
        export: Path::new(files.first().copied().unwrap_or("/data")),
        table: &TableName::default(),
        level: Level::Counted,
        deletes: false,
        contacts: TableInput {
            schema,
            files: files.iter().map(PathBuf::from).collect(),
            digest: ContentDigest { rows: 2, sum: 1_716_272_284_779_093_798_219 },
        },
        owners: Some(TableInput {
            schema: &owners,
            files: vec![PathBuf::from("/data/it's here/_owners/owners.parquet")],
            digest: ContentDigest { rows: 1, sum: 7 },
        }),
        format,
        compressed,
        partition: Some(("run_date", "2026-01-31")),
        hashed: None,
    })
}

pub(super) fn text<'a>(kit: &'a [KitFile], name: &str) -> &'a str {
    &kit.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("no {name}")).text
}

/// The rows of the table of types, as the code has them.
fn mapping() -> Vec<String> {
    let column = |nullable, kind| Column { name: "x".to_owned(), kind, nullable, about: String::new() };
    let field = |name: &str, kind| Column { name: name.to_owned(), kind, nullable: true, about: String::new() };
    let owner = Kind::Struct(vec![field("id", Kind::Integer), field("name", Kind::Text)]);
    let columns = [
        column(false, Kind::Integer),
        column(true, Kind::Integer),
        column(true, Kind::Text),
        column(true, Kind::Timestamp),
        column(true, owner),
    ];
    let line = |dialect: Dialect| {
        let cells = columns.each_ref().map(|column| format!(" `{}` |", type_of(dialect, column)));
        format!("| `{dialect}` |{}", cells.concat())
    };
    Dialect::ALL.map(line).to_vec()
}

fn type_of(dialect: Dialect, column: &Column) -> String {
    let plain = |_: &Column| String::new();
    let null = |of: String, not_null: &str| if column.nullable { of } else { of + not_null };
    match dialect {
        Dialect::BigQuery => null(bigquery::sql_type(column, plain), " NOT NULL"),
        Dialect::DuckDb => null(duckdb::sql_type(column), " NOT NULL"),
        Dialect::Snowflake => null(snowflake::sql_type(column), " NOT NULL"),
        Dialect::Spark => null(spark::sql_type(column, plain), " NOT NULL"),
        Dialect::ClickHouse => clickhouse::sql_type(column),
        Dialect::Postgres => null(postgres::sql_type(column), " PRIMARY KEY"),
        Dialect::Arrow => {
            let words: Vec<_> = arrow::python_type(column, plain).split_whitespace().map(str::to_owned).collect();
            null(words.join(" "), ", nullable=False")
        }
        Dialect::JsonSchema => serde_json::to_string(&json_schema::types(column)).unwrap(),
    }
}

#[test]
fn the_documented_types_match_the_code() {
    let documents = [include_str!("mod.rs"), include_str!("../../docs/loading.md")];
    for line in mapping() {
        for document in documents {
            let documented = document.lines().any(|of| of.trim_start_matches("//! ").starts_with(&line));
            assert!(documented, "missing from the table of types:\n{line}");
        }
    }
    let table = documents[1].split("\n\n").find(|part| part.starts_with("|  | not null |")).unwrap();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        assert!(
            line.contains("tested: `") || line.contains("from its documentation"),
            "does not say how it is known: {line}"
        );
    }
}

#[test]
fn every_column_is_described_in_every_dialect() {
    for form in [resource::schema().as_ref(), &nested(), &owners()] {
        for dialect in Dialect::ALL {
            let text = schema(dialect, "linq.contacts", form);
            for column in columns(form) {
                assert!(text.contains(&column.name) && text.contains(&column.about), "{dialect}: {text}");
            }
        }
    }
}

#[test]
fn a_kit_has_files_for_each_warehouse_and_table() {
    let kit = kit_of(&resource::schema(), Format::Parquet, None, &["/data/a.parquet"]);
    let names: Vec<_> = kit.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    for [dialect, rest] in [
        ["bigquery", "schema.json"],
        ["bigquery", "load.sh"],
        ["bigquery", "merge.sql"],
        ["bigquery", "digest.sql"],
        ["duckdb", "sql"],
        ["duckdb", "digest.sql"],
        ["snowflake", "sql"],
        ["snowflake", "digest.sql"],
        ["clickhouse", "sql"],
        ["clickhouse", "digest.sql"],
        ["spark", "sql"],
        ["spark", "digest.sql"],
        ["postgres", "sql"],
        ["postgres", "digest.sql"],
    ] {
        for name in [format!("{dialect}.{rest}"), format!("{dialect}.owners.{rest}")] {
            assert!(names.contains(&name.as_str()), "{name}");
            // PostgreSQL cannot load these files, so there is nothing to check.
            let due = rest != "schema.json" && (dialect, rest) != ("postgres", "digest.sql");
            assert_eq!(text(&kit, README).contains(&format!(" {name}\n")), due, "the README and {name}");
        }
    }
    for name in ["load-bigquery.sh", "load-duckdb.sh"] {
        assert!(text(&kit, README).contains(&format!("\nsh {name} ")), "the README and {name}");
    }
    // PostgreSQL does not read Parquet.
    assert_eq!(names.len(), 2 * 14 + 2 + 1);
    assert!(!text(&kit, README).contains("load-postgres.sh"));
    let lines = kit_of(&resource::schema(), Format::Ndjson, None, &["/data/a.ndjson"]);
    assert!(text(&lines, README).contains("--file postgres.digest.sql\n"));
    assert!(text(&lines, README).contains("\nsh load-postgres.sh dbname=linq\n"));
    assert!(names.iter().all(|name| is_named_like_a_kit(name)) && text(&kit, README).starts_with(TITLE));
    for other in [
        "",
        "sql",
        "duckdb.",
        "duckdb.sql.bak",
        "duckdb.merge.sql",
        "bigquery.owners.",
        "readme.md",
        ".git",
        "load-spark.sh",
    ] {
        assert!(!is_named_like_a_kit(other), "{other}");
    }
}

#[test]
fn every_file_quotes_file_names() {
    let name = "/data/it's \\ here/{a},[b]*.parquet";
    let kit = kit_of(&nested(), Format::Parquet, None, &[name]);
    let shell = text(&kit, "bigquery.load.sh");
    assert!(shell.contains("    '/data/it'\\''s \\ here/{a},[b]*.parquet'\n") && shell.contains("set -euo pipefail"));
    // bq would split the name at its comma.
    assert!(
        shell.contains("ln -sf -- \"$file\" \"$work/part\"\n")
            && !text(&kit, "bigquery.owners.load.sh").contains("ln ")
    );
    assert!(text(&kit, "duckdb.sql").contains("\n  '/data/it''s \\ here/{a},[[]b][*].parquet'\n"));
    assert!(
        text(&kit, "snowflake.sql").contains("PUT 'file:///data/it\\'s \\\\ here/{a},[b]*.parquet' @contacts_stage")
    );
    assert!(text(&kit, "clickhouse.sql").contains("INFILE '/data/it\\'s \\\\ here/?a??[b]?.parquet'\n"));
    // Escaped for the pattern, and all that for the literal.
    let spark = r"path '/data/it\'s \\\\ here/\\{a\\}\\,\\[b\\]\\*.parquet'";
    assert!(text(&kit, "spark.sql").contains(spark));
}

#[test]
fn every_part_is_named_and_partitions_are_shown() {
    let files =
        ["/data/it's/run_date=2026-01-31/part-00000.parquet", "/data/it's/run_date=2026-01-31/part-00001.parquet"];
    let kit = kit_of(&resource::schema(), Format::Parquet, None, &files);
    for (name, times) in [("bigquery.load.sh", 1), ("duckdb.sql", 1), ("snowflake.sql", 1), ("clickhouse.sql", 1)] {
        for part in ["part-00000.parquet", "part-00001.parquet"] {
            assert_eq!(text(&kit, name).matches(part).count(), times, "{name}");
        }
    }
    assert!(text(&kit, "spark.sql").contains("run_date=2026-01-31/{part-00000.parquet,part-00001.parquet}'"));
    assert!(text(&kit, "README.md").contains("'/data/it''s/run_date=*/part-*.parquet', hive_partitioning = true"));
}

#[test]
fn text_files_get_their_compression_and_types() {
    let kit = kit_of(&nested(), Format::Ndjson, Some("zstd"), &["/data/a.ndjson.zst"]);
    for (name, part) in [
        ("bigquery.load.sh", "zstd -qdc -- \"$file\" > \"$work/part\""),
        ("bigquery.load.sh", "--source_format=NEWLINE_DELIMITED_JSON linq.contacts_staging \"$work/part\" \"$schema\""),
        ("duckdb.sql", "format = 'newline_delimited', compression = 'zstd'"),
        ("duckdb.sql", "\n  created_at: 'TIMESTAMPTZ'"),
        ("duckdb.sql", "\n  contact_owner: 'STRUCT(id BIGINT, email VARCHAR,"),
        ("snowflake.sql", "TYPE = JSON COMPRESSION = ZSTD NULL_IF = ()"),
        ("snowflake.sql", "$1:contact_owner::OBJECT"),
        ("clickhouse.sql", " COMPRESSION 'zstd'\nSETTINGS date_time_input_format = 'best_effort'\nFORMAT JSONEachRow;"),
        ("spark.sql", "USING json\nOPTIONS (path '/data/a.ndjson.zst', mode 'FAILFAST')"),
        ("postgres.sql", "FROM PROGRAM 'zstd -qdc -- ''/data/a.ndjson.zst''' WITH (FORMAT csv, QUOTE E'\\x01'"),
    ] {
        assert!(text(&kit, name).contains(part), "{name} lacks {part}:\n{}", text(&kit, name));
    }
}

#[test]
fn duckdb_reads_plain_text_with_long_rows() {
    // DuckDB 1.5 has no compression named none.
    for (format, limit) in
        [(Format::Ndjson, "maximum_object_size = 67108864"), (Format::Csv, "max_line_size = 67108864")]
    {
        let kit = kit_of(&resource::schema(), format, None, &["/data/a"]);
        let sql = text(&kit, "duckdb.sql");
        assert!(sql.contains("compression = 'uncompressed'") && sql.contains(limit), "{sql}");
    }
}

#[test]
fn csv_distinguishes_null_from_empty_text() {
    let kit = kit_of(&resource::schema(), Format::Csv, None, &["/a.csv"]);
    for (name, part) in [
        ("bigquery.load.sh", "--source_format=CSV --skip_leading_rows=1 --allow_quoted_newlines"),
        ("duckdb.sql", "nullstr = '', allow_quoted_nulls = false"),
        ("snowflake.sql", "ESCAPE_UNENCLOSED_FIELD = NONE EMPTY_FIELD_AS_NULL = TRUE NULL_IF = ()"),
        ("snowflake.sql", "    $1::NUMBER(19, 0),\n    $2::VARCHAR,\n"),
        ("clickhouse.sql", "format_csv_null_representation = ''"),
        ("spark.sql", "multiLine 'true', escape '\"'"),
        ("postgres.sql", "\\copy contacts_staging (id, first_name,"),
    ] {
        assert!(text(&kit, name).contains(part), "{part}:\n{}", text(&kit, name));
    }
}

#[test]
fn a_table_with_only_the_key_updates_nothing() {
    let id = Schema::new(vec![Field::new("id", DataType::Int64, false)]);
    let kit = kit_of(&id, Format::Csv, None, &["/a.csv"]);
    assert!(text(&kit, "postgres.sql").contains("\nON CONFLICT (id) DO NOTHING;\n"), "{}", text(&kit, "postgres.sql"));
    for name in ["bigquery.merge.sql", "duckdb.sql", "snowflake.sql", "postgres.sql"] {
        assert!(!text(&kit, name).contains("UPDATE SET"), "{name}");
    }
}

#[test]
fn clickhouse_stops_if_a_pattern_matched_other_rows() {
    let kit = kit_of(&resource::schema(), Format::Ndjson, None, &["/data/{a,b}*?.ndjson"]);
    let sql = text(&kit, "clickhouse.sql");
    let places =
        ["FROM INFILE '/data/?a?b???.ndjson'", "throwIf(count() <> 2, ", "INSERT INTO contacts (", "-- DELETE"];
    let places = places.map(|part| sql.find(part).unwrap_or_else(|| panic!("no {part}: {sql}")));
    assert!(places.is_sorted(), "{sql}");
}
