//! Checks manifests of real runs against the published JSON Schema, and for data that they must never contain.

use serde_json::{Map, Value, json};

use crate::support::run::{exported, json};
use crate::support::{folder, path};

/// What is wrong with `value` by `schema`, with the keywords that the schema uses. Stricter than JSON
/// Schema in one thing: a key that is not described is wrong, so that the description stays whole.
fn faults(schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |keyword: &str| faults.push(format!("{place}: {keyword} does not fit {value}"));
    let mut inner = Vec::new();
    for (keyword, rule) in schema.as_object().unwrap() {
        let fits = match keyword.as_str() {
            "$schema" | "title" | "description" => true,
            "type" => match rule {
                Value::Array(types) => types.iter().any(|name| is(name, value)),
                name => is(name, value),
            },
            "const" => rule == value,
            "enum" => value.is_null() || rule.as_array().unwrap().contains(value),
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "pattern" => value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text)),
            "required" => {
                let has = |key: &Value| value.get(key.as_str().unwrap()).is_some();
                !value.is_object() || rule.as_array().unwrap().iter().all(has)
            }
            "properties" => {
                let none = Map::new();
                for (key, value) in value.as_object().unwrap_or(&none) {
                    match rule.get(key) {
                        Some(schema) => inner.extend(self::faults(schema, value, &format!("{place}.{key}"))),
                        None => inner.push(format!("{place}.{key} is not described")),
                    }
                }
                true
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    inner.extend(self::faults(rule, item, &format!("{place}[{index}]")));
                }
                true
            }
            _ => panic!("{keyword} is not known to this test"),
        };
        if !fits {
            fault(keyword);
        }
    }
    faults.extend(inner);
    faults
}

fn is(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        name => panic!("no type is {name}"),
    }
}

/// The patterns of the schema: character classes with counts, and `\d`, `\.` and letters.
fn matches(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    let mut pattern = pattern.strip_prefix('^').unwrap().strip_suffix('$').unwrap();
    while !pattern.is_empty() {
        let (fits, after): (fn(char) -> bool, &str) = if let Some(after) = pattern.strip_prefix(r"\d") {
            (|character| character.is_ascii_digit(), after)
        } else if let Some(after) = pattern.strip_prefix("[0-9a-f]") {
            (|character| matches!(character, '0'..='9' | 'a'..='f'), after)
        } else {
            let literal = pattern.trim_start_matches('\\').chars().next().unwrap();
            let Some(left) = rest.strip_prefix(literal) else { return false };
            rest = left;
            pattern = &pattern[pattern.find(literal).unwrap() + 1..];
            continue;
        };
        let run = rest.chars().take_while(|character| fits(*character)).count();
        let (least, most, after) = if let Some(after) = after.strip_prefix('+') {
            (1, run, after)
        } else if let Some((count, after)) = after.strip_prefix('{').and_then(|after| after.split_once('}')) {
            let count = count.parse().unwrap();
            (count, count, after)
        } else {
            (1, 1, after)
        };
        if run < least {
            return false;
        }
        rest = &rest[most.min(run)..];
        pattern = after;
    }
    rest.is_empty()
}

/// Fails if a manifest does not conform to the published schema.
pub fn assert_described(manifest: &Value) {
    assert_conforms(manifest, include_str!("../../docs/manifest.schema.json"));
}

/// Fails if a document does not conform to the text of a schema.
pub fn assert_conforms(document: &Value, schema: &str) {
    assert_eq!(faults(&serde_json::from_str(schema).unwrap(), document, "$"), Vec::<String>::new());
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../docs/manifest.schema.json")).unwrap()
}

#[test]
fn the_manifests_of_real_runs_follow_the_published_schema() {
    let folder = folder();
    for (name, more) in [
        ("c.parquet", &[][..]),
        ("c.ndjson", &["--limit", "120"]),
        ("c.csv.gz", &["--compression-level", "9", "--digest"]),
        ("f.ndjson", &["--raw"]),
        ("e.parquet", &["--compression", "snappy", "--parquet-profile", "compact"]),
        ("d.ndjson", &["--sandbox-fault", "500:page=2,times=1", "--backoff", "1ms"]),
    ] {
        let file = path(&folder, name);
        let ran = exported(250, &file, more);
        assert_eq!(ran.code, Some(0), "{more:?}: {}", ran.stderr);
        assert_described(&json(file + ".manifest.json"));
    }
}

#[test]
fn the_schema_is_one_that_finds_faults() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    assert_eq!(exported(5, &file, &[]).code, Some(0));
    let whole = json(file + ".manifest.json");
    for (pointer, wrong) in [
        ("/format_version", json!(2)),
        ("/source/organization", json!("sandbox-token")),
        ("/times/started_at", json!("yesterday")),
        ("/options/format", json!("xml")),
        ("/file/rows", json!(-1)),
        ("/file/sha256", json!("ABC")),
        ("/schema/columns/0/nullable", json!("no")),
        ("/run", json!({})),
    ] {
        let mut manifest = whole.clone();
        *manifest.pointer_mut(pointer).unwrap() = wrong;
        assert!(!faults(&schema(), &manifest, "manifest").is_empty(), "{pointer}");
    }
}

#[test]
fn what_it_says_is_what_happened() {
    let folder = folder();
    let file = path(&folder, "c.ndjson");
    let fault = ["--sandbox-fault", "500:page=2,times=1", "--backoff", "1ms", "--limit", "220"];
    assert_eq!(exported(250, &file, &fault).code, Some(0));
    let manifest = json(file.clone() + ".manifest.json");
    assert_eq!((&manifest["run"]["pages"], &manifest["run"]["requests"]["sent"]), (&json!(3), &json!(4)));
    assert_eq!((&manifest["run"]["requests"]["unavailable"], &manifest["run"]["retries"]), (&json!(1), &json!(1)));
    assert_eq!(manifest["contacts"]["total_count"], json!({ "first": 250, "last": 250 }));
    let completeness = &manifest["completeness"];
    assert_eq!((&completeness["level"], &completeness["responses"]), (&json!("incomplete"), &json!(3)));
    assert!(completeness["reasons"][0].as_str().unwrap().starts_with("stopped at the limit of "), "{completeness}");
    // The server dates its answers in whole seconds, rounded down. Of one form, the texts sort like the instants.
    let (watermark, started) = (&completeness["watermark"], &manifest["times"]["started_at"]);
    assert!(watermark.as_str() <= started.as_str(), "{watermark} {started}");
    let options = &manifest["options"];
    assert_eq!((&options["format"], &options["compression"]), (&json!("ndjson"), &json!("none")));
    assert_eq!((&options["limit"], &options["per_page"]), (&json!(220), &json!(100)));
    assert_eq!(manifest["source"]["base_url"], "sandbox");
    assert_eq!(manifest["file"]["bytes"], std::fs::metadata(&file).unwrap().len());
}
