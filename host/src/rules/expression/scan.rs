//! The words of an expression, before any grammar: what each stands for and where it is.
//!
//! Refuses by itself whatever CEL has and Landfall does not (maps, methods, macros, `%`, exponents), so
//! that the author reads what to write instead and the grammar only ever meets tame input. Bounds length,
//! nesting and number of words, which bounds the stack that parsing and lowering take.

use std::ops::Range;

use super::{
    instead::{HALF_INSTEAD, SYMBOL_INSTEAD, number_problem, percent_as_decimal, word_instead},
    wrong::Wrong,
};
use crate::rules::yaml::shorten;

/// Longest expression, in bytes. Arbitrary, and generous: the longest real condition has 200.
pub(super) const MAX_BYTES: usize = 2_000;

/// Deepest nesting of brackets and of `? :`.
pub(super) const MAX_DEPTH: usize = 32;

/// Most words. A list of all countries does not fit; a chain of as many `+` takes 300 KiB of stack.
const MAX_TOKENS: usize = 500;

/// What a word of an expression is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name, a keyword, a function.
    Word,
    /// A decimal number without a sign.
    Number,
    /// Quoted text, with its quotes.
    Text,
    /// An operator or a bracket.
    Symbol,
}

/// A word of an expression. Offsets are in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind,
    pub(super) text: &'t str,
    pub(super) at: Range<usize>,
    /// The index of the other bracket of a pair.
    pub(super) partner: Option<usize>,
}

impl Token<'_> {
    /// Whether an operand can end here, so that what follows is an operator.
    pub(super) fn ends_operand(&self) -> bool {
        match self.kind {
            TokenKind::Word => self.text != "in",
            TokenKind::Number | TokenKind::Text => true,
            TokenKind::Symbol => matches!(self.text, ")" | "]"),
        }
    }
}

/// The words of a text, with the brackets paired.
pub(super) fn scan(text: &str) -> Result<Vec<Token<'_>>, Vec<Wrong>> {
    if text.len() > MAX_BYTES {
        let message = format!("the expression has {} bytes: at most {MAX_BYTES} are read", text.len());
        return Err(vec![Wrong::new(0..1, message).help("split what it says into several conditions")]);
    }
    let mut scanner = Scanner { text, next: 0, tokens: Vec::new(), wrong: Vec::new() };
    scanner.run();
    scanner.pair_brackets();
    scanner.refuse_constructs();
    let Scanner { tokens, mut wrong, .. } = scanner;
    if tokens.is_empty() && wrong.is_empty() {
        wrong.push(Wrong::new(0..1, "the expression is empty").help("write `true` for what always holds"));
    }
    if tokens.len() > MAX_TOKENS {
        let message = format!("the expression has {} words: at most {MAX_TOKENS} are read", tokens.len());
        wrong.push(Wrong::new(0..1, message).help("split what it says into several conditions"));
    }
    if wrong.is_empty() { Ok(tokens) } else { Err(wrong) }
}

struct Scanner<'t> {
    text: &'t str,
    next: usize,
    tokens: Vec<Token<'t>>,
    wrong: Vec<Wrong>,
}

impl<'t> Scanner<'t> {
    fn run(&mut self) {
        while let Some(first) = self.rest().chars().next() {
            match first {
                ' ' | '\t' | '\n' | '\r' => self.next += 1,
                '0'..='9' => self.number(),
                '.' if self.rest().chars().nth(1).is_some_and(|c| c.is_ascii_digit()) => {
                    let at = self.advance(run_length(self.rest(), |c| c == '.' || c.is_ascii_digit()));
                    let shown = shorten(self.slice(&at));
                    self.wrong.push(
                        Wrong::new(at, format!("`{shown}` is not a number"))
                            .help(format!("write `0{shown}`")),
                    );
                }
                '\'' | '"' => self.quoted(first),
                c if c.is_ascii_alphabetic() || c == '_' => self.word(),
                _ => self.symbol(first),
            }
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.next..).unwrap_or_default()
    }

