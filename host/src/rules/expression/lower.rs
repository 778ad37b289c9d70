//! From a scalar in a file to an [`Expression`]: names looked up, functions known, types checked.
//!
//! Collects every problem it can see, each at the part of the text that is wrong. The rules of which
//! types go together stand in `typing`.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use super::{
    Declared, Expression, Reference, Root, Scope, Use, Vocabulary,
    parse::{Operator, Syntax, SyntaxKind, parse},
    term::{Extreme, SetQuestion, Term, TermKind},
    typing::{self, Typed, noun_of},
    wrong::Wrong,
};
use crate::{
    diagnostic::{Problems, did_you_mean, one_of},
    id::{Name, nearest},
    money::{Exact, Money},
    rules::yaml::{Node, NodeKind, Style, double_quoted, shorten},
    value::{Value, ValueType},
};

const FUNCTIONS: [&str; 7] = ["max", "min", "money", "overlaps", "size", "subset", "triggered"];

/// Most problems shown of one expression: one that is garbage must not crowd out the rest of the file.
const MOST_SHOWN: usize = 8;

/// Reads, checks and lowers the expression that stands in this node; none where it has a problem.
pub fn lower(node: &Node, use_: Use, scope: &dyn Scope, problems: &mut Problems<'_>) -> Option<Expression> {
    let text = text_of(node, use_, problems)?;
    let mut lowering = Lowering { text, use_, scope, wrong: Vec::new() };
    let typed = match parse(text) {
        Ok(syntax) => lowering.term(&syntax).and_then(|typed| lowering.for_use(typed)),
        Err(wrong) => {
            lowering.wrong = wrong;
            None
        }
    };
    let good = lowering.wrong.is_empty();
    lowering.wrong.into_iter().take(MOST_SHOWN).for_each(|wrong| wrong.report(node, problems));
    let Typed { term, value_type, .. } = typed.filter(|_| good)?;
    let (mut references, mut triggered) = (BTreeSet::new(), BTreeSet::new());
    term.collect_references(&mut references);
    term.collect_triggered(&mut triggered);
    Some(Expression {
        text: text.into(),
        span: node.span,
        value_type,
        term: Arc::new(term),
        references: Arc::new(references),
        triggered: Arc::new(triggered),
    })
}

/// The expression that is this value whatever is asked, written as values are in rule files.
#[must_use]
pub fn literal(node: &Node, value: Value, value_type: ValueType) -> Expression {
    let text: Arc<str> = match &node.kind {
        NodeKind::Sequence(items) => {
            let items: Vec<&str> = items.iter().filter_map(Node::scalar).collect();
            format!("[{}]", items.join(", ")).into()
        }
        _ => node.scalar().unwrap_or_default().into(),
    };
    let term = Term { kind: TermKind::Literal(value), at: 0..text.len() };
    Expression {
        text,
        span: node.span,
        value_type,
        term: Arc::new(term),
        references: Arc::default(),
        triggered: Arc::default(),
    }
}

/// The text of a quoted scalar. Unquoted ones are refused even where YAML would read them: `a ? b : c`
/// and `!a` mean something else to it, and nobody should have to know which.
fn text_of<'n>(node: &'n Node, use_: Use, problems: &mut Problems<'_>) -> Option<&'n str> {
    match &node.kind {
        NodeKind::Scalar { .. } if node.is_nothing() => {
            problems.error_help(node.span, "an expression is missing", "write it in double quotes");
            None
        }
        NodeKind::Scalar { text, style: Style::Plain } if use_ != Use::Reference => {
            let message = "an expression stands in double quotes";
            problems.error_help(node.span, message, format!("write `{}`", double_quoted(&shorten(text))));
            None
        }
        NodeKind::Scalar { text, .. } => Some(text),
        _ => {
            let message = format!("an expression is a text, not {}", node.describe());
            problems.error_help(node.span, message, "write it in double quotes");
            None
        }
    }
}

struct Lowering<'a> {
    text: &'a str,
    use_: Use,
    scope: &'a dyn Scope,
    wrong: Vec<Wrong>,
}

