//! Laws: whatever is written and given, nothing panics; where everything is known, three-valued logic is
//! ordinary logic; and what is learnt later never turns an answer round.

use proptest::prelude::*;

use super::*;

/// Words that make near misses likelier than random characters do.
const WORDS: [&str; 40] = [
    "market.a",
    "market.users",
    "market.revenue",
    "market",
    ".",
    "company.home",
    "product.sectors",
    "'br'",
    "'finance'",
    "\"",
    "'",
    "(",
    ")",
    "[",
    "]",
    ",",
    "?",
    ":",
    "&&",
    "||",
    "!",
    "-",
    "+",
    "*",
    "==",
    "<",
    ">=",
    " in ",
    "size(",
    "min(",
    "money('5 EUR')",
    "has(",
    ".map(x, x)",
    "1",
    "0.5",
    "1e9",
    "9223372036854775807",
    "true",
    "é",
    "\u{202e}",
];

fn any_text() -> impl Strategy<Value = String> {
    let words = proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..40);
    prop_oneof![
        words.prop_map(|words| words.concat()),
        proptest::collection::vec(any::<char>(), 0..300).prop_map(|all| all.into_iter().collect()),
        "[ -~]{0,300}",
    ]
}

/// A boolean expression over flags and numbers with what it comes to.
#[derive(Debug, Clone)]
pub(super) enum Logic {
    Flag(char),
    Number(char, &'static str, i8),
    Not(Box<Logic>),
    Both(&'static str, Box<Logic>, Box<Logic>),
    If(Box<Logic>, Box<Logic>, Box<Logic>),
}

impl Logic {
    pub(super) fn written(&self) -> String {
        match self {
            Self::Flag(name) => format!("market.{name}"),
            Self::Number(name, operator, bound) => {
                let name = if *name == 'u' { "users" } else { "huge" };
                format!("market.{name} {operator} {bound}")
            }
            Self::Not(inner) => format!("!({})", inner.written()),
            Self::Both(operator, one, other) => {
                format!("({}) {operator} ({})", one.written(), other.written())
            }
            Self::If(c, one, other) => {
                format!("({}) ? ({}) : ({})", c.written(), one.written(), other.written())
            }
        }
    }

    pub(super) fn holds(&self, flags: [bool; 4], numbers: [i8; 2]) -> bool {
        let holds = |part: &Self| part.holds(flags, numbers);
        match self {
            Self::Flag(name) => flags[usize::try_from(u32::from(*name) - u32::from('a')).unwrap()],
            Self::Number(name, operator, bound) => {
                let n = numbers[usize::from(*name != 'u')];
                match *operator {
                    "==" => n == *bound,
                    "!=" => n != *bound,
                    "<" => n < *bound,
                    "<=" => n <= *bound,
                    ">" => n > *bound,
                    _ => n >= *bound,
                }
            }
            Self::Not(inner) => !holds(inner),
            Self::Both("&&", one, other) => holds(one) && holds(other),
            Self::Both("||", one, other) => holds(one) || holds(other),
            Self::Both("==", one, other) => holds(one) == holds(other),
            Self::Both(_, one, other) => holds(one) != holds(other),
            Self::If(c, one, other) => {
                if holds(c) {
                    holds(one)
                } else {
                    holds(other)
                }
            }
        }
    }
}

pub(super) fn logic() -> impl Strategy<Value = Logic> {
    let comparison = (
        proptest::sample::select(vec!['u', 'h']),
        proptest::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]),
        -3..3_i8,
    );
    let leaf = prop_oneof![
        proptest::sample::select(vec!['a', 'b', 'c', 'd']).prop_map(Logic::Flag),
        comparison.prop_map(|(name, operator, bound)| Logic::Number(name, operator, bound)),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let operator = proptest::sample::select(vec!["&&", "||", "==", "!="]);
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed().prop_map(Logic::Not),
            (operator, boxed(), boxed()).prop_map(|(o, one, other)| Logic::Both(o, one, other)),
            (boxed(), boxed(), boxed()).prop_map(|(c, one, other)| Logic::If(c, one, other)),
        ]
    })
}

/// The facts of [`Logic`], of which those are left out whose bit is clear.
pub(super) fn given(flags: [bool; 4], numbers: [i8; 2], known: u8) -> Given {
    let mut given = Given::default();
    let flags = ["market.a", "market.b", "market.c", "market.d"].into_iter().zip(flags.map(Value::Flag));
    let numbers = ["market.users", "market.huge"].into_iter().zip(numbers.map(|n| Value::Count(n.into())));
    for (bit, (name, value)) in flags.chain(numbers).enumerate() {
        if known & (1 << bit) != 0 {
            given.set(name, value);
        }
    }
    given
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in any_text()) {
        for use_ in [Use::Condition, Use::AllowedWhen, Use::Quantity, Use::Amount, Use::Reference] {
            if let Ok(expression) = lower_as(&text, use_) {
                expression.evaluate(&Given::default());
            }
        }
    }

    #[test]
    fn any_words_parse_within_the_limits(words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 100..400)) {
        let _ = lower_as(&words.concat(), Use::Condition);
    }

    #[test]
    fn what_is_known_evaluates_like_ordinary_logic(
        logic in logic(), flags: [bool; 4], numbers in [-3..3_i8, -3..3_i8],
    ) {
        let expression = lower_as(&logic.written(), Use::Condition).unwrap();
        let found = expression.evaluate(&given(flags, numbers, u8::MAX));
        prop_assert_eq!(found.outcome, Outcome::Known(Value::Flag(logic.holds(flags, numbers))));
        // A leaf's text is a condition by itself, and comes to what the leaf says.
        for leaf in &found.leaves {
            let alone = outcome(&leaf.text, Use::Condition, &given(flags, numbers, u8::MAX));
            prop_assert_eq!(Some(alone), leaf.truth.map(|holds| holds.to_string()));
        }
    }

    #[test]
    fn an_answer_given_early_is_never_turned_round(
        logic in logic(), flags: [bool; 4], numbers in [-3..3_i8, -3..3_i8], known: u8,
    ) {
        let expression = lower_as(&logic.written(), Use::Condition).unwrap();
        let given = given(flags, numbers, known);
        let outcome = expression.outcome(&given);
        prop_assert_eq!(&expression.outcome(&Visible::of(&given)), &outcome);
        match outcome {
            Outcome::Known(value) => prop_assert_eq!(value, Value::Flag(logic.holds(flags, numbers))),
            Outcome::Undetermined(missing) => prop_assert!(!missing.is_empty()),
            Outcome::Overflow => prop_assert!(false, "nothing is large here"),
        }
    }
}
