# The method of plugins/lgpd as Rego: effort less what a programme that exists already saves of it, the officer in full,
# requests by volume, transfers by destination. Amounts are ten-thousandths, ratios billionths.
package landfall.compliance

import rego.v1

programme := ((input.maturity * input.reuse) / 1000000000) / 1000000000

left := {
	"once": 1 - ((programme * input.saves_once) / 1000000000),
	"yearly": 1 - ((programme * input.saves_yearly) / 1000000000),
}

grounds := {
	"once": ["company.privacy_maturity", "param.programme_reuse", "param.programme_saves_once"],
	"yearly": ["company.privacy_maturity", "param.programme_reuse", "param.programme_saves_yearly"],
}

lines := array.concat(effort, array.concat(requests, transfers))

effort := [line |
	some i, duty in input.obligations
	some cadence, spread in object.filter(duty, ["once", "yearly"])
	line := effort_line(i, object.get(duty, "known", ""), cadence, spread)
]

effort_line(i, "dpo", cadence, spread) := {
	"obligation": i,
	"label": cadence,
	"cadence": cadence,
	"amount": spread,
	"used": [],
}

effort_line(i, known, cadence, spread) := {
	"obligation": i,
	"label": cadence,
	"cadence": cadence,
	"amount": {
		"low": round(spread.low * left[cadence]),
		"likely": round(spread.likely * left[cadence]),
		"high": round(spread.high * left[cadence]),
	},
	"used": grounds[cadence],
} if {
	known != "dpo"
}

requests := [line |
	some i, duty in input.obligations
	duty.known == "subject_requests"
	units := round((input.users * input.per_million) / 100000)
	line := by_count(
		i, "requests", "yearly", units, "1,000 requests", input.request_price,
		["market.users", "param.requests_per_million", "param.request_price_per_1000"],
	)
]

without_adequacy := count([country | some country in input.destinations; not country in input.adequate])

transfers := [line |
	some i, duty in input.obligations
	duty.known == "transfers"
	some line in [
		by_count(
			i, "transfer clauses", "once", without_adequacy * 10000, "destination", input.clauses,
			["market.transfer_destinations", "param.adequate_countries", "param.transfer_clauses"],
		),
		by_count(
			i, "transfer publication", "yearly", min([without_adequacy, 1]) * 10000, "page", input.publication,
			["market.transfer_destinations", "param.adequate_countries", "param.transfer_publication"],
		),
	]
]

by_count(i, label, cadence, units, unit, price, used) := {
	"obligation": i,
	"label": label,
	"cadence": cadence,
	"amount": certain(round((units * price) / 10000)),
	"used": used,
	"quantity": {"count": units, "unit": unit, "price": certain(price)},
}

certain(amount) := {"low": amount, "likely": amount, "high": amount}
