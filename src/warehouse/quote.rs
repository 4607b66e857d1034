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

/// The name of a table, its parts quoted where they are no plain words.
pub(super) fn name(text: &str, quote: char) -> String {
    let part = |part: &str| {
        let plain = part.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
            && part.starts_with(|character: char| character.is_ascii_alphabetic() || character == '_');
        match (plain, quote) {
            (true, _) => part.to_owned(),
            (false, '`') => format!("`{}`", part.replace('\\', r"\\").replace('`', r"\`")),
            (false, _) => format!("{quote}{}{quote}", part.replace(quote, &format!("{quote}{quote}"))),
        }
    };
    text.split('.').map(part).collect::<Vec<_>>().join(".")
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
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(name("linq.contacts", '"'), "linq.contacts");
        assert_eq!(name("my-project.linq.c;d", '`'), "`my-project`.linq.`c;d`");
        assert_eq!(name("a\"b", '"'), "\"a\"\"b\"");
        assert_eq!(name("a`b\\", '`'), r"`a\`b\\`");
        assert_eq!(name("1", '"'), "\"1\"");
    }
}
