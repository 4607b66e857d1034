//! Horizontal bar charts of labels and counts, aligned even if characters are two columns wide.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::text::humanize::count;
use crate::text::sanitize::escape;

/// Eighths of a block, from one to seven.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const BLOCK: &str = "█";
/// Maximum length of a bar in blocks: longer ones are not easier to compare.
const LONGEST: usize = 48;
/// A label may take this fraction of a line: one half.
const LABEL: usize = 2;

/// A line for each label, at most `width` columns wide: label, count and bar. Labels may be untrusted text.
pub fn bars(rows: &[(String, u64)], width: usize) -> String {
    let labels: Vec<_> = rows.iter().map(|(label, _)| cut(&escape(label), width / LABEL)).collect();
    let counts: Vec<_> = rows.iter().map(|(_, number)| count(*number)).collect();
    let of_labels = labels.iter().map(|label| label.width()).max().unwrap_or(0);
    let of_counts = counts.iter().map(String::len).max().unwrap_or(0);
    let room = width.saturating_sub(of_labels + of_counts + 6).min(LONGEST);
    let most = rows.iter().map(|(_, number)| *number).max().unwrap_or(0);
    let mut text = String::new();
    for ((label, shown), (_, number)) in labels.iter().zip(&counts).zip(rows) {
        let line = format!("  {}  {shown:>of_counts$}  {}", padded(label, of_labels), bar(*number, most, room));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A text padded with spaces to a width.
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// A bar of length `room * number / most`, in eighths of a block; at least one eighth for numbers above zero.
fn bar(number: u64, most: u64, room: usize) -> String {
    if number == 0 || most == 0 {
        return String::new();
    }
    let eighths = u128::from(number) * room as u128 * 8 / u128::from(most);
    let eighths = usize::try_from(eighths).unwrap_or(0).max(1);
    let mut bar = BLOCK.repeat(eighths / 8);
    bar.extend((eighths % 8).checked_sub(1).map(|index| EIGHTHS[index]));
    bar
}

/// A text cut to `width` columns, with an ellipsis if it was cut.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut wide = 1;
    for character in text.chars() {
        wide += character.width().unwrap_or(0);
        if wide > width {
            break;
        }
        cut.push(character);
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(&str, u64)]) -> Vec<(String, u64)> {
        rows.iter().map(|(label, number)| ((*label).to_owned(), *number)).collect()
    }

    #[test]
    fn bars_are_proportional() {
        let text = bars(&rows(&[("a", 1_600), ("bc", 800), ("d", 1), ("e", 0)]), 31);
        assert_eq!(text, "  a   1,600  ██████████████████\n  bc    800  █████████\n  d       1  ▏\n  e       0\n");
    }

    #[test]
    fn lines_are_aligned_and_fit_the_terminal() {
        let names = ["名前名前名前名前名前名前名前名前名前", "Zoë", "🎉🎉", "a\u{1b}[31m\u{202e}b", "", "e\u{301}"];
        let rows: Vec<_> = names.iter().zip(1..).map(|(name, number)| ((*name).to_owned(), number)).collect();
        let text = bars(&rows, 60);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
        let starts: Vec<_> = text.lines().map(|line| line.split_once("  ").unwrap().1).collect();
        assert!(starts[0].starts_with("名前名前名前名前名前名前名前…"), "{text}");
        for line in text.lines() {
            let before = line.find(|character| character == '█' || EIGHTHS.contains(&character)).unwrap();
            assert_eq!((line[..before].width(), line.width() <= 60), (36, true), "{text}");
        }
    }

    #[test]
    fn the_largest_number_has_a_bar() {
        assert_eq!(bar(u64::MAX, u64::MAX, 10), BLOCK.repeat(10));
        assert_eq!(bars(&[], 80), "");
    }
}
