"""The office itself: rent, agents, the register, the notice."""

from fractions import Fraction
from typing import Iterator

from landfall_plugin import Line, Quantity, Refused, share
from needs import Choices, Complaints, Facts, Params

THOUSAND_CHARACTERS = "1.000 caractères"
MONTHS = 12


def office(case: Complaints) -> Iterator[Line]:
    users = case.facts.users
    if users < 0:
        raise Refused("`market.users` must not be negative")
    if case.obligations:
        raise Refused("obligations are costed in the stage compliance")
    if users == 0:
        return
    yield rent(case)
    yield agents(case)
    if case.params.keeps_register:
        yield register(case)
    yield notice(case)


def rent(case: Complaints) -> Line:
    paid = Line.once if case.settings.pay == "once" else Line.yearly
    return paid("rent", case.settings.range.around(case.settings.rent))


def agents(case: Complaints) -> Line:
    """Agents in house are counted, in ten-thousandths of one; a service is paid for the exact part."""
    facts, params, around = case.facts, case.params, case.settings.range.around
    rate = share(facts.complaint_rate, "market.complaint_rate")
    if params.per_agent <= 0:
        raise Refused("`complaints_per_agent` must be more than 0")
    needed = Fraction(facts.users * rate) / params.per_agent
    wage = params.wage * (1 + case.settings.overhead)
    if case.choices.desk == "in_house":
        cost = Quantity(needed, "agent à plein temps", around(wage))
    else:
        cost = around(needed * Fraction(wage))
    used = [Facts.users, Facts.complaint_rate, Params.per_agent, Params.wage, Choices.desk]
    return Line.yearly("réclamations · 投诉", cost, used=used)


def register(case: Complaints) -> Line:
    settings = case.settings
    hour = settings.range.around(Fraction(case.params.wage) / settings.hours_a_year)
    hours = Quantity(settings.register_hours * MONTHS, "時間", hour)
    return Line.yearly("registre · 登録簿", hours, used=[Params.keeps_register, Params.wage])


def notice(case: Complaints) -> Line:
    """The notice with the product's name, by characters as Unicode counts them."""
    characters = len(case.params.notice) + len(case.facts.name or "")
    price = case.settings.range.around(case.params.text_price)
    text = Quantity(Fraction(characters, 1_000), THOUSAND_CHARACTERS, price)
    return Line.once("notice", text, used=[Params.notice, Facts.name, Params.text_price])
