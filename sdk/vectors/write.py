#!/usr/bin/env python3
"""Writes the case files of this folder, and works out what each expects.

It shares no code with any SDK: amounts are fractions of the standard library, each rounded where the
formulas of README.md say so. To add a vector, add it to `vectors` and run this file; `--check` says
whether a file differs from what would be written. It needs Python 3.9 and nothing else.
"""

import json
import re
import sys
from datetime import date
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).parent
TOO_LARGE = "the amount is too large to be held exactly"
THOUSAND = "1.000 caractères"


class Fails(Exception):
    """The failure a case expects, as it stands in its file."""


def refused(reason):
    return Fails({"refused": reason})


# Exact numbers


def rounded(value):
    """To ten-thousandths, half to even, within 64 bits."""
    scaled = value * 10_000
    floor, rest = divmod(scaled.numerator, scaled.denominator)
    twice = 2 * rest
    if twice > scaled.denominator or (twice == scaled.denominator and floor % 2):
        floor += 1
    if not -(2**63) <= floor < 2**63:
        raise refused(TOO_LARGE)
    return Fraction(floor, 10_000)


def number(text):
    """`40_000_000 EUR`, `2%`, `2.5`, `3` as written."""
    text = str(text).replace("_", "").split(" ")[0]
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


def spread(value):
    three = value if isinstance(value, dict) else dict.fromkeys(("low", "likely", "high"), value)
    return tuple(number(three[member]) for member in ("low", "likely", "high"))


# The plugin


class Case:
    def __init__(self, vector):
        self.facts, self.params = vector.get("facts", {}), vector.get("params", {})
        self.choices, self.settings = vector.get("choices", {}), vector.get("settings", {})
        self.obligations = vector.get("obligations", {})
        low, high = (number(self.settings.get("range", {}).get(b, "100%")) for b in ("low", "high"))
        if not 0 <= low <= 1 <= high:
            raise refused("the settings do not fit: `range` should be 0 % <= low <= 100 % <= high")
        self.range = low, Fraction(1), high

    def around(self, price):
        return tuple(rounded(price * part) for part in self.range)

    def setting(self, name, default):
        return number(self.settings.get(name, default))

    def overhead(self, price):
        return price * (1 + self.setting("overhead", "0%"))

    def required(self, name):
        if name in self.facts:
            return self.facts[name]
        raise Fails({"needs_fact": name})

    def given(self, *names):
        """The names of those that are given: what a line may rest on."""
        there = {**self.facts, **{f"param.{name}": value for name, value in self.params.items()}}
        return [name for name in names if name in there]


def line(label, cadence, amount, used, quantity=None, obligation=None):
    return {"obligation": obligation, "label": label, "cadence": cadence, "amount": amount,
            "quantity": quantity, "used": used}


def counted(label, cadence, count, unit, price, used, obligation=None):
    count = rounded(count)
    amount = tuple(rounded(count * each) for each in price)
    return line(label, cadence, amount, used, (count, unit, price), obligation)


def share(value, name):
    if not 0 <= value <= 1:
        raise refused(f"`{name}` must be from 0 % to 100 %")
    return value


def office(case):
    facts, params = case.facts, case.params
    users = number(facts["market.users"])
    if users < 0:
        raise refused("`market.users` must not be negative")
    if case.obligations:
        raise refused("obligations are costed in the stage compliance")
    if users == 0:
        return
    yield line("rent", case.settings.get("pay", "yearly"), case.around(number(case.settings["rent"])), [])
    rate = share(number(facts["market.complaint_rate"]), "market.complaint_rate")
    per_agent = number(params["complaints_per_agent"])
    if per_agent <= 0:
        raise refused("`complaints_per_agent` must be more than 0")
    agents, wage = users * rate / per_agent, number(params["agent_wage"])
    used = ["market.users", "market.complaint_rate", "param.complaints_per_agent", "param.agent_wage",
            "choice.desk"]
    label = "réclamations · 投诉"
    if case.choices["desk"] == "in_house":
        price = case.around(case.overhead(wage))
        yield counted(label, "yearly", agents, "agent à plein temps", price, used)
    else:
        yield line(label, "yearly", case.around(agents * case.overhead(wage)), used)
    if params["keeps_register"]:
        price = case.around(wage / number(case.settings["hours_a_year"]))
        hours = number(case.settings["register_hours"]) * 12
        used = ["param.keeps_register", "param.agent_wage"]
        yield counted("registre · 登録簿", "yearly", hours, "時間", price, used)
    characters = len(params["notice"]) + len(facts.get("product.name", ""))
    used = case.given("param.notice", "product.name", "param.text_price")
    price = case.around(number(params["text_price"]))
    yield counted("notice", "once", Fraction(characters, 1_000), THOUSAND, price, used)