impl Lowering<'_> {
    fn term(&mut self, syntax: &Syntax) -> Option<Typed> {
        let at = syntax.at.clone();
        match &syntax.kind {
            SyntaxKind::Flag(flag) => Some(written(Value::Flag(*flag), ValueType::Flag, at)),
            SyntaxKind::Text(text) => Some(written(Value::Text(text.as_str().into()), ValueType::Text, at)),
            SyntaxKind::Number(digits) => self.number(digits, at),
            SyntaxKind::Word(word) => self.bare_word(word, at),
            SyntaxKind::Member(operand, name) => self.reference(operand, name, at),
            SyntaxKind::List(members) => self.list(members, at),
            SyntaxKind::Call(function, arguments) => self.call(function, arguments, at),
            SyntaxKind::Not(operand) => {
                let operand = self.term(operand)?;
                self.checked(typing::not(operand, self.text, at))
            }
            SyntaxKind::Negate(operand) => {
                let operand = self.term(operand)?;
                self.checked(typing::negate(operand, self.text, at))
            }
            SyntaxKind::Binary(..) => self.chain(syntax),
            SyntaxKind::Conditional(parts) => self.conditional(parts, at),
        }
    }

    fn checked(&mut self, result: Result<Typed, Wrong>) -> Option<Typed> {
        result.map_err(|wrong| self.wrong.push(wrong)).ok()
    }

    fn refuse(&mut self, at: Range<usize>, message: String, help: impl Into<String>) -> Option<Typed> {
        self.wrong.push(Wrong::new(at, message).help(help));
        None
    }

    /// All of them, looking at each even where one before it is wrong.
    fn terms(&mut self, parts: &[Syntax]) -> Option<Vec<Typed>> {
        let terms: Vec<_> = parts.iter().map(|part| self.term(part)).collect();
        terms.into_iter().collect()
    }

    fn number(&mut self, digits: &str, at: Range<usize>) -> Option<Typed> {
        let number = match digits.split_once('.') {
            None => digits.parse().ok().map(|n| written(Value::Count(n), ValueType::Count, at.clone())),
            Some(_) => decimal(digits).map(|n| written(Value::Ratio(n), ValueType::Ratio, at.clone())),
        };
        // The scanner has seen these digits; this is for a number that it and the grammar read apart.
        number.or_else(|| self.refuse(at, format!("`{digits}` is not a number"), "write digits"))
    }

    fn bare_word(&mut self, word: &str, at: Range<usize>) -> Option<Typed> {
        if let Some(root) = Root::parse(word) {
            let noun = root.noun();
            return self.refuse(
                at,
                format!("`{word}` is no {noun} by itself"),
                format!("write `{word}.<name>`"),
            );
        }
        let help = self.elsewhere(word).unwrap_or_else(|| did_you_mean(word, Root::ALL.map(Root::as_str)));
        self.refuse(at, format!("unknown name `{}`", shorten(word)), help)
    }

    /// The name under another root, for whoever wrote it under the wrong one or under none.
    fn elsewhere(&self, name: &str) -> Option<String> {
        let root = Root::ALL.into_iter().find(|root| self.scope.declared(*root, name).is_some())?;
        Some(format!("did you mean `{root}.{name}`?"))
    }

    fn reference(&mut self, operand: &Syntax, name: &str, at: Range<usize>) -> Option<Typed> {
        let SyntaxKind::Word(root_word) = &operand.kind else {
            let message = format!("`.{}` is asked of what has no members", shorten(name));
            return self.refuse(at, message, "a name has two parts, as in `market.users`");
        };
        let Some(root) = Root::parse(root_word) else {
            let message = format!("unknown name `{}`", shorten(root_word));
            return self.refuse(
                operand.at.clone(),
                message,
                did_you_mean(root_word, Root::ALL.map(Root::as_str)),
            );
        };
        let (declared, parsed) = (self.scope.declared(root, name), Name::parse(name));
        if let (Some(declared), Ok(name)) = (declared, parsed) {
            let Declared { value_type, vocabulary } = declared.clone();
            let term = Term { kind: TermKind::fact(Reference { root, name }, Arc::new(declared)), at };
            return Some(Typed { term, value_type, vocabulary });
        }
        let help = self.elsewhere(name).unwrap_or_else(|| self.nearest_under(root, name));
        self.refuse(at, format!("unknown {} `{root}.{}`", root.noun(), shorten(name)), help)
    }

    fn nearest_under(&self, root: Root, name: &str) -> String {
        let names = self.scope.names(root);
        if let Some(nearest) = nearest(name, names.iter().map(String::as_str)) {
            return format!("did you mean `{root}.{nearest}`?");
        }
        let known: Vec<String> = names.iter().map(|name| format!("{root}.{name}")).collect();
        one_of(known.iter().map(String::as_str))
    }

    fn list(&mut self, members: &[Syntax], at: Range<usize>) -> Option<Typed> {
        if members.is_empty() {
            return self.refuse(at, "the list is empty".to_owned(), "write its members: `['a', 'b']`");
        }
        let mut texts = BTreeSet::new();
        for member in members {
            let SyntaxKind::Text(text) = &member.kind else {
                let shown = self.text.get(member.at.clone()).unwrap_or_default();
                let message = format!("a list holds quoted texts, not `{}`", shorten(shown));
                return self.refuse(member.at.clone(), message, "write `['a', 'b']`");
            };
            texts.insert(text.as_str().into());
        }
        Some(written(Value::Set(Arc::new(texts)), ValueType::Set, at))
    }

    /// A chain leans to the left and has up to hundreds of links: it is walked, since every level of a
    /// recursion takes four KiB of stack where nothing is optimised.
    fn chain(&mut self, syntax: &Syntax) -> Option<Typed> {
        let (mut links, mut first) = (Vec::new(), syntax);
        while let SyntaxKind::Binary(operator, operands) = &first.kind {
            let [left, right] = &**operands;
            links.push((*operator, right, first.at.clone()));
            first = left;
        }
        let mut left = self.term(first);
        for (operator, right, at) in links.into_iter().rev() {
            let right = self.term(right);
            left = match (left, right) {
                (Some(left), Some(right)) => self.joined(operator, left, right, at),
                _ => None,
            };
        }
        left
    }

    fn joined(&mut self, operator: Operator, left: Typed, right: Typed, at: Range<usize>) -> Option<Typed> {
        self.checked(match operator {
            Operator::And | Operator::Or => typing::connect(operator, left, right, self.text, at),
            Operator::In => typing::sets(SetQuestion::In, left, right, self.text, at),
            Operator::Add | Operator::Subtract | Operator::Multiply => {
                typing::calculate(operator, left, right, self.text, at)
            }
            _ => typing::compare(operator, left, right, self.text, at),
        })
    }

    fn conditional(&mut self, parts: &[Syntax; 3], at: Range<usize>) -> Option<Typed> {
        let [condition, this, that] = parts;
        let (condition, this, that) = (self.term(condition), self.term(this), self.term(that));
        let (condition, this, that) = (condition?, this?, that?);
        self.checked(typing::conditional(condition, this, that, self.text, at))
    }

    fn call(&mut self, function: &str, arguments: &[Syntax], at: Range<usize>) -> Option<Typed> {
        match (function, arguments) {
            ("money", [argument]) => self.money(argument, at),
            ("triggered", [argument]) => self.triggered(argument, at),
            ("size", [argument]) => {
                let argument = self.term(argument)?;
                self.checked(typing::size(argument, self.text, at))
            }
            ("subset" | "overlaps", [left, right]) => {
                let question = if function == "subset" { SetQuestion::Subset } else { SetQuestion::Overlaps };
                let (left, right) = (self.term(left), self.term(right));
                let (left, right) = (left?, right?);
                self.checked(typing::sets(question, left, right, self.text, at))
            }
            ("min" | "max", [_, _, ..]) => {
                let extreme = if function == "min" { Extreme::Min } else { Extreme::Max };
                let terms = self.terms(arguments)?;
                self.checked(typing::extreme(extreme, terms, self.text, at))
            }
            _ => self.wrong_call(function, arguments.len(), at),
        }
    }

    fn wrong_call(&mut self, function: &str, found: usize, at: Range<usize>) -> Option<Typed> {
        let name = at.start..at.start + function.len();
        let example = match function {
            "money" => "money('5 EUR')",
            "triggered" => "triggered('dpo')",
            "size" => "size(product.sectors)",
            "subset" => "subset(product.sectors, ['finance', 'health'])",
            "overlaps" => "overlaps(product.sectors, ['finance', 'health'])",
            "min" => "min(param.fine_rate * market.revenue, param.fine_cap)",
            "max" => "max(money('20000000 EUR'), 0.04 * company.turnover)",
            _ => {
                let help = did_you_mean(function, FUNCTIONS);
                return self.refuse(name, format!("unknown function `{}`", shorten(function)), help);
            }
        };
        let message = format!("`{function}` is given {found} value{}", if found == 1 { "" } else { "s" });
        self.refuse(name, message, format!("write it as in `{example}`"))
    }

    fn money(&mut self, argument: &Syntax, at: Range<usize>) -> Option<Typed> {
        let SyntaxKind::Text(text) = &argument.kind else {
            let message = "`money` takes a quoted amount".to_owned();
            return self.refuse(argument.at.clone(), message, "write it as in `money('5 EUR')`");
        };
        match Money::parse(text) {
            Ok(money) => Some(written(Value::Money(money), ValueType::Money, at)),
            Err(error) => {
                self.wrong.push(Wrong::new(argument.at.clone(), error.to_string()));
                None
            }
        }
    }

    fn triggered(&mut self, argument: &Syntax, at: Range<usize>) -> Option<Typed> {
        if self.use_ != Use::AllowedWhen {
            let message = "`triggered` is read only in the `allowed_when` of an option".to_owned();
            return self.refuse(at, message, "repeat the condition of that obligation here");
        }
        let SyntaxKind::Text(name) = &argument.kind else {
            let message = "`triggered` takes the quoted name of an obligation".to_owned();
            return self.refuse(argument.at.clone(), message, "write it as in `triggered('dpo')`");
        };
        let Some(obligation) = self.scope.obligation(name) else {
            let known = self.scope.obligations();
            let help = did_you_mean(name, known.iter().map(String::as_str));
            return self.refuse(argument.at.clone(), format!("unknown obligation `{}`", shorten(name)), help);
        };
        let term = Term { kind: TermKind::Triggered(obligation), at };
        Some(Typed { term, value_type: ValueType::Flag, vocabulary: Vocabulary::None })
    }

    /// Whether the whole has the type its use needs.
    fn for_use(&mut self, typed: Typed) -> Option<Typed> {
        let found = typed.value_type;
        let (fits, wanted, help) = match self.use_ {
            Use::Condition | Use::AllowedWhen => {
                (found == ValueType::Flag, "a flag", "compare it, as in `market.users > 0`")
            }
            Use::Quantity => (
                matches!(found, ValueType::Count | ValueType::Ratio),
                "a count or a ratio",
                "write how many times, as in `product.models`",
            ),
            Use::Amount => (
                found == ValueType::Money,
                "money",
                "write an amount, as in `money('5 EUR')` or `0.02 * market.revenue`",
            ),
            Use::Reference => (
                matches!(typed.term.kind, TermKind::Fact(..)),
                "one name",
                "write a fact or param, as in `param.notice_words`",
            ),
        };
        if fits {
            return Some(typed);
        }
        let shown = shorten(self.text.trim());
        let message = match self.use_ {
            Use::Reference => format!("`{shown}` is not {wanted}"),
            _ => format!("`{shown}` is {}: {wanted} is needed here", noun_of(&typed)),
        };
        self.refuse(typed.term.at, message, help)
    }
}

fn written(value: Value, value_type: ValueType, at: Range<usize>) -> Typed {
    Typed { term: Term { kind: TermKind::Literal(value), at }, value_type, vocabulary: Vocabulary::None }
}

/// A decimal as it is written. In two parts, because [`Exact::parse`] bounds a number so that it fits the
/// plugin boundary with all its decimals, and a literal never goes there.
fn decimal(digits: &str) -> Option<Exact> {
    let (negative, digits) = digits.strip_prefix('-').map_or((false, digits), |rest| (true, rest));
    let (whole, decimals) = digits.split_once('.')?;
    let whole = Exact::whole(whole.parse().ok()?);
    let number = whole.add(Exact::parse(&format!("0.{decimals}"), 9).ok()?).ok()?;
    if negative { Exact::ZERO.sub(number).ok() } else { Some(number) }
}
