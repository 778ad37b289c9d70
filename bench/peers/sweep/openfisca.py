"""m.yaml as an OpenFisca tax and benefit system, vectorised: a market is an individual of the population.

Serves one bench over stdin and stdout, a line of JSON for each line: {"check": FILE} computes the objective for the
inputs of a CSV file, {"time": N} draws N markets, computes them and their percentiles, and says how many seconds
that took. What is written here follows OpenFisca's own conventions: amounts are floats, parameters are dated, a
variable for each quantity that somebody might ask for, no loop over individuals.
"""

import csv
import json
import sys
import time

import numpy
from openfisca_core.entities import build_entity
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

PERIOD = "2026"

Market = build_entity(key="market", plural="markets", label="A market", is_person=True)

PARAMETERS = {
    "horizon": {"years": 3, "discount": 0.08},
    "entry": {
        "scan_days": 8,
        "analyst_day": 400,
        "question_hours": 6,
        "counsel_hour": 110,
        "set_up": 8_000,
        "running": 6_000,
        "registration": 750,
    },
    "language": {
        "per_1000_words": 130,
        "share_85_94": 0.5,
        "share_95_99": 0.3,
        "share_100": 0.2,
        "share_ice": 0.0,
        "post_edit": 0.6,
        "quality": 0.2,
        "raters": 2,
        "minutes": 4,
        "rater_hour": 18,
    },
    "privacy": {
        "reuse": 0.6,
        "saves_once": 0.7,
        "saves_yearly": 0.4,
        "requests_per_million": 266,
        "per_1000_requests": 1_300_000,
        "requests_once": 6_000,
        "security_once": 20_000,
        "security_yearly": 9_000,
        "large_users": 2_000_000,
        "large_once": 50_000,
        "large_yearly": 30_000,
    },
    "culture": {
        "hour": 30,
        "salary": 40_000,
        "liaison": 45_000,
        "trip": 3_800,
        "loss": 0.02,
        "course_hours": 4,
        "course_fee": 120,
        "course_effect": 0.2,
    },
    "output": {
        "million_tokens": 0.4,
        "node_year": 14_000,
        "set_up": 15_000,
        "nodes": 1,
        "factor": 1.25,
        "availability": 0.2,
        "ticket_minutes": 12,
        "agent_hour": 21,
        "utilisation": 0.7,
        "engineer_day": 380,
        "upkeep": 0.2,
    },
}

# What the sweep varies: low, likely, high.
DRAWN = {
    "users": (100_000, 2_500_000, 5_000_000),
    "legal_questions": (5, 15, 40),
    "words_new": (20_000, 60_000, 120_000),
    "trips": (2, 6, 12),
    "monthly_tokens": (1_000_000_000, 9_000_000_000, 20_000_000_000),
    "monthly_tickets": (1_000, 6_000, 12_000),
}
# Its path in the strategy, as the inputs of the CSV file are called.
PATHS = {name: ("product." if name == "words_new" else "markets.m.") + name for name in DRAWN}

# The rest of the strategy.
GIVEN = {
    "privacy_maturity": 0.4,
    "words_85_94": 10_000,
    "words_95_99": 10_000,
    "words_100": 15_000,
    "words_ice": 5_000,
    "text_update_share": 0.2,
    "evaluation_prompts": 2_000,
    "localisation_days": 25,
    "familiarity": 0.2,
    "team_size": 12,
    "cultural_distance": 0.7,
    "liaison_posts": 1.0,
}

STAGES = ["market_selection", "data_adaptation", "compliance", "culture", "output"]


def variable(name, value_type=float, **members):
    """A variable as OpenFisca wants it: a class of that name."""
    members |= {"value_type": value_type, "entity": Market, "definition_period": DateUnit.YEAR}
    return type(name, (Variable,), members)


def annuity(market, period, parameters):
    """What one euro a year is worth over the horizon."""
    horizon = parameters(period).horizon
    step = 1 / (1 + horizon.discount)
    return sum(step**year for year in range(int(horizon.years)))


def market_selection_once(market, period, parameters):
    entry = parameters(period).entry
    hours = market("legal_questions", period) * entry.question_hours * (1 - market("familiarity", period))
    return entry.scan_days * entry.analyst_day + hours * entry.counsel_hour + entry.set_up + entry.registration


def market_selection_yearly(market, period, parameters):
    return market.filled_array(parameters(period).entry.running)


def words_priced(market, period, parameters):
    language = parameters(period).language
    return (
        market("words_new", period)
        + market("words_85_94", period) * language.share_85_94
        + market("words_95_99", period) * language.share_95_99
        + market("words_100", period) * language.share_100
        + market("words_ice", period) * language.share_ice
    )


def words_changed(market, period, parameters):
    words = (
        market("words_new", period)
        + market("words_85_94", period)
        + market("words_95_99", period)
        + market("words_100", period)
        + market("words_ice", period)
    )
    return words * market("text_update_share", period)


def data_adaptation_once(market, period, parameters):
    language = parameters(period).language
    price = language.per_1000_words * language.post_edit
    translation = market("words_priced", period) / 1000 * price * (1 + language.quality)
    hours = market("evaluation_prompts", period) * language.raters * language.minutes / 60
    return translation + hours * language.rater_hour


