//! What rules and plugins say, made harmless for each output.

use crate::source::printable;

/// For a terminal: no control characters, nothing that reorders text.
pub(super) fn terminal(text: &str) -> String {
    text.chars().map(printable).collect()
}

/// For a line of Markdown, also inside a table.
pub(super) fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars().map(printable) {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '$' | '!' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// For text and attributes of XML.
pub(super) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in
        text.chars().map(|character| if character == '\n' { character } else { printable(character) })
    {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            // No document may hold these two, however they are written.
            '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            other => escaped.push(other),
        }
    }
    escaped
}

/// For a text cell of a CSV file: a spreadsheet takes what starts like a formula for one.
pub(super) fn csv(text: &str) -> String {
    let text = terminal(text);
    let starts_a_formula =
        text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if starts_a_formula { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_output_has_its_own_harm() {
        assert_eq!(terminal("a\u{1b}[31mb\nc\u{202e}d\te"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}d e");
        assert_eq!(markdown("a|b <img> *c* [d](e) `f`"), "a\\|b &lt;img&gt; \\*c\\* \\[d\\](e) \\`f\\`");
        assert_eq!(
            xml("a<b> & \"c\"\n\u{1b}\u{ffff}"),
            "a&lt;b&gt; &amp; &quot;c&quot;&#10;\u{fffd}\u{fffd}"
        );
        assert_eq!(csv("=1+1"), "'=1+1");
        assert_eq!(csv(" @x"), "' @x");
        assert_eq!(csv("plain - text"), "plain - text");
    }
}
