//! Words of an expression to its grammar, by the `cel` crate, which is named nowhere else.
//!
//! Takes from it the shape of the tree and nothing more: numbers are read from the text, and since cel
//! places a node at its operator, the stretch a node covers is found among the scanned words. Knows no
//! facts and no types.

use std::{ops::Range, panic::catch_unwind};

use cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr, LiteralValue, SourceInfo, operators},
    parser::{ParseErrors, Parser},
};

use super::{
    scan::{MAX_DEPTH, Token, TokenKind, scan},
    wrong::Wrong,
};
use crate::rules::yaml::shorten;

/// A part of an expression with the bytes of the text it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Syntax {
    pub(super) kind: SyntaxKind,
    pub(super) at: Range<usize>,
}

/// What a part of an expression is, before names and types are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SyntaxKind {
    /// `true`, `false`.
    Flag(bool),
    /// A decimal number, as it is written, with its sign.
    Number(String),
    /// A quoted text, without its quotes.
    Text(String),
    /// A word alone: `market`.
    Word(String),
    /// `market.users`.
    Member(Box<Syntax>, String),
    /// `['a', 'b']`.
    List(Vec<Syntax>),
    /// `size(product.sectors)`.
    Call(String, Vec<Syntax>),
    /// `!x`.
    Not(Box<Syntax>),
    /// `-x`.
    Negate(Box<Syntax>),
    /// `x && y`.
    Binary(Operator, Box<[Syntax; 2]>),
    /// `c ? x : y`.
    Conditional(Box<[Syntax; 3]>),
}

/// An operator with an operand on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
}

impl Operator {
    /// Each as cel names it, as it is written and as it is shown to people.
    const NAMES: [(Self, &'static str, &'static str, &'static str); 12] = [
        (Self::And, operators::LOGICAL_AND, "&&", "&&"),
        (Self::Or, operators::LOGICAL_OR, "||", "||"),
        (Self::Equal, operators::EQUALS, "==", "="),
        (Self::NotEqual, operators::NOT_EQUALS, "!=", "≠"),
        (Self::Less, operators::LESS, "<", "<"),
        (Self::LessOrEqual, operators::LESS_EQUALS, "<=", "≤"),
        (Self::Greater, operators::GREATER, ">", ">"),
        (Self::GreaterOrEqual, operators::GREATER_EQUALS, ">=", "≥"),
        (Self::In, operators::IN, "in", "in"),
        (Self::Add, operators::ADD, "+", "+"),
        (Self::Subtract, operators::SUBSTRACT, "-", "-"),
        (Self::Multiply, operators::MULTIPLY, "*", "×"),
    ];

    fn of(function: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, cel, ..)| *cel == function).map(|(operator, ..)| *operator)
    }

    /// As it is written in an expression.
    pub(super) fn written(self) -> &'static str {
        Self::NAMES.iter().find(|(operator, ..)| *operator == self).map_or("", |(_, _, written, _)| written)
    }

    /// As it is shown in an explanation.
    pub(super) fn shown(self) -> &'static str {
        Self::NAMES.iter().find(|(operator, ..)| *operator == self).map_or("", |(_, _, _, shown)| shown)
    }
}

/// The tree of an expression.
pub(super) fn parse(text: &str) -> Result<Syntax, Vec<Wrong>> {
    let tokens = scan(text)?;
    // What the scanner lets through is not known to make the parser panic. It is ten thousand generated
    // lines over an author's text, though, and a host must outlive every file.
    let parsed = catch_unwind(|| {
        Parser::new()
            // One level for the whole, one for each bracket and each `? :` inside it.
            .max_recursion_depth(1 + 2 * MAX_DEPTH as u16)
            .parse_with_source_info(text)
    });
    let reader = |info| Reader { text, tokens: &tokens, info };
    match parsed {
        Ok(Ok((tree, info))) => reader(info).read(&tree).map_err(|wrong| vec![wrong]),
        Ok(Err(errors)) => Err(vec![syntax_error(text, &tokens, &errors)]),
        Err(_) => Err(vec![not_read(0..text.len(), text)]),
    }
}

