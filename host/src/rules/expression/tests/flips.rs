//! What flips, by table, and the law that whatever is found does flip.

use proptest::prelude::*;

use super::{
    properties::{given, logic},
    *,
};

/// The changes of facts that turn a condition round, in one line.
fn flipped(text: &str, values: &str) -> String {
    let expression = lower_as(text, Use::Condition).unwrap();
    match expression.flip(&Given::read(values), &|reference| reference.root.is_fact()) {
        Some(changes) => changes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        None => "nothing".to_owned(),
    }
}

#[track_caller]
fn flips(text: &str, values: &str, expected: &str) {
    assert_eq!(flipped(text, values), expected, "{text} with {values}");
}

#[test]
fn a_flag_flips_and_what_nobody_gave_becomes_what_is_needed() {
    flips("market.a", "market.a=true", "market.a from true to false");
    flips("market.a", "market.a=false", "market.a from false to true");
    flips("product.personal_data", "", "product.personal_data from not given to true");
    flips("!market.a", "", "market.a from not given to false");
    flips("market.a == market.b", "market.a=true; market.b=true", "market.a from true to false");
    flips("market.a != true", "", "market.a from not given to false");
}

#[test]
fn a_number_moves_just_beyond_its_threshold() {
    flips("market.users >= 1000000", "market.users=900000", "market.users from 900,000 to 1,000,000");
    flips("market.users > 1000000", "market.users=900000", "market.users from 900,000 to 1,000,001");
    flips("market.users >= 1000000", "market.users=2500000", "market.users from 2,500,000 to 999,999");
    flips("market.users >= 1000000", "", "market.users from not given to 1,000,000");
    flips("market.users < 10", "", "market.users from not given to 9");
    flips("market.users == 5", "market.users=9", "market.users from 9 to 5");
    flips("market.users == 5", "market.users=5", "market.users from 5 to 4");
    flips("10 < market.users", "market.users=9", "market.users from 9 to 11");
    flips("market.share > 0.02", "market.share=0.01", "market.share from 1% to 2.0000001%");
    flips("market.share >= 0.02", "market.share=0.02", "market.share from 2% to 1.9999999%");
    flips("market.share > 1", "market.share=0", "market.share from 0% to 100.0000001%");
    flips("market.users > market.huge", "market.users=5; market.huge=6", "market.huge from 6 to 4");
    flips("market.users >= 0", "market.users=5", "nothing");
    flips("market.users > -10", "market.users=-5", "market.users from -5 to -10");
}

#[test]
fn an_amount_moves_in_its_own_currency() {
    flips(
        "market.revenue > money('5 EUR')",
        "market.revenue=4 EUR",
        "market.revenue from 4 EUR to 5.0001 EUR",
    );
    flips(
        "market.revenue > money('5 EUR')",
        "market.revenue=4 BRL",
        "market.revenue from 4 BRL to 30.0001 BRL",
    );
    flips("market.revenue >= money('5 EUR')", "", "market.revenue from not given to 5 EUR");
    flips(
        "param.fine_rate * company.turnover > money('5 EUR')",
        "param.fine_rate=0.04; company.turnover=100 EUR",
        "company.turnover from 100 EUR to 125.0001 EUR",
    );
    flips(
        "param.fine_rate * company.turnover > param.fine_cap",
        "param.fine_rate=0.04; param.fine_cap=50 EUR",
        "company.turnover from not given to 1,250.0001 EUR",
    );
    flips(
        "min(market.revenue, company.turnover) + money('1 EUR') >= money('3 EUR')",
        "market.revenue=1 EUR; company.turnover=7 EUR",
        "market.revenue from 1 EUR to 2 EUR",
    );
    flips("market.revenue > money('5 USD')", "market.revenue=4 EUR", "nothing");
}

#[test]
fn dates_and_periods_move_by_their_own_steps() {
    flips(
        "market.launch < '2026-08-02'",
        "market.launch=2026-12-24",
        "market.launch from 2026-12-24 to 2026-08-01",
    );
    flips("market.launch >= '2026-08-02'", "", "market.launch from not given to 2026-08-02");
    flips("param.notice <= '72 hours'", "param.notice=4 days", "nothing");
}

#[test]
fn a_text_becomes_what_is_written_or_another_declared_value() {
    flips("company.home == 'de'", "company.home=cn", "company.home from cn to de");
    flips("company.home in ['br', 'de']", "company.home=cn", "company.home from cn to br");
    flips("company.home in ['br', 'de']", "", "company.home from not given to br");
    // Any of 248 other countries would do, and none of them says anything.
    flips("company.home == 'cn'", "company.home=cn", "nothing");
    flips(
        "company.home in param.countries",
        "company.home=cn; param.countries=br us",
        "company.home from cn to br",
    );
    flips("(market.note == 'x' ? 'br' : company.home) == 'cn'", "market.note=x; company.home=de", "nothing");
    flips("choice.dpo == 'inhouse'", "choice.dpo=outsourced", "nothing");
    let expression = lower_as("choice.dpo == 'inhouse'", Use::Condition).unwrap();
    let changes = expression.flip(&Given::read("choice.dpo=inhouse"), &|_| true).unwrap();
    assert_eq!(changes[0].to_string(), "choice.dpo from inhouse to outsourced");
}

