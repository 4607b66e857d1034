//! Quotes untrusted texts, such as file names, for SQL, shells and glob patterns.

/// A literal in standard SQL, where a backslash is an ordinary character: `DuckDB`, `PostgreSQL`.
pub(super) fn standard(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A literal in which a backslash escapes: BigQuery, Snowflake, Spark, `ClickHouse`.
pub(super) fn escaped(text: &str) -> String {
    let mut literal = String::from("'");
    for character in text.chars() {
        match character {
            '\'' | '\\' => literal.extend(['\\', character]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            _ => literal.push(character),
        }
    }
    literal + "'"
}

/// One shell word.
pub(crate) fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A glob pattern that matches only this name: special characters are put in brackets.
pub(super) fn pattern(text: &str, special: &[char]) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        if special.contains(&character) {
            pattern.extend(['[', character, ']']);
        } else {
            pattern.push(character);
        }
    }
    pattern
}

/// How a dialect quotes names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Double quotes, as in the SQL standard: `DuckDB`, `PostgreSQL`.
    Standard,
    /// The same, for a dialect that stores unquoted names in upper case: Snowflake.
    Capital,
    /// Backticks, escaped with a backslash: BigQuery, `ClickHouse`.
    Escaped,
    /// Backticks, escaped by doubling: Spark.
    Doubled,
}

/// The names that this program uses itself; no dialect reserves them.
const OURS: [&str; 4] = ["contacts", "owners", "contacts_changes", "linq"];

/// The name of a table. All parts but our own are quoted, because each dialect reserves different words.
pub(super) fn name(text: &str, quotes: Quotes) -> String {
    derived(text, "", quotes)
}

/// The name of a table with a suffix at its end, quoted as [`name`] does it.
pub(super) fn derived(text: &str, suffix: &str, quotes: Quotes) -> String {
    let (schema, table) = match text.rsplit_once('.') {
        Some((schema, table)) => (Some(schema), table),
        None => (None, text),
    };
    let schema = schema.map(|schema| schema.split('.').map(|name| part(name, "", quotes) + ".").collect::<String>());
    schema.unwrap_or_default() + &part(table, suffix, quotes)
}

fn part(name: &str, suffix: &str, quotes: Quotes) -> String {
    let whole = format!("{name}{suffix}");
    match quotes {
        _ if OURS.contains(&name) => whole,
        Quotes::Capital if is_plain(name) => format!("\"{}\"", whole.to_ascii_uppercase()),
        Quotes::Standard | Quotes::Capital => format!("\"{}\"", whole.replace('"', "\"\"")),
        Quotes::Escaped => format!("`{}`", whole.replace('\\', r"\\").replace('`', r"\`")),
        Quotes::Doubled => format!("`{}`", whole.replace('`', "``")),
    }
}

/// Whether a name needs no quotes, unless it is a reserved word.
fn is_plain(name: &str) -> bool {
    name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
        && !name.starts_with(|character: char| character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_escapes_its_quotes() {
        let text = "it's a \\ b\n";
        assert_eq!(standard(text), "'it''s a \\ b\n'");
        assert_eq!(escaped(text), r"'it\'s a \\ b\n'");
        assert_eq!(shell(text), "'it'\\''s a \\ b\n'");
        assert_eq!(pattern("a[1]*.parquet", &['*', '[']), "a[[]1][*].parquet");
    }

    #[test]
    fn all_names_but_our_own_are_quoted() {
        for (text, quotes, due) in [
            ("linq.contacts", Quotes::Standard, "linq.contacts"),
            ("contacts", Quotes::Capital, "contacts"),
            ("order", Quotes::Standard, "\"order\""),
            ("crm.order", Quotes::Capital, "\"CRM\".\"ORDER\""),
            ("My table", Quotes::Capital, "\"My table\""),
            ("a\"b", Quotes::Standard, "\"a\"\"b\""),
            ("my-project.linq.c;d", Quotes::Escaped, "`my-project`.linq.`c;d`"),
            ("a`b\\", Quotes::Escaped, r"`a\`b\\`"),
            ("a`b\\", Quotes::Doubled, r"`a``b\`"),
        ] {
            assert_eq!(name(text, quotes), due);
        }
        assert_eq!(derived("crm.contacts", "_staging", Quotes::Standard), "\"crm\".contacts_staging");
        assert_eq!(derived("crm.people", "_staging", Quotes::Capital), "\"CRM\".\"PEOPLE_STAGING\"");
    }
}
