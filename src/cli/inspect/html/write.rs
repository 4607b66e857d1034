//! Writes HTML. The only place that escapes.

use std::fmt::Write;

use crate::text::sanitize;

/// A text for HTML, also within quotes; characters that act on text around them are made visible.
pub fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in sanitize::inert(text).chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

/// A section with its heading.
pub fn section(title: &str, body: &str) -> String {
    format!("<section>\n<h2>{}</h2>\n{body}</section>\n", escaped(title))
}

pub fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    /// A bar of this share of the largest one, beside a number that says the same.
    Bar,
}

/// A cell.
#[derive(Debug, Clone)]
pub enum Cell {
    Text(String),
    Number(String),
    /// From 0 to 1.
    Bar(f64),
}

/// A table whose first cells are the headings of their rows. It scrolls by itself on a narrow screen.
pub fn table(caption: &str, head: &[(&str, Kind)], rows: &[Vec<Cell>]) -> String {
    let caption = escaped(caption);
    let mut html = format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">\n<table>\n<caption>{caption}</caption>\n\
         <thead><tr>"
    );
    for (name, kind) in head {
        // Writing to a String cannot fail.
        let _ = match kind {
            Kind::Number => write!(html, "<th scope=\"col\" class=\"number\">{}</th>", escaped(name)),
            Kind::Text => write!(html, "<th scope=\"col\">{}</th>", escaped(name)),
            // It repeats the number for the eye.
            Kind::Bar => write!(html, "<td aria-hidden=\"true\"></td>"),
        };
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let _ = match cell {
                Cell::Text(text) if at == 0 => write!(html, "<th scope=\"row\">{}</th>", escaped(text)),
                Cell::Text(text) => write!(html, "<td>{}</td>", escaped(text)),
                Cell::Number(text) => write!(html, "<td class=\"number\">{}</td>", escaped(text)),
                Cell::Bar(0.0) => write!(html, "<td class=\"chart\" aria-hidden=\"true\"></td>"),
                Cell::Bar(share) => write!(
                    html,
                    "<td class=\"chart\" aria-hidden=\"true\"><span class=\"bar\" style=\"width:{:.1}%\"></span></td>",
                    share.clamp(0.0, 1.0) * 100.0
                ),
            };
        }
        html.push_str("</tr>\n");
    }
    html + "</tbody>\n</table>\n</div>\n"
}

/// A bar chart of labels in a row.
pub fn columns(title: &str, about: &str, bars: &[(String, u64)]) -> String {
    const WIDTH: f64 = 720.0;
    const HEIGHT: f64 = 180.0;
    const BELOW: f64 = 24.0;
    let most = bars.iter().map(|(_, number)| *number).max().unwrap_or(0).max(1);
    let step = WIDTH / as_number(bars.len() as u64).max(1.0);
    let every = bars.len().div_ceil(8).max(1);
    let mut html = format!(
        "<figure>\n<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\">\n<title>{}</title>\n",
        HEIGHT + BELOW,
        escaped(about),
        escaped(title)
    );
    for (at, (label, number)) in bars.iter().enumerate() {
        let (height, left) = (HEIGHT * as_number(*number) / as_number(most), step * as_number(at as u64));
        let _ = write!(
            html,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"></rect>",
            left + step * 0.1,
            HEIGHT - height,
            step * 0.8
        );
        if at.is_multiple_of(every) {
            let _ = write!(html, "<text x=\"{left:.1}\" y=\"{}\">{}</text>", HEIGHT + 16.0, escaped(label));
        }
    }
    html + &format!("<line x1=\"0\" x2=\"{WIDTH}\" y1=\"{HEIGHT}\" y2=\"{HEIGHT}\"></line>\n</svg>\n</figure>\n")
}

/// The share of a number in the largest one.
pub fn share(number: u64, most: u64) -> f64 {
    as_number(number) / as_number(most.max(1))
}

#[expect(clippy::cast_precision_loss, reason = "for the length of a bar")]
fn as_number(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_escapes_from_a_text() {
        assert_eq!(
            escaped("<script>alert(\"1\")</script>&'\u{202e}\u{7}"),
            "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;\\u{202e}\\u{7}"
        );
        let table = table("a\"b", &[("<", Kind::Text)], &[vec![Cell::Text("<b>".to_owned())], vec![Cell::Bar(7.0)]]);
        assert!(!table.contains("<b>") && table.contains("a&quot;b") && table.contains("width:100.0%"), "{table}");
        assert!(!columns("<x>", "\"", &[("<y>".to_owned(), 1)]).contains("<y>"));
    }
}