#[test]
fn sets_gain_and_lose_members() {
    let finance = "product.sectors=finance; market.served=retail";
    flips("'health' in product.sectors", finance, "product.sectors from [finance] to [finance, health]");
    flips("'finance' in product.sectors", finance, "product.sectors from [finance] to []");
    flips("'finance' in product.sectors", "", "product.sectors from not given to [finance]");
    flips(
        "overlaps(product.sectors, ['health', 'retail'])",
        finance,
        "product.sectors from [finance] to [finance, health]",
    );
    flips(
        "overlaps(product.sectors, market.served)",
        finance,
        "product.sectors from [finance] to [finance, retail]",
    );
    flips("subset(product.sectors, ['health', 'retail'])", finance, "product.sectors from [finance] to []");
    flips(
        "subset(product.sectors, ['finance'])",
        finance,
        "product.sectors from [finance] to [finance, health]",
    );
    flips(
        "size(product.sectors) >= 3",
        finance,
        "product.sectors from [finance] to [finance, health, retail]",
    );
    flips("size(product.sectors) > 3", finance, "nothing");
}

#[test]
fn conditions_combine() {
    let given = "market.a=true; market.b=false; market.users=5; market.c=false";
    flips("market.a && market.users >= 10", given, "market.users from 5 to 10");
    flips("market.b && market.users >= 10", given, "market.b from false to true; market.users from 5 to 10");
    flips("market.b || market.users >= 10", given, "market.b from false to true");
    flips("market.b && market.c || market.users >= 6", given, "market.users from 5 to 6");
    flips("!(market.b || market.users >= 10)", given, "market.b from false to true");
    flips("market.users >= 10 && market.users <= 20", given, "market.users from 5 to 10");
    flips("market.users != 5 && market.users >= 5", "", "market.users from not given to 6");
    flips("market.b ? market.a : market.c", given, "market.b from false to true");
    flips("market.users > (market.b ? 3 : 7)", given, "market.users from 5 to 8");
    flips(
        "param.fine_rate > (market.b ? 0.3 : 0.7)",
        "param.fine_rate=0.5; market.b=false",
        "market.b from false to true",
    );
    flips("market.d && market.a", given, "market.d from not given to true");
}

#[test]
fn what_no_fact_decides_flips_by_nothing() {
    flips("true", "", "nothing");
    flips("param.fine_rate > 0.5", "param.fine_rate=0.02", "nothing");
    flips("market.a && 1 > 2", "market.a=true", "nothing");
    flips("market.a && !market.a", "market.a=true", "nothing");
    flips(
        "market.huge * 2 > 5",
        &format!("market.huge={}", i64::MAX),
        "market.huge from 9,223,372,036,854,775,807 to 4,611,686,018,427,387,903",
    );
    let quantity = lower_as("market.users", Use::Quantity).unwrap();
    assert_eq!(quantity.flip(&Given::default(), &|_| true), None);
}

/// Inputs in which `term.staff` is what the condition says.
struct Filled(Given);

impl Inputs for Filled {
    fn value(&self, reference: &Reference) -> Result<Value, Missing> {
        match self.stands_for(reference).map(|fill| fill.outcome(self)) {
            Some(Outcome::Known(value)) => Ok(value),
            _ => self.0.value(reference),
        }
    }

    fn triggered(&self, obligation: &QualifiedId) -> Truth {
        self.0.triggered(obligation)
    }

    fn convert(&self, money: Money, to: Currency) -> Result<Money, ConversionError> {
        self.0.convert(money, to)
    }

    fn stands_for(&self, reference: &Reference) -> Option<Expression> {
        (reference.name.as_str() == "d").then(|| lower_as("market.users >= 20", Use::Condition).unwrap())
    }

    fn currency(&self) -> Currency {
        self.0.currency()
    }
}

#[test]
fn a_change_is_followed_through_what_fills_a_term() {
    let expression = lower_as("market.a && market.d", Use::Condition).unwrap();
    let given = Filled(Given::read("market.a=true; market.users=10"));
    let changes = expression.flip(&given, &|reference| reference.root.is_fact()).unwrap();
    assert_eq!(changes[0].to_string(), "market.users from 10 to 20");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_found_flips(
        logic in logic(), flags: [bool; 4], numbers in [-3..3_i8, -3..3_i8], known: u8,
    ) {
        let expression = lower_as(&logic.written(), Use::Condition).unwrap();
        let mut given = given(flags, numbers, known);
        let before = expression.outcome(&given);
        let changes = expression.flip(&given, &|reference| reference.root.is_fact());
        for change in changes.iter().flatten() {
            prop_assert!(change.from.as_ref() != Some(&change.to));
            given.set(&change.reference.to_string(), change.to.clone());
        }
        let wanted = if changes.is_some() { before != Outcome::Known(Value::Flag(true)) } else { return Ok(()) };
        prop_assert_eq!(expression.outcome(&given), Outcome::Known(Value::Flag(wanted)));
    }

    #[test]
    fn where_one_flag_is_enough_no_more_than_one_fact_changes(
        logic in logic(), flags: [bool; 4], numbers in [-3..3_i8, -3..3_i8],
    ) {
        let expression = lower_as(&logic.written(), Use::Condition).unwrap();
        let holds = |flags| logic.holds(flags, numbers);
        let enough = (0..4).any(|at| {
            let mut other = flags;
            other[at] = !other[at];
            holds(other) != holds(flags)
        });
        let given = given(flags, numbers, u8::MAX);
        let changes = expression.flip(&given, &|reference| reference.root.is_fact());
        prop_assert!(!enough || changes.is_some_and(|changes| changes.len() == 1), "{}", logic.written());
    }
}
