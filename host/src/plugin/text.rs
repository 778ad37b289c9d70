//! Text that came from a plugin, before anybody shows it.
//!
//! Escaping for an output is the output's business; here text is cut, and characters that move the
//! cursor or turn the reading direction never enter.

/// Control characters, and those that reorder the line they stand in.
pub(super) fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Why a text may not stand in an answer: empty, too long, or with a character nobody can see.
pub(super) fn fault(text: &str, most_chars: usize) -> Option<String> {
    if text.is_empty() {
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
        assert_eq!(fault("", 40).unwrap(), "is empty");
        assert_eq!(fault("abcd", 3).unwrap(), "is longer than 3 characters");
        assert_eq!(fault("a\tb", 3).unwrap(), "holds the unprintable character \\u{9}");
    }
}