struct Reader<'t> {
    text: &'t str,
    tokens: &'t [Token<'t>],
    info: SourceInfo,
}

impl Reader<'_> {
    fn read(&self, tree: &IdedExpr) -> Result<Syntax, Wrong> {
        let token = self.token_of(tree);
        match &tree.expr {
            Expr::Literal(literal) => self.literal(token, literal),
            Expr::Ident(name) => Ok(self.syntax(SyntaxKind::Word(name.clone()), token..token + 1)),
            Expr::Select(select) if !select.test => {
                let operand = self.read(&select.operand)?;
                let at = operand.at.start..self.end_of(token + 1);
                Ok(Syntax { kind: SyntaxKind::Member(Box::new(operand), select.field.clone()), at })
            }
            Expr::List(list) => {
                let members = self.read_all(&list.elements)?;
                Ok(self.syntax(SyntaxKind::List(members), token..self.partner(token) + 1))
            }
            Expr::Call(call) if call.target.is_none() => self.call(token, call),
            // Refused by the scanner already: maps, structs, macros, methods.
            _ => Err(not_read(0..self.text.len(), self.text)),
        }
    }

    fn read_all(&self, trees: &[IdedExpr]) -> Result<Vec<Syntax>, Wrong> {
        // A loop, since it recurses: a collected iterator takes ten frames a level where nothing is optimised,
        // and a chain of `+` has hundreds of levels.
        let mut all = Vec::with_capacity(trees.len());
        for tree in trees {
            all.push(self.read(tree)?);
        }
        Ok(all)
    }

    fn literal(&self, token: usize, literal: &LiteralValue) -> Result<Syntax, Wrong> {
        let written = self.tokens.get(token).map_or("", |token| token.text);
        // Of the values only the sign is taken: cel places a number at its digits, after the sign.
        let (kind, negative) = match literal {
            LiteralValue::Boolean(flag) => (SyntaxKind::Flag(*flag.inner()), false),
            LiteralValue::String(text) => (SyntaxKind::Text(text.inner().to_owned()), false),
            LiteralValue::Int(int) if int.inner().is_negative() => {
                (SyntaxKind::Number(format!("-{written}")), true)
            }
            LiteralValue::Double(double) if double.inner().is_sign_negative() => {
                (SyntaxKind::Number(format!("-{written}")), true)
            }
            LiteralValue::Int(_) | LiteralValue::Double(_) => (SyntaxKind::Number(written.to_owned()), false),
            _ => return Err(not_read(self.bytes(token..token + 1), self.text)),
        };
        Ok(self.syntax(kind, token.saturating_sub(usize::from(negative))..token + 1))
    }

    fn call(&self, token: usize, call: &CallExpr) -> Result<Syntax, Wrong> {
        let arguments = self.read_all(&call.args)?;
        if self.tokens.get(token).is_some_and(|token| token.text == "(") {
            let at = token.saturating_sub(1)..self.partner(token) + 1;
            return Ok(self.syntax(SyntaxKind::Call(call.func_name.clone(), arguments), at));
        }
        let around = self.around(token, &arguments);
        let kind = match (call.func_name.as_str(), Operator::of(&call.func_name)) {
            (operators::LOGICAL_NOT, _) => one(arguments).map(SyntaxKind::Not),
            (operators::NEGATE, _) => one(arguments).map(SyntaxKind::Negate),
            (operators::CONDITIONAL, _) => {
                arguments.try_into().ok().map(|three| SyntaxKind::Conditional(Box::new(three)))
            }
            (_, Some(operator)) => {
                arguments.try_into().ok().map(|two| SyntaxKind::Binary(operator, Box::new(two)))
            }
            _ => None,
        };
        match kind {
            Some(kind) => Ok(Syntax { kind, at: around }),
            None => Err(not_read(around, self.text)),
        }
    }

    fn syntax(&self, kind: SyntaxKind, tokens: Range<usize>) -> Syntax {
        Syntax { kind, at: self.bytes(tokens) }
    }

    /// The word cel placed the node at; the first one for a node without a place.
    fn token_of(&self, tree: &IdedExpr) -> usize {
        let start = self.info.offset_for(tree.id).map_or(0, |(start, _)| start as usize);
        self.tokens.iter().position(|token| token.at.start >= start).unwrap_or(0)
    }

    fn partner(&self, token: usize) -> usize {
        self.tokens.get(token).and_then(|token| token.partner).unwrap_or(token)
    }

    fn end_of(&self, token: usize) -> usize {
        self.tokens.get(token).map_or(self.text.len(), |token| token.at.end)
    }

    fn bytes(&self, tokens: Range<usize>) -> Range<usize> {
        let start = self.tokens.get(tokens.start).map_or(0, |token| token.at.start);
        start..self.end_of(tokens.end.saturating_sub(1)).max(start)
    }

    /// The bytes of an operator and its operands, with the brackets that stand around the operands alone.
    fn around(&self, operator: usize, operands: &[Syntax]) -> Range<usize> {
        let own = self.bytes(operator..operator + 1);
        let start = operands.iter().map(|o| o.at.start).fold(own.start, usize::min);
        let end = operands.iter().map(|o| o.at.end).fold(own.end, usize::max);
        let within = |token: &&Token<'_>| token.at.start >= start && token.at.end <= end;
        let partners = self.tokens.iter().filter(within).filter_map(|token| token.partner);
        let partners = partners.filter_map(|partner| self.tokens.get(partner));
        partners.fold(start..end, |all, token| all.start.min(token.at.start)..all.end.max(token.at.end))
    }
}