    fn slice(&self, at: &Range<usize>) -> &'t str {
        self.text.get(at.clone()).unwrap_or_default()
    }

    fn advance(&mut self, bytes: usize) -> Range<usize> {
        let start = self.next;
        self.next += bytes;
        start..self.next
    }

    fn push(&mut self, kind: TokenKind, at: Range<usize>) {
        self.tokens.push(Token { kind, text: self.slice(&at), at, partner: None });
    }

    fn number(&mut self) {
        let at = self.advance(number_length(self.rest()));
        let word = self.slice(&at);
        if self.rest().starts_with('%') {
            let at = at.start..self.advance(1).end;
            let help = match percent_as_decimal(word) {
                Some(decimal) => format!("write the share as a decimal: `{decimal}`"),
                None => "write the share as a decimal: `0.02` is 2%".to_owned(),
            };
            self.wrong.push(
                Wrong::new(at, format!("`{}%` is not read in an expression", shorten(word))).help(help),
            );
            return;
        }
        match number_problem(word) {
            None => self.push(TokenKind::Number, at),
            Some((message, help)) => self.wrong.push(Wrong::new(at, message).help(help)),
        }
    }

    fn quoted(&mut self, quote: char) {
        let inside = self.rest().get(1..).unwrap_or_default();
        let length = run_length(inside, |c| c != quote && c != '\n' && c != '\r');
        if !inside.get(length..).is_some_and(|rest| rest.starts_with(quote)) {
            let at = self.advance(1 + length);
            self.wrong.push(
                Wrong::new(at, "the text that begins here does not end")
                    .help(format!("close it with `{quote}` on the same line")),
            );
            return;
        }
        let at = self.advance(length + 2);
        if self.slice(&at).contains('\\') {
            self.wrong.push(
                Wrong::new(at, "a `\\` is not read in a quoted text").help("write the character itself"),
            );
        } else if self.rest().starts_with(['\'', '"']) {
            let at = at.start..at.end + 1;
            self.wrong.push(
                Wrong::new(at, "two quoted texts touch")
                    .help("write one text; a text that holds `'` stands in `\"`"),
            );
            // Which quote opens and which closes is anyone's guess from here on.
            self.next = self.text.len();
        } else {
            self.push(TokenKind::Text, at);
        }
    }

    fn word(&mut self) {
        let at = self.advance(run_length(self.rest(), |c| c.is_ascii_alphanumeric() || c == '_'));
        let word = self.slice(&at);
        if self.rest().starts_with(['\'', '"']) {
            let message = format!("`{}` stands before a quote", shorten(word));
            self.wrong.push(Wrong::new(at, message).help("write the quoted text alone"));
            return;
        }
        let member = self.tokens.last().is_some_and(|token| token.text == ".");
        match word_instead(word).filter(|_| !member) {
            Some(help) => {
                self.wrong.push(Wrong::new(at, format!("`{word}` is not read in an expression")).help(help));
            }
            None => self.push(TokenKind::Word, at),
        }
    }

    fn symbol(&mut self, first: char) {
        const PAIRS: [&str; 6] = ["==", "!=", "<=", ">=", "&&", "||"];
        let rest = self.rest();
        let instead = |table: &[(&'static str, &'static str)]| {
            table.iter().find(|(written, _)| rest.starts_with(written)).copied()
        };
        if let Some((written, help)) = instead(&SYMBOL_INSTEAD) {
            self.refuse_symbol(written, Some(help));
        } else if PAIRS.iter().any(|pair| rest.starts_with(pair)) {
            let at = self.advance(2);
            self.push(TokenKind::Symbol, at);
        } else if "<>!-+*()[].,?:".contains(first) {
            let at = self.advance(1);
            self.push(TokenKind::Symbol, at);
        } else if let Some((written, help)) = instead(&HALF_INSTEAD) {
            self.refuse_symbol(written, Some(help));
        } else {
            self.refuse_symbol(rest.get(..first.len_utf8()).unwrap_or_default(), None);
        }
    }

    fn refuse_symbol(&mut self, written: &str, help: Option<&str>) {
        let at = self.advance(written.len());
        let shown: String = written.chars().map(crate::source::printable).collect();
        let message = match written {
            "`" => "a backtick is not read in an expression".to_owned(),
            _ => format!("`{shown}` is not read in an expression"),
        };
        let wrong = Wrong::new(at, message);
        self.wrong.push(match help {
            Some(help) => wrong.help(help),
            None => wrong,
        });
    }

    fn pair_brackets(&mut self) {
        let mut open: Vec<usize> = Vec::new();
        let mut conditionals = 0;
        for index in 0..self.tokens.len() {
            let Some(token) = self.tokens.get(index) else { break };
            let (text, at) = (token.text, token.at.clone());
            match text {
                "(" | "[" => {
                    open.push(index);
                    if open.len() == MAX_DEPTH + 1 {
                        self.wrong.push(too_deep(at));
                    }
                }
                "?" => {
                    conditionals += 1;
                    if conditionals == MAX_DEPTH + 1 {
                        self.wrong.push(too_deep(at));
                    }
                }
                ")" | "]" => {
                    let wanted = if text == ")" { "(" } else { "[" };
                    let last = open
                        .last()
                        .copied()
                        .filter(|o| self.tokens.get(*o).is_some_and(|t| t.text == wanted));
                    let Some(opening) = last else {
                        self.wrong.push(
                            Wrong::new(at, format!("`{text}` closes nothing"))
                                .help(format!("remove it, or add `{wanted}`")),
                        );
                        return;
                    };
                    open.pop();
                    for (one, other) in [(index, opening), (opening, index)] {
                        if let Some(token) = self.tokens.get_mut(one) {
                            token.partner = Some(other);
                        }
                    }
                }
                _ => {}
            }
        }
        if let Some(token) = open.last().and_then(|index| self.tokens.get(*index)) {
            let close = if token.text == "(" { ")" } else { "]" };
            self.wrong.push(
                Wrong::new(token.at.clone(), format!("`{}` is not closed", token.text))
                    .help(format!("add `{close}`")),
            );
        }
    }

    /// What is made of good words and yet not read: methods, macros, indexing, doubled signs.
    fn refuse_constructs(&mut self) {
        for (index, token) in self.tokens.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|i| self.tokens.get(i));
            let after = self.tokens.get(index + 1);
            let called = token.kind == TokenKind::Word && after.is_some_and(|t| t.text == "(");
            let refused = match token.text {
                name if called && before.is_some_and(|t| t.text == ".") => Some(method(token, name)),
                "has" if called => Some(
                    Wrong::new(token.at.clone(), "`has` is not read: it would turn unknown into false")
                        .help("write the condition itself; a fact nobody gave makes it undetermined"),
                ),
                "[" if before.is_some_and(Token::ends_operand) => Some(
                    Wrong::new(token.at.clone(), "indexing with `[…]` is not read")
                        .help("ask for members with `in`, `subset` or `overlaps`"),
                ),
                sign @ ("!" | "-")
                    if after.is_some_and(|t| t.text == sign) && !before.is_some_and(Token::ends_operand) =>
                {
                    Some(
                        Wrong::new(token.at.clone(), format!("`{sign}{sign}` undoes itself"))
                            .help("remove both"),
                    )
                }
                _ => None,
            };
            self.wrong.extend(refused);
        }
    }
}

