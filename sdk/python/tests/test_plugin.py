"""What a plugin declares, is given and answers."""

import enum
import unittest
from datetime import date
from decimal import Decimal
from typing import Literal, Optional

from landfall_plugin import (
    Case,
    Line,
    Money,
    Needs,
    NeedsFact,
    NeedsParam,
    Obligation,
    OneOf,
    Period,
    Quantity,
    Ranged,
    Ratio,
    Refused,
    Set,
    TimeUnit,
    choice,
    demand,
    fact,
    param,
    plugin,
    share,
)
from landfall_plugin.contract import Given
from landfall_plugin.needs import needs_of
from landfall_plugin.testing import answer, obligation, rendered


class Facts(Needs):
    tickets: int = fact("market.monthly_tickets")
    home: Optional[OneOf] = fact("company.home")


class Params(Needs):
    ticket: Money = param("ticket_price")
    cap: Optional[Money] = param()


class Support(Case):
    facts: Facts
    params: Params
    settings: Ranged


@plugin("output", separable=True)
def support(case: Support) -> list[Line]:
    """Tickets at a price."""
    if case.facts.home == "nowhere":
        raise Refused("nobody lives there")
    if case.facts.home == "cn" and case.params.cap is None:
        raise NeedsParam(Params.cap)
    answered = Quantity(case.facts.tickets * 12, "ticket", case.settings.range.around(case.params.ticket))
    return [Line.yearly("support", answered, used=[Facts.tickets, Params.ticket, (Facts.home, None), Facts.tickets])]


GIVEN = {"facts": {"market.monthly_tickets": 100}, "params": {"ticket_price": 8}}


class Answers(unittest.TestCase):
    def test_tickets_cost_their_price(self):
        self.assertEqual(rendered(support, **GIVEN), "yearly support: 9600.0000 = 1200.0000 ticket × 8.0000")
        ranged = {"range": {"low": "800000000", "high": "1300000000"}}
        self.assertEqual(
            rendered(support, **GIVEN, settings=ranged),
            "yearly support: 7680.0000..9600.0000..12480.0000 = 1200.0000 ticket × 6.4000..8.0000..10.4000",
        )

    def test_a_line_names_once_what_it_rests_on_and_not_what_nobody_gave(self):
        [line] = answer(support, **GIVEN)
        self.assertEqual(line.used, (Facts.tickets, Params.ticket))
        [line] = answer(support, facts={"market.monthly_tickets": 1, "company.home": "de"}, params={"ticket_price": 8})
        self.assertEqual(line.used, (Facts.tickets, Params.ticket, Facts.home))

    def test_what_is_missing_is_a_typed_failure(self):
        with self.assertRaises(NeedsFact) as caught:
            answer(support, params={"ticket_price": 8})
        self.assertIs(caught.exception.need, Facts.tickets)
        given = {"facts": {"market.monthly_tickets": 1, "company.home": "cn"}, "params": {"ticket_price": 8}}
        with self.assertRaises(NeedsParam) as caught:
            answer(support, **given)
        self.assertEqual(caught.exception.need.index, 1)
        given["facts"]["company.home"] = "nowhere"
        self.assertEqual(rendered(support, **given), "failure: nobody lives there")

    def test_a_value_of_another_type_is_refused(self):
        given = Given(stage="output", facts=[True, None], params=[Decimal(1), None])
        with self.assertRaisesRegex(Refused, "^the host gave `market.monthly_tickets` with another type$"):
            support.answer(given)

    def test_what_estimate_returns_is_lines(self):
        @plugin("output")
        def forgets(case: Case) -> list[Line]:
            return None

        @plugin("output")
        def numbers(case: Case) -> list[Line]:
            return [3]

        @plugin("output")
        def strange(case: Case) -> list[Line]:
            return [Line.once("x", 1, used=[Facts.tickets])]

        for wrong, message in [
            (forgets, "`estimate` returned `None`"),
            (numbers, "returned a int among its lines"),
            (strange, "`Facts.tickets` is used by the line `x`, and the case does not declare it"),
        ]:
            with self.subTest(message), self.assertRaisesRegex(TypeError, message):
                answer(wrong)


class Desk(enum.Enum):
    IN_HOUSE = "in_house"
    OUTSOURCED = "outsourced"


class Known(enum.Enum):
    BREACH = "breach_notice"


class Choices(Needs):
    desk: Desk = choice()
    mode: Literal["human", "raw"] = choice("translation")


class Demands(Needs):
    languages: Set = demand()
    certified: Optional[bool] = demand()


class Duty(Obligation):
    known: Optional[Known]
    demands: Optional[Demands]


class Law(Case):
    choices: Choices
    obligations: tuple[Duty, ...]


@plugin("compliance", "culture")
def law(case: Law) -> list[Line]:
    lines = []
    for duty in case.obligations:
        half = duty.known is Known.BREACH
        lines += duty.priced_effort(Decimal("0.5") if half else 1, used=[Choices.desk] if half else ())
        if duty.demands:
            cost = 3 if case.choices.desk is Desk.IN_HOUSE else 5
            lines += [Line.once(f"text {one}", cost, of=duty, used=[Demands]) for one in duty.demands.languages]
    return lines


