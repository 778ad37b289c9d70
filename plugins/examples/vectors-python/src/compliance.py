"""What the law asks: supervision, a representative, a levy, faster answers, and its obligations."""

from fractions import Fraction
from typing import Iterator

from landfall_plugin import Line, NeedsFact, NeedsParam, Period, Quantity, Refused, Spread, rounded, share
from needs import Choices, Complaints, Demands, Duty, Facts, Params
from office import THOUSAND_CHARACTERS


def duties(case: Complaints) -> Iterator[Line]:
    yield from supervision(case)
    yield from representative(case)
    yield from levy(case)
    yield from faster_answers(case)
    for obligation in case.obligations:
        yield from effort(case, obligation)
        if obligation.demands:
            yield from texts(case, obligation, obligation.demands)


def supervision(case: Complaints) -> Iterator[Line]:
    """A fee for every sector of the product that is supervised."""
    for sector in case.facts.sectors:
        if sector in case.params.supervised:
            fee = case.settings.range.around(case.params.fee)
            yield Line.once(f"supervision {sector}", fee, used=[Facts.sectors, Params.supervised, Params.fee])


def representative(case: Complaints) -> Iterator[Line]:
    """Where the authority is abroad."""
    if case.facts.home != case.params.authority:
        fee = case.settings.range.around(case.params.fee)
        yield Line.yearly("représentant · 代表", fee, used=[Facts.home, Params.authority, Params.fee])


def levy(case: Complaints) -> Iterator[Line]:
    """A part of the revenue, half of it for small companies, none for new ones, and never more than the cap."""
    facts, params = case.facts, case.params
    if params.levy_rate is None:
        return
    used = [Facts.revenue, Params.levy_rate, Facts.sme]
    if params.levy_from is not None:
        if facts.registered is None:
            raise NeedsFact(Facts.registered)
        if facts.registered >= params.levy_from:
            return
        used += [Params.levy_from, Facts.registered]
    if facts.revenue is None:
        raise NeedsFact(Facts.revenue)
    levied = rounded(facts.revenue * params.levy_rate / (2 if facts.sme else 1))
    if params.levy_cap is not None:
        levied = min(levied, params.levy_cap)
    yield Line.yearly("levy", Spread.certain(levied), used=[*used, Params.levy_cap])


def faster_answers(case: Complaints) -> Iterator[Line]:
    """An agent for that part of the time that must be saved."""
    today, deadline = case.facts.answers_within, case.params.deadline
    if today is None:
        return
    if today.unit != deadline.unit:
        raise Refused(f"cannot compare {shown(today)} with {shown(deadline)}")
    if today.n > deadline.n:
        saved = Fraction(today.n - deadline.n, today.n)
        cost = case.settings.range.around(Fraction(case.params.wage) * saved)
        yield Line.once("faster answers", cost, used=[Facts.answers_within, Params.deadline, Params.wage])


def shown(period: Period) -> str:
    return f"{period.n} {period.unit}".replace("_", "-")


def effort(case: Complaints, obligation: Duty) -> list[Line]:
    """Priced effort, passed on: in full, less what a programme saves, or with a service's overhead."""
    if obligation.known == "breach_notice":
        maturity, saves = case.facts.maturity, case.params.saves
        if maturity is None:
            raise NeedsFact(Facts.maturity)
        if saves is None:
            raise NeedsParam(Params.saves)
        saved = share(maturity, "company.privacy_maturity") * share(saves, "programme_saves")
        return obligation.priced_effort(1 - saved, used=[Facts.maturity, Params.saves])
    if obligation.known == "complaints_officer":
        dearer = 1 + case.settings.overhead if case.choices.desk == "outsourced" else 1
        return obligation.priced_effort(dearer, used=[Choices.desk])
    return obligation.priced_effort()


def texts(case: Complaints, obligation: Duty, demands: Demands) -> Iterator[Line]:
    """A text that the law requires, in every language it requires it in."""
    settings = case.settings
    mode = settings.post_edit if case.choices.translation == "post_edit" else 1
    thousands = Fraction(demands.characters * (2 if demands.certified else 1), 1_000)
    for language in demands.languages:
        price = case.params.text_price * settings.levels.get(language, 1) * mode
        text = Quantity(thousands, THOUSAND_CHARACTERS, settings.range.around(price))
        used = [Demands, Params.text_price, Choices.translation]
        yield Line.once(f"text {language}", text, of=obligation, used=used)
