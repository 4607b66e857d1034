//! `linq-export schema`: checks the descriptions of the table against exported files.

use std::process::Stdio;

use serde_json::Value;

use crate::support::{ndjson_rows, program, ran, run};

fn schema(dialect: &str) -> String {
    let ran = run(&["schema", dialect]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{dialect}");
    ran.stdout
}

#[test]
fn every_dialect_is_printed_and_nothing_else() {
    for (dialect, line) in [
        ("bigquery", "    \"mode\": \"REQUIRED\",\n"),
        ("duckdb", "  created_at TIMESTAMPTZ,\n"),
        ("snowflake", "  id NUMBER(19, 0) NOT NULL COMMENT 'Contact ID; never null',\n"),
        ("spark", "  email STRING COMMENT 'Email address',\n"),
        ("clickhouse", "\nENGINE = ReplacingMergeTree\nORDER BY id\n"),
        ("postgres", "COMMENT ON COLUMN contacts.company IS 'Company';\n"),
        ("arrow", "contacts = pa.schema([\n    pa.field(\"id\", pa.int64(), nullable=False, "),
        ("json-schema", "  \"additionalProperties\": false\n"),
    ] {
        let text = schema(dialect);
        assert!(text.contains(line), "{dialect}: {text}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{dialect}");
    }
}

#[test]
fn a_given_name_is_quoted_and_checked() {
    for (dialect, table, line) in [
        ("duckdb", "crm.my contacts", "CREATE TABLE IF NOT EXISTS \"crm\".\"my contacts\" (\n"),
        ("postgres", "order", "COMMENT ON TABLE \"order\" IS "),
        ("snowflake", "order", "CREATE TABLE IF NOT EXISTS \"ORDER\" (\n"),
        ("spark", "select", "CREATE TABLE IF NOT EXISTS `select` (\n"),
        ("clickhouse", "table", "CREATE TABLE IF NOT EXISTS `table` (\n"),
        ("arrow", "class", "\nclass_ = pa.schema([\n"),
        ("arrow", "7.pa", "\n_7_pa = pa.schema([\n"),
    ] {
        let ran = run(&["schema", dialect, "--name", table]);
        assert!(ran.code == Some(0) && ran.stdout.contains(line), "{dialect}: {}{}", ran.stdout, ran.stderr);
    }
    for table in ["", " ", ".contacts", "crm..contacts", "crm."] {
        let ran = run(&["schema", "duckdb", "--name", table]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{table:?}");
        assert!(ran.stderr.contains("part of the name is empty"), "{}", ran.stderr);
    }
}

#[test]
fn an_unknown_dialect_is_refused_with_a_list() {
    for (arguments, says) in [(&["schema"][..], "<DIALECT>"), (&["schema", "mysql"], "clickhouse, postgres")] {
        let ran = run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
    // A typo is answered with the nearest dialect.
    let ran = run(&["schema", "arow"]);
    assert!(ran.stderr.contains("a similar value exists: 'arrow'"), "{}", ran.stderr);
    assert!(run(&["schema", "arrow"]).stdout.starts_with("import pyarrow as pa\n"));
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let mut child = program(&["schema", "postgres"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ran = ran(child.wait_with_output().unwrap());
    assert!(matches!(ran.code, Some(0 | 141)) && ran.stderr.is_empty(), "{:?} {}", ran.code, ran.stderr);
}

#[test]
fn rows_of_an_export_are_as_the_json_schema_says() {
    let schema: Value = serde_json::from_str(&schema("json-schema")).unwrap();
    let arguments = ["contacts", "--sandbox", "-o", "-", "--format", "ndjson", "--limit", "300", "--rate", "1000"];
    let rows = ndjson_rows(&run(&arguments).stdout);
    assert_eq!(rows.len(), 300);
    let required: Vec<_> = schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for row in rows {
        let row: Value = serde_json::to_value(row).unwrap();
        let row = row.as_object().unwrap();
        assert_eq!(row.len(), required.len());
        for name in &required {
            let of = match &row[*name] {
                Value::Null => "null",
                Value::Number(number) if number.is_i64() => "integer",
                Value::String(_) => "string",
                other => panic!("{name}: {other}"),
            };
            let property = &schema["properties"][name];
            let types = property["type"].as_array().cloned().unwrap_or_else(|| vec![property["type"].clone()]);
            assert!(types.iter().any(|allowed| allowed == of), "{name} is {of}");
        }
    }
}