class Obligations(unittest.TestCase):
    def test_effort_is_passed_on_and_demands_are_met(self):
        text = rendered(
            law,
            choices={"desk": "outsourced"},
            obligations=[
                obligation(once=1, yearly=2),
                obligation(),
                obligation(known="breach_notice", yearly=3, demands={"languages": ("de", "ta")}),
            ],
        )
        self.assertEqual(
            text.splitlines(),
            [
                "once once (obligation 0): 1.0000",
                "yearly yearly (obligation 0): 2.0000",
                "yearly yearly (obligation 2): 1.5000",
                "once text de (obligation 2): 5.0000",
                "once text ta (obligation 2): 5.0000",
            ],
        )

    def test_a_demand_nobody_made_is_no_ground(self):
        lines = answer(law, obligations=[obligation(demands={"languages": ("de",)})])
        self.assertEqual(lines[0].used, (Demands.languages,))
        lines = answer(law, obligations=[obligation(demands={"languages": ("de",), "certified": False})])
        self.assertEqual(lines[0].used, (Demands.languages, Demands.certified))

    def test_what_is_declared(self):
        self.assertEqual(law.knows, ("breach_notice",))
        self.assertEqual([str(stage) for stage in law.stages], ["compliance", "culture"])
        types = [(need.name, need.type.value_type, need.type.options) for need in needs_of(law.choices)]
        self.assertEqual(
            types,
            [("desk", "one-of", ("in_house", "outsourced")), ("translation", "one-of", ("human", "raw"))],
        )

    def test_an_option_or_obligation_the_plugin_does_not_have_is_refused(self):
        for given, message in [
            (Given(stage="compliance", choices=[2, 0]), "the host gave no known option of choice `desk`"),
        ]:
            with self.assertRaisesRegex(Refused, f"^{message}$"):
                law.answer(given)


class Every(Needs):
    flag: bool = fact("product.flag")
    count: int = fact("product.count")
    ratio: Ratio = fact("product.ratio")
    money: Money = fact("product.money")
    text: str = fact("product.text")
    one: Literal["a", "b"] = fact("product.one")
    some: Set = fact("product.some")
    day: date = fact("product.day")
    length: Period | None = fact("product.length")


class Everything(Case):
    facts: Every


@plugin("output")
def everything(case: Everything) -> list[Line]:
    facts = case.facts
    share(facts.ratio, "product.ratio")
    assert facts.some == ("x", "y") and facts.day < date(2027, 1, 1) and facts.length.unit == TimeUnit.BUSINESS_DAY
    return [Line.once(facts.text, facts.money * facts.ratio * facts.count)] if facts.flag else []


class Values(unittest.TestCase):
    GIVEN = {
        "product.flag": True,
        "product.count": 3,
        "product.ratio": Decimal("0.25"),
        "product.money": 10,
        "product.text": "x",
        "product.one": "b",
        "product.some": ("x", "y"),
        "product.day": date(2026, 1, 2),
        "product.length": Period(3, "business_day"),
    }

    def test_every_type_has_its_python(self):
        self.assertEqual(
            [need.type.value_type for need in needs_of(Every)],
            ["flag", "count", "ratio", "money", "text", "one-of", "set", "date", "period"],
        )
        self.assertEqual([need.type.required for need in needs_of(Every)], [True] * 8 + [False])
        self.assertEqual(rendered(everything, facts=self.GIVEN), "once x: 7.5000")

    def test_what_is_outside_is_refused(self):
        self.assertEqual(
            rendered(everything, facts={**self.GIVEN, "product.one": "c"}),
            "failure: `product.one` is `c`, and this plugin knows only a, b",
        )
        self.assertEqual(
            rendered(everything, facts={**self.GIVEN, "product.ratio": Decimal("1.1")}),
            "failure: `product.ratio` must be from 0 % to 100 %",
        )


class Slips(unittest.TestCase):
    """What is declared wrong says what to write."""

    def slip(self, message, declare):
        with self.assertRaisesRegex(TypeError, message):
            declare()

    def test_in_needs(self):
        def declare(annotation, value):
            return lambda: type("Facts", (Needs,), {"__annotations__": {"x": annotation}, "x": value})

        self.slip("`Facts.x` is annotated with `float`: write `Ratio` or `Money`", declare(float, fact("market.x")))
        self.slip("`Facts.x` is annotated with `Decimal`: write `Ratio` or `Money`", declare(Decimal, fact("market.x")))
        self.slip("`Facts.x` .*: write `Set`", declare(frozenset, fact("market.x")))
        self.slip('`Facts.x` does not say what it is: write `x: … = fact\\("market.x"\\)`', declare(int, 3))
        self.slip("`Facts.x` is annotated with `str`: write `Literal", declare(str, choice()))
        self.slip("`Facts.x` has no type", lambda: type("Facts", (Needs,), {"x": fact("market.x")}))

        def mixed():
            class Mixed(Needs):
                a: int = fact("market.a")
                b: int = param()

        self.slip("`Mixed` holds fact and param: write a class for each", mixed)

    def test_in_the_plugin(self):
        def no_case():
            @plugin("output")
            def estimate(case):
                return []

        def other_stage():
            @plugin("sales")
            def estimate(case: Case) -> list[Line]:
                return []

        def no_stage():
            @plugin
            def estimate(case: Case) -> list[Line]:
                return []

        self.slip("`estimate` takes one case, whose class says what the plugin needs", no_case)
        self.slip('`sales` is not a stage: write one of "market-selection"', other_stage)
        self.slip("which stages does it compute", no_stage)

    def test_params_among_the_facts(self):
        class Wrong(Case):
            facts: Params

        def estimate(case) -> list[Line]:
            return []

        estimate.__annotations__["case"] = Wrong
        self.slip("`Params.ticket` is a param, and stands among the facts", lambda: plugin("output")(estimate))


if __name__ == "__main__":
    unittest.main()