fn one(arguments: Vec<Syntax>) -> Option<Box<Syntax>> {
    arguments.into_iter().next().map(Box::new)
}

fn not_read(at: Range<usize>, text: &str) -> Wrong {
    let shown = shorten(text.get(at.clone()).unwrap_or(text));
    Wrong::new(at, format!("`{shown}` is not read in an expression"))
}

/// The first of cel's syntax errors in plain words; cel lists every token that could stand there.
fn syntax_error(text: &str, tokens: &[Token<'_>], errors: &ParseErrors) -> Wrong {
    let first = errors.errors.iter().find(|error| error.msg.starts_with("Syntax error"));
    let (line, column) = first.or(errors.errors.first()).map_or((1, 1), |error| error.pos);
    let narrow = |n: isize| usize::try_from(n).unwrap_or(1).saturating_sub(1);
    let before: usize = text.split_inclusive('\n').take(narrow(line)).map(str::len).sum();
    let rest = text.get(before..).unwrap_or_default();
    let offset = before + rest.char_indices().nth(narrow(column)).map_or(rest.len(), |(at, _)| at);
    let index = tokens.iter().position(|token| token.at.end > offset);
    match index.and_then(|index| tokens.get(index).map(|token| (index, token))) {
        Some((index, token)) => unexpected(token, index.checked_sub(1).and_then(|i| tokens.get(i))),
        None => ends_early(tokens),
    }
}

fn unexpected(token: &Token<'_>, before: Option<&Token<'_>>) -> Wrong {
    let at = token.at.clone();
    if before.is_some_and(|before| before.text == ".") {
        return Wrong::new(at, format!("`{}` is no name after `.`", shorten(token.text)))
            .help("a name has two parts, as in `market.users`");
    }
    let begins_operand = token.kind != TokenKind::Symbol || matches!(token.text, "(" | "[" | "!");
    match before.filter(|before| begins_operand && before.ends_operand()) {
        Some(before) => Wrong::new(
            at,
            format!("`{}` follows `{}` without an operator", shorten(token.text), shorten(before.text)),
        )
        .help("write an operator between them, such as `&&` or `==`"),
        None => Wrong::new(at, format!("`{}` is not expected here", shorten(token.text)))
            .help("an operator stands between two values, as in `market.users > 0`"),
    }
}

fn ends_early(tokens: &[Token<'_>]) -> Wrong {
    let at = tokens.last().map_or(0..1, |token| token.at.clone());
    let count = |text: &str| tokens.iter().filter(|token| token.text == text).count();
    let wrong = Wrong::new(at, "the expression ends where more is expected");
    if count("?") > count(":") {
        wrong.help("write both cases, as in `condition ? this : that`")
    } else {
        wrong.help("write what follows the last word, or remove it")
    }
}
