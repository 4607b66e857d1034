//! Texts of others, such as names of files, made safe to stand in SQL, shell and patterns.

/// A literal of standard SQL, in which a backslash is a character like others: `DuckDB`, `PostgreSQL`.
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

/// One word of a shell.
pub(super) fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A pattern that matches this name alone: what a pattern would read as a sign stands in brackets.
pub(super) fn pattern(text: &str, signs: &[char]) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        if signs.contains(&character) {
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
    /// As the standard has it: `DuckDB`, `PostgreSQL`.
    Standard,
    /// The same, where a name without quotes is in capital letters: Snowflake.
    Capital,
    /// Backticks, and a backslash before one: BigQuery, `ClickHouse`.
    Escaped,
    /// Backticks, doubled within: Spark.
    Doubled,
}

/// Names of this program's own, which are reserved nowhere.
const OURS: [&str; 3] = ["contacts", "owners", "linq"];

/// The name of a table. Its parts are quoted, but for our own: each dialect has other words that it reserves.
pub(super) fn name(text: &str, quotes: Quotes) -> String {
    let part = |part: &str| match quotes {
        _ if OURS.contains(&part) => part.to_owned(),
        Quotes::Capital if is_plain(part) => format!("\"{}\"", part.to_ascii_uppercase()),
        Quotes::Standard | Quotes::Capital => format!("\"{}\"", part.replace('"', "\"\"")),
        Quotes::Escaped => format!("`{}`", part.replace('\\', r"\\").replace('`', r"\`")),
        Quotes::Doubled => format!("`{}`", part.replace('`', "``")),
    };
    text.split('.').map(part).collect::<Vec<_>>().join(".")
}

/// Whether a name could stand without quotes, reserved words aside.
fn is_plain(name: &str) -> bool {
    name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
        && !name.starts_with(|character: char| character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_escapes_from_its_quotes() {
        let text = "it's a \\ b\n";
        assert_eq!(standard(text), "'it''s a \\ b\n'");
        assert_eq!(escaped(text), r"'it\'s a \\ b\n'");
        assert_eq!(shell(text), "'it'\\''s a \\ b\n'");
        assert_eq!(pattern("a[1]*.parquet", &['*', '[']), "a[[]1][*].parquet");
    }

    #[test]
    fn names_are_quoted_but_for_our_own() {
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
    }
}