def duties(case):
    facts, params = case.facts, case.params
    fee = case.around(number(params["supervision_fee"]))
    for sector in sorted(facts["product.sectors"]):
        if sector in params["supervised_sectors"]:
            used = ["product.sectors", "param.supervised_sectors", "param.supervision_fee"]
            yield line(f"supervision {sector}", "once", fee, used)
    if facts["company.home"] != params["authority"]:
        used = ["company.home", "param.authority", "param.supervision_fee"]
        yield line("représentant · 代表", "yearly", fee, used)
    yield from levy(case)
    yield from faster_answers(case)
    for name in sorted(case.obligations):
        yield from effort(case, name, case.obligations[name])
        yield from texts(case, name, case.obligations[name].get("demands", {}))


def levy(case):
    facts, params = case.facts, case.params
    if "levy_rate" not in params:
        return
    if "levy_from" in params:
        registered = date.fromisoformat(case.required("company.registered"))
        if registered >= date.fromisoformat(params["levy_from"]):
            return
    revenue = number(case.required("market.revenue"))
    levied = rounded(revenue * number(params["levy_rate"]) / (2 if facts["company.sme"] else 1))
    if "levy_cap" in params:
        levied = min(levied, number(params["levy_cap"]))
    used = ["market.revenue", "param.levy_rate", "company.sme"]
    if "levy_from" in params:
        used += ["param.levy_from", "company.registered"]
    yield line("levy", "yearly", (levied,) * 3, used + case.given("param.levy_cap"))


def faster_answers(case):
    if "company.answers_within" not in case.facts:
        return
    periods = case.facts["company.answers_within"], case.params["answer_deadline"]
    (today, unit), (deadline, other) = (
        (int(n), unit.replace("_", "-").removesuffix("s")) for n, unit in (p.split(" ") for p in periods))
    if unit != other:
        raise refused(f"cannot compare {today} {unit} with {deadline} {other}")
    if today > deadline:
        part = Fraction(today - deadline, today)
        used = ["company.answers_within", "param.answer_deadline", "param.agent_wage"]
        yield line("faster answers", "once", case.around(number(case.params["agent_wage"]) * part), used)


def effort(case, name, given):
    factor, used = Fraction(1), []
    known = name.split(".")[-1]
    if known == "breach_notice":
        maturity = number(case.required("company.privacy_maturity"))
        if "programme_saves" not in case.params:
            raise Fails({"needs_param": "programme_saves"})
        saves = number(case.params["programme_saves"])
        factor = 1 - share(maturity, "company.privacy_maturity") * share(saves, "programme_saves")
        used = ["company.privacy_maturity", "param.programme_saves"]
    if known == "complaints_officer":
        factor = case.overhead(Fraction(1)) if case.choices["desk"] == "outsourced" else factor
        used = ["choice.desk"]
    for cadence in ("once", "yearly"):
        if cadence in given:
            amount = tuple(rounded(each * factor) for each in spread(given[cadence]))
            yield line(cadence, cadence, amount, used, obligation=name)


def texts(case, name, demands):
    for language in sorted(demands.get("languages", [])):
        thousands = number(demands["characters"]) * (2 if demands.get("certified") else 1) / 1_000
        mode = case.setting("post_edit", "100%") if case.choices["translation"] == "post_edit" else 1
        level = number(case.settings.get("levels", {}).get(language, "100%"))
        price = case.around(number(case.params["text_price"]) * level * mode)
        used = ["demand.languages", "demand.characters"]
        used += ["demand.certified"] if "certified" in demands else []
        used += ["param.text_price", "choice.translation"]
        yield counted(f"text {language}", "once", thousands, THOUSAND, price, used, name)


def expected(vector):
    try:
        case = Case(vector)
        return {"lines": list(office(case) if vector["stage"] == "output" else duties(case))}
    except Fails as fails:
        return {"failure": fails.args[0]}


# The files


PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.%-]*( [A-Za-z_]+)?")


def scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    words = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
    return text if PLAIN.fullmatch(text) and text.lower() not in words else json.dumps(text, ensure_ascii=False)


