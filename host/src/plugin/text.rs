//! Text that came from a plugin, before anybody shows it.
//!
//! Escaping for an output is the output's business; here text is cut, and characters that move the
//! cursor or turn the reading direction never enter.

/// Control characters, and those that nobody sees: they reorder the line they stand in, or make two texts
/// look alike. Not the two joiners, without which Persian, Hindi and emoji cannot be written.
pub(super) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether it takes a place and shows nothing there.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200c}' | '\u{200d}')
}

/// Why a text may not stand in an answer: empty, too long, or with a character nobody can see.
pub(super) fn fault(text: &str, most_chars: usize) -> Option<String> {
    if text.chars().all(is_blank) {
        return Some("is empty".to_owned());
    }
    if text.chars().nth(most_chars).is_some() {
        return Some(format!("is longer than {most_chars} characters"));
    }
    let hidden = text.chars().find(|c| is_unprintable(*c))?;
    Some(format!("holds the unprintable character {}", hidden.escape_unicode()))
}

/// At most so many characters, in one line; a cut is marked and what is unprintable is escaped.
pub(super) fn tame(text: &str, most_chars: usize) -> String {
    let mut tame = String::new();
    for c in text.chars().take(most_chars) {
        match c {
            '\n' => tame.push_str("; "),
            c if is_unprintable(c) => tame.extend(c.escape_unicode()),
            c => tame.push(c),
        }
    }
    if text.chars().nth(most_chars).is_some() {
        tame.push('…');
    }
    tame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_and_escaped() {
        assert_eq!(tame("a\nb\u{1b}[31m\u{202e}", 20), "a; b\\u{1b}[31m\\u{202e}");
        assert_eq!(tame("abcd", 3), "abc…");
        assert_eq!(fault("Datenschutz · 数据", 40), None);
        assert_eq!(fault("می\u{200c}خواهم", 40), None);
        assert_eq!(fault("", 40).unwrap(), "is empty");
        assert_eq!(fault(" \u{200d}\u{3000}", 40).unwrap(), "is empty");
        assert_eq!(fault("a\u{200b}b", 40).unwrap(), "holds the unprintable character \\u{200b}");
        assert_eq!(fault("abcd", 3).unwrap(), "is longer than 3 characters");
        assert_eq!(fault("a\tb", 3).unwrap(), "holds the unprintable character \\u{9}");
    }
}
