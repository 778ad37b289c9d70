"""What the office needs to know, in the order that `sdk/vectors` states."""

from datetime import date
from typing import Literal, Optional

from landfall_plugin import (
    Case,
    Money,
    Needs,
    Obligation,
    OneOf,
    Period,
    Plain,
    Range,
    Ratio,
    Set,
    Settings,
    choice,
    demand,
    fact,
    param,
)


class Facts(Needs):
    """What the strategy says."""

    users: int = fact("market.users")
    sme: bool = fact("company.sme")
    complaint_rate: Ratio = fact("market.complaint_rate")
    revenue: Optional[Money] = fact("market.revenue")
    name: Optional[str] = fact("product.name")
    home: OneOf = fact("company.home")
    sectors: Set = fact("product.sectors")
    registered: Optional[date] = fact("company.registered")
    answers_within: Optional[Period] = fact("company.answers_within")
    maturity: Optional[Ratio] = fact("company.privacy_maturity")


class Params(Needs):
    """What the rule files say."""

    keeps_register: bool = param()
    per_agent: int = param("complaints_per_agent")
    levy_rate: Optional[Ratio] = param()
    wage: Money = param("agent_wage")
    notice: str = param()
    authority: OneOf = param()
    supervised: Set = param("supervised_sectors")
    levy_from: Optional[date] = param()
    deadline: Period = param("answer_deadline")
    levy_cap: Optional[Money] = param()
    saves: Optional[Ratio] = param("programme_saves")
    text_price: Money = param()
    fee: Money = param("supervision_fee")


class Demands(Needs):
    """What an obligation may demand."""

    languages: Set = demand()
    characters: int = demand()
    certified: Optional[bool] = demand()


class Choices(Needs):
    """What is open."""

    desk: Literal["in_house", "outsourced"] = choice()
    translation: Literal["human", "post_edit"] = choice()


class Office(Settings, schema="settings.json"):
    """What a rule file sets."""

    rent: Money
    pay: Literal["once", "yearly"] = "yearly"
    overhead: Ratio = 0
    register_hours: Plain
    hours_a_year: int
    post_edit: Ratio = 1
    levels: dict[str, Ratio] = {}
    range: Range = Range.CERTAIN


class Duty(Obligation):
    """An obligation, as this plugin sees it."""

    known: Optional[Literal["breach_notice", "complaints_officer"]]
    demands: Optional[Demands]


class Complaints(Case):
    """A market, in one period, under one set of options."""

    facts: Facts
    params: Params
    choices: Choices
    settings: Office
    obligations: tuple[Duty, ...]
