//! What to write instead of words, numbers and symbols that other languages have, or CEL, and Landfall
//! does not. Tables, and the two questions about numbers.

use crate::{money::Exact, rules::yaml::shorten};

/// Most decimals kept, as many as a ratio has.
const MAX_DECIMALS: usize = 9;

/// Why a word that begins with a digit is not a number that is read, and what to write.
pub(super) fn number_problem(word: &str) -> Option<(String, String)> {
    let shown = shorten(word);
    let (whole, decimals) = word.split_once('.').unwrap_or((word, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if digits(whole) && digits(decimals) {
        let kept = decimals.trim_end_matches('0').len();
        return if kept > MAX_DECIMALS {
            Some((format!("`{shown}` has {kept} decimals"), format!("at most {MAX_DECIMALS} are kept")))
        } else if whole.parse::<i64>().is_err() {
            Some((
                format!("`{shown}` is larger than what can be held exactly"),
                format!("at most {}", i64::MAX),
            ))
        } else {
            None
        };
    }
    let without = word.replace('_', "");
    let help = if without != word && number_problem(&without).is_none() {
        format!("write it without `_`: `{}`", shorten(&without))
    } else {
        "write digits, and `.` before decimals".to_owned()
    };
    Some((format!("`{shown}` is not a number of an expression"), help))
}

/// `2.5` percent as `0.025`.
pub(super) fn percent_as_decimal(word: &str) -> Option<String> {
    let percent = Exact::parse(word, 7).ok()?;
    percent.div(Exact::whole(100)).ok().map(|share| share.to_string())
}

/// What to write for a word of other languages, or of CEL, that is not read here.
pub(super) fn word_instead(word: &str) -> Option<&'static str> {
    match word {
        "and" | "AND" => Some("write `&&`"),
        "or" | "OR" => Some("write `||`"),
        "not" | "NOT" => Some("write `!`"),
        "True" | "TRUE" => Some("write `true`"),
        "False" | "FALSE" => Some("write `false`"),
        "if" | "then" | "else" => Some("write `condition ? this : that`"),
        "null" | "None" | "nil" => {
            Some("nothing needs to be asked: a fact nobody gave makes the condition undetermined")
        }
        _ => None,
    }
}

/// What to write for a symbol that is not read here; longer ones first.
pub(super) const SYMBOL_INSTEAD: [(&str, &str); 25] = [
    ("===", "write `==`"),
    ("=>", "write `>=`"),
    ("=<", "write `<=`"),
    ("<>", "write `!=`"),
    ("//", "write the comment in YAML, after `#`"),
    ("{", "maps are not read; write a list as `['a', 'b']`"),
    ("}", "maps are not read; write a list as `['a', 'b']`"),
    ("/", "multiply by a decimal instead: `* 0.5`"),
    ("%", "write shares as decimals: `0.02` is 2%"),
    ("^", "write `a * a`"),
    (";", "write one expression"),
    ("`", "write names without quotes and texts in `'`"),
    ("≥", "write `>=`"),
    ("≤", "write `<=`"),
    ("≠", "write `!=`"),
    ("×", "write `*`"),
    ("−", "write `-`"),
    ("∈", "write `in`"),
    ("∧", "write `&&`"),
    ("∨", "write `||`"),
    ("¬", "write `!`"),
    ("‘", "write `'`"),
    ("’", "write `'`"),
    ("“", "write `'`"),
    ("”", "write `'`"),
];

/// What to write for half of an operator.
pub(super) const HALF_INSTEAD: [(&str, &str); 3] =
    [("=", "write `==` to compare"), ("&", "write `&&`"), ("|", "write `||`")];