fn too_deep(at: Range<usize>) -> Wrong {
    Wrong::new(at, format!("the expression is nested more than {MAX_DEPTH} deep"))
        .help("split what it says into several conditions")
}

fn method(token: &Token<'_>, name: &str) -> Wrong {
    let at = token.at.clone();
    match name {
        "all" | "exists" | "exists_one" | "existsOne" | "map" | "filter" => {
            Wrong::new(at, format!("comprehensions are not read, and `{name}` is one"))
                .help("ask about sets with `in`, `subset`, `overlaps` and `size`")
        }
        _ => Wrong::new(at, format!("methods are not read, and `{name}` is one"))
            .help("compare with `==`, or ask with `in`, `subset`, `overlaps` and `size`"),
    }
}

/// Length in bytes of the leading characters that are `wanted`.
fn run_length(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    text.find(|c| !wanted(c)).unwrap_or(text.len())
}

/// Length of everything an author may have meant as one number: `1e-6`, `0x1F`, `1_000`, `1.2.3`.
fn number_length(text: &str) -> usize {
    let mut before = '0';
    let mut length = 0;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let digit_follows = characters.peek().is_some_and(char::is_ascii_digit);
        let part = c.is_ascii_alphanumeric()
            || c == '_'
            || (c == '.' && digit_follows)
            || (matches!(c, '+' | '-') && matches!(before, 'e' | 'E') && digit_follows);
        if !part {
            break;
        }
        length += c.len_utf8();
        before = c;
    }
    length
}