def flow(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def shown(value):
    """Up to four decimals, as many as it has."""
    whole = int(value * 10_000)
    sign, whole = ("-" if whole < 0 else ""), abs(whole)
    return f"{sign}{whole // 10_000}.{whole % 10_000:04}".rstrip("0").rstrip(".")


def money(amounts, currency):
    low, likely, high = (f"{shown(amount)} {currency}" for amount in amounts)
    return likely if low == likely == high else {"low": low, "likely": likely, "high": high}


def line_in_file(item, currency):
    out = {"obligation": item["obligation"]} if item["obligation"] else {}
    out |= {"label": item["label"], "cadence": item["cadence"], "amount": money(item["amount"], currency)}
    rows = [flow(out)[1:-1]]
    if item["quantity"]:
        count, unit, price = item["quantity"]
        quantity = {"count": shown(count), "unit": unit, "price": money(price, currency)}
        rows.append(f"quantity: {flow(quantity)}")
    if item["used"]:
        rows.append(f"used: {flow(item['used'])}")
    return "    - {" + ",\n       ".join(rows) + "}"


def written(name, vector):
    currency = vector.get("currency", "EUR")
    out = ["# Written by write.py; README.md has the formulas.", "schema: landfall/case@1"]
    out += [f"name: {scalar(vector['name'])}", f"stage: {vector['stage']}"]
    out += [f"currency: {currency}"] if currency != "EUR" else []
    for part in ("facts", "params", "choices", "settings", "obligations"):
        if vector.get(part):
            out += [f"{part}:"] + [f"  {key}: {flow(item)}" for key, item in vector[part].items()]
    out.append("expect:")
    answer = expected(vector)
    if "failure" in answer:
        out.append(f"  failure: {flow(answer['failure'])}")
    elif not answer["lines"]:
        out.append("  lines: []")
    else:
        out += ["  lines:"] + [line_in_file(item, currency) for item in answer["lines"]]
    return "\n".join(out) + "\n"


# The vectors: an office of each kind, each with what it changes


OUTPUT = {
    "facts": {"market.users": 120_000, "company.sme": False, "market.complaint_rate": "0.5%",
              "product.name": "Assistent für Köche", "company.home": "cn", "product.sectors": ["finance"]},
    "params": {"keeps_register": True, "complaints_per_agent": 250, "agent_wage": "48_000 EUR",
               "notice": "Beschwerden nimmt das Büro entgegen.", "authority": "de",
               "supervised_sectors": ["finance", "health"], "answer_deadline": "3 business_days",
               "text_price": "130 EUR", "supervision_fee": "9_000 EUR"},
    "choices": {"desk": "in_house", "translation": "human"},
    "settings": {"rent": "24_000 EUR", "overhead": "20%", "register_hours": "2.5", "hours_a_year": 1760,
                 "range": {"low": "80%", "high": "130%"}},
}
# No rent, no register, no range: what is left is the line that a vector is about.
BARE = {"rent": "0 EUR", "register_hours": "0", "hours_a_year": 1760}
MOST = "922337203685477.5807 EUR"


def changed(base, change):
    """`None` takes a key away."""
    out = dict(base)
    for key, value in change.items():
        if value is None:
            out.pop(key, None)
        elif key == "settings" and isinstance(value, dict) and "rent" in value:
            out[key] = value
        elif isinstance(value, dict) and isinstance(out.get(key), dict) and key != "range":
            out[key] = changed(out[key], value)
        else:
            out[key] = value
    return out


def output(name, **change):
    return changed({"name": name, "stage": "output", **OUTPUT}, change)


def bare(name, facts, params, desk="in_house", **settings):
    """Agents and nothing else that costs."""
    params = {"keeps_register": False, "text_price": "0 EUR", **params}
    return output(name, facts=facts, params=params, choices={"desk": desk}, settings={**BARE, **settings})


def compliance(name, **change):
    return changed({"name": name, "stage": "compliance", **OUTPUT}, change)


# At home, in no sector that is supervised.
QUIET = {"facts": {"company.home": "de", "product.sectors": []}, "settings": BARE}


def quiet(name, **change):
    return changed(compliance(name, **QUIET), change)


def breach(name, facts, params, **efforts):
    efforts = efforts or {"once": "1_000 EUR"}
    return quiet(name, facts=facts, params=params, obligations={"eu.breach_notice": efforts})


THIRD = {"market.users": 1_000, "market.complaint_rate": "0.1%"}
LEVIED = {"company.sme": True}

vectors = {
    "office": output("an office with a range around its prices"),
    "office-outsourced": output("a service has no count", choices={"desk": "outsourced"}),
    "office-in-yen": output(
        "yen, rent paid once, no name",
        currency="JPY", facts={"product.name": None},
        params={"agent_wage": "5_200_001 JPY", "text_price": "17_000.5 JPY", "supervision_fee": "0 JPY"},
        settings={"rent": "3_000_000 JPY", "pay": "once", "register_hours": "0.3333", "hours_a_year": 1999}),
    "office-of-nobody": output("a market without users has no office", facts={"market.users": 0}),
    "third-in-house": bare("a third of an agent is counted as 0.3333", THIRD, {"complaints_per_agent": 3}),
    "third-outsourced": bare("a third of a wage is exact", THIRD, {"complaints_per_agent": 3}, "outsourced"),
    "sevenths": bare("2/7 of a wage with a range, each end rounded from the fraction",
                     {"market.users": 2_000, "market.complaint_rate": "0.1%"},
                     {"complaints_per_agent": 7, "agent_wage": "1 EUR"}, "outsourced",
                     range={"low": "50%", "high": "300%"}),
    "count-tie-down": bare("half a ten-thousandth of an agent is none",
                           {"market.users": 1, "market.complaint_rate": "0.005%"}, {"complaints_per_agent": 1}),
    "count-tie-up": bare("one and a half ten-thousandths are two",
                         {"market.users": 3, "market.complaint_rate": "0.005%"}, {"complaints_per_agent": 1}),
    "product-tie-down": bare("1.00005 is 1.0000", {"market.users": 1, "market.complaint_rate": "0.01%"},
                             {"complaints_per_agent": 1, "agent_wage": "10_000.5 EUR"}),
    "product-tie-up": bare("1.00015 is 1.0002", {"market.users": 1, "market.complaint_rate": "0.01%"},
                           {"complaints_per_agent": 1, "agent_wage": "10_001.5 EUR"}),
    "characters": output(
        "text is counted by code points, whatever bytes or UTF-16 units they take",
        facts={"product.name": "𝔸ssistent 😀 助手"},
        params={"notice": "Réclamation: e\u0301crivez-nous 👩\u200d💻 «ici» \"maintenant\" — 投诉在此"}),
    "most": output(
        "the largest amount there is", facts={"market.users": 1, "market.complaint_rate": "100%"},
        params={"complaints_per_agent": 1, "agent_wage": MOST, "keeps_register": False},
        settings={"rent": MOST, "register_hours": "0", "hours_a_year": 1}),
    "more-than-most": output(
        "one ten-thousandth more than the largest amount",
        facts={"market.users": 1, "market.complaint_rate": "100%"},
        params={"complaints_per_agent": 1, "agent_wage": "461168601842738.7904 EUR", "keeps_register": False},
        settings={"rent": "0 EUR", "overhead": "100%", "register_hours": "0", "hours_a_year": 1}),
    "too-many-agents": output("a count that does not fit", facts={"market.users": 2**63 - 1,
                              "market.complaint_rate": "100%"}, params={"complaints_per_agent": 1}),
    "users-negative": output("a number of users below nought", facts={"market.users": -1}),
    "agents-by-nought": output("nothing is divided by nought", params={"complaints_per_agent": 0}),
    "rate-above-all": output("a rate that is no share", facts={"market.complaint_rate": "100.0000001%"}),
    "range-above": output("a range that does not enclose its price",
                          settings={"range": {"low": "120%", "high": "130%"}}),
    "obligation-elsewhere": output("an obligation in the stage that costs none",
                                   obligations={"de.register_entry": {"once": "100 EUR"}}),
    "duties": compliance(
        "everything that the law asks",
        facts={"product.sectors": ["health", "education", "finance"], "market.revenue": "40_000_000 EUR",
               "company.registered": "2019-12-31", "company.answers_within": "5 business_days",
               "company.privacy_maturity": "35%"},
        params={"levy_rate": "0.35%", "levy_from": "2020-01-01", "levy_cap": "150_000 EUR",
                "programme_saves": "80%"},
        choices={"desk": "outsourced", "translation": "post_edit"},
        settings={"post_edit": "66.6666667%", "levels": {"ja": "140%", "zh-Hans": "87.5%"}},
        obligations={
            "de.register_entry": {"once": {"low": "1 EUR", "likely": "2 EUR", "high": "3 EUR"},
                                  "yearly": "0.0001 EUR"},
            "eu.breach_notice": {"once": "1_000.0001 EUR",
                                 "yearly": {"low": "99.9999 EUR", "likely": "200 EUR", "high": "300.0001 EUR"}},
            "eu.complaints_officer": {"yearly": "60_000 EUR"},
            "eu.notice_text": {"once": "50 EUR", "demands": {"languages": ["zh-Hans", "de", "ja"],
                                                             "characters": 3333, "certified": True}},
        }),
    "nothing-asked": quiet("a law that asks for nothing"),
    "officer-in-house": quiet("effort of an officer in house is passed on in full",
                              settings={**BARE, "overhead": "20%"},
                              obligations={"eu.complaints_officer": {"once": "7 EUR", "yearly": "60_000 EUR"}}),
    "text-not-certified": quiet("a demand that is given and false is used",
                                obligations={"eu.notice_text": {"demands": {"languages": ["de"],
                                             "characters": 1, "certified": False}}}),
    "text-plain": quiet("a demand that is missing is not",
                        obligations={"eu.notice_text": {"demands": {"languages": ["de", "fr"],
                                                                    "characters": 1500}},
                                     "eu.notice_text_b": {"yearly": "5 EUR"}}),
    "levy-tie-down": quiet("half of 0.0005 is 0.0002", facts={**LEVIED, "market.revenue": "0.0005 EUR"},
                           params={"levy_rate": "100%"}),
    "levy-tie-up": quiet("half of 0.0003 is 0.0002", facts={**LEVIED, "market.revenue": "0.0003 EUR"},
                         params={"levy_rate": "100%"}),
    "levy-of-most": quiet("the whole of the largest amount, less a billionth",
                          facts={"market.revenue": MOST}, params={"levy_rate": "99.9999999%"}),
    "levy-too-large": quiet("twice the largest amount, though a cap would bound it",
                            facts={"market.revenue": MOST},
                            params={"levy_rate": "200%", "levy_cap": "1 EUR"}),
    "levy-of-a-new-company": quiet("registered on the day, no levy, and no revenue is asked for",
                                   facts={"company.registered": "2020-01-01"},
                                   params={"levy_rate": "1%", "levy_from": "2020-01-01"}),
    "levy-without-revenue": quiet("an optional fact that is needed", params={"levy_rate": "1%"}),
    "levy-without-registration": quiet("the fact that is needed first",
                                       params={"levy_rate": "1%", "levy_from": "2020-01-01"}),
    "answers-two-thirds": quiet("3 weeks to 1: two thirds of a wage",
                                facts={"company.answers_within": "3 weeks"},
                                params={"answer_deadline": "1 week", "agent_wage": "10_000 EUR"}),
    "answers-in-time": quiet("as soon as asked costs nothing", facts={"company.answers_within": "1 month"},
                             params={"answer_deadline": "1 month"}),
    "answers-at-once": quiet("no time at all", facts={"company.answers_within": "1 year"},
                             params={"answer_deadline": "0 years"}),
    "answers-in-other-units": quiet("hours are no business days", facts={"company.answers_within": "72 hours"}),
    "answers-in-days": quiet("nor are days", facts={"company.answers_within": "3 days"}),
    "breach": breach("a programme saves its part, each of three rounded",
                     {"company.privacy_maturity": "33.3333333%"}, {"programme_saves": "50%"},
                     once={"low": "0.0001 EUR", "likely": "0.0003 EUR", "high": "3 EUR"}),
    "breach-without-maturity": breach("a fact that an obligation makes needed", {}, {"programme_saves": "50%"}),
    "breach-without-saves": breach("a param that it makes needed", {"company.privacy_maturity": "50%"}, {}),
    "breach-above-all": breach("a param that is no share", {"company.privacy_maturity": "50%"},
                               {"programme_saves": "150%"}),
}


def main():
    check = sys.argv[1:] == ["--check"]
    wanted = {HERE / f"{name}.yaml": written(name, vector) for name, vector in vectors.items()}
    there = {path: path.read_text(encoding="utf-8") for path in HERE.glob("*.yaml")}
    differ = sorted(path.name for path in wanted.keys() | there.keys() if wanted.get(path) != there.get(path))
    if check:
        sys.exit(f"not as written by write.py: {', '.join(differ)}" if differ else 0)
    for path in there.keys() - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    print(f"{len(wanted)} vectors, {len(differ)} changed")


if __name__ == "__main__":
    main()