def data_adaptation_yearly(market, period, parameters):
    language = parameters(period).language
    price = language.per_1000_words * language.post_edit * (1 + language.quality)
    return market("words_changed", period) / 1000 * price


def is_large(market, period, parameters):
    return market("users", period) >= parameters(period).privacy.large_users


def subject_requests(market, period, parameters):
    privacy = parameters(period).privacy
    return numpy.round(market("users", period) * privacy.requests_per_million / 1e5) / 1e4


def compliance_once(market, period, parameters):
    privacy = parameters(period).privacy
    left = 1 - market("privacy_maturity", period) * privacy.reuse * privacy.saves_once
    effort = privacy.requests_once + privacy.security_once + market("is_large", period) * privacy.large_once
    return effort * left


def compliance_yearly(market, period, parameters):
    privacy = parameters(period).privacy
    left = 1 - market("privacy_maturity", period) * privacy.reuse * privacy.saves_yearly
    effort = privacy.security_yearly + market("is_large", period) * privacy.large_yearly
    return effort * left + market("subject_requests", period) * privacy.per_1000_requests


def culture_once(market, period, parameters):
    culture = parameters(period).culture
    return market("team_size", period) * (culture.course_hours * culture.hour + culture.course_fee)


def culture_yearly(market, period, parameters):
    culture = parameters(period).culture
    lost = culture.salary * culture.loss * market("cultural_distance", period) * (1 - culture.course_effect)
    return (
        market("liaison_posts", period) * culture.liaison
        + market("trips", period) * culture.trip
        + market("team_size", period) * lost
    )


def output_once(market, period, parameters):
    output = parameters(period).output
    return output.set_up + market("localisation_days", period) * output.engineer_day


def output_yearly(market, period, parameters):
    output = parameters(period).output
    level = output.factor * (1 + output.availability)
    nodes = output.nodes * output.node_year * level
    tokens = market("monthly_tokens", period) * 12 / 1e6 * (output.million_tokens * level)
    hours = market("monthly_tickets", period) * 12 * output.ticket_minutes / 60 / output.utilisation
    upkeep = market("localisation_days", period) * output.upkeep * output.engineer_day
    return nodes + tokens + hours * output.agent_hour + upkeep


def stage(name):
    def formula(market, period, parameters):
        yearly = market(name + "_yearly", period) * annuity(market, period, parameters)
        return market(name + "_once", period) + yearly

    return formula


def objective(market, period, parameters):
    return sum(market(name, period) for name in STAGES)


FORMULAS = [
    market_selection_once,
    market_selection_yearly,
    words_priced,
    words_changed,
    data_adaptation_once,
    data_adaptation_yearly,
    subject_requests,
    compliance_once,
    compliance_yearly,
    culture_once,
    culture_yearly,
    output_once,
    output_yearly,
    objective,
]


def dated(node):
    """Parameters as OpenFisca reads them, in force since 2020."""
    if isinstance(node, dict):
        return {key: dated(value) for key, value in node.items()}
    return {"values": {"2020-01-01": {"value": node}}}


def system():
    system = TaxBenefitSystem([Market])
    system.parameters = ParameterNode("", data=dated(PARAMETERS))
    for name, given in GIVEN.items():
        system.add_variable(variable(name, default_value=given))
    for name, (_, likely, _) in DRAWN.items():
        system.add_variable(variable(name, default_value=likely))
    for formula in FORMULAS:
        system.add_variable(variable(formula.__name__, formula=formula))
    system.add_variable(variable("is_large", bool, formula=is_large))
    for name in STAGES:
        system.add_variable(variable(name, formula=stage(name)))
    return system


def computed(system, inputs):
    """A simulation of as many markets as the inputs have."""
    count = len(next(iter(inputs.values())))
    simulation = SimulationBuilder().build_default_simulation(system, count=count)
    for name, values in inputs.items():
        simulation.set_input(name, PERIOD, values)
    simulation.calculate("objective", PERIOD)
    return simulation


def drawn(rng, count):
    """Beta-PERT, lambda 4, whole numbers, as Landfall's draws are."""
    inputs = {}
    for name, (low, likely, high) in DRAWN.items():
        width = high - low
        a, b = 1 + 4 * (likely - low) / width, 1 + 4 * (high - likely) / width
        inputs[name] = numpy.rint(low + width * rng.beta(a, b, count))
    return inputs


def check(system, path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    inputs = {name: numpy.array([float(row[PATHS[name]]) for row in rows]) for name in DRAWN}
    simulation = computed(system, inputs)
    return [float(value) for value in simulation.calculate("objective", PERIOD)]


def timed(system, count):
    rng = numpy.random.default_rng(7)
    begun = time.perf_counter()
    simulation = computed(system, drawn(rng, count))
    for name in [*STAGES, "objective"]:
        numpy.percentile(simulation.calculate(name, PERIOD), [10, 50, 90])
    return time.perf_counter() - begun


def main():
    made = system()
    for line in sys.stdin:
        asked = json.loads(line)
        answer = check(made, asked["check"]) if "check" in asked else timed(made, asked["time"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
