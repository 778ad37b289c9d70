"""Settings: the schema of the annotations, and what is read by them."""

import enum
import json
import unittest
from decimal import Decimal
from typing import Annotated, Literal, Optional

from landfall_plugin import Money, Plain, Range, Ranged, Ratio, Refused, Settings, Spread
from landfall_plugin.settings import FILES, read, schema_text


class Due(enum.Enum):
    BEFORE = "before"
    AFTER = "after"


class Part(Settings):
    share: Ratio


class Prices(Settings):
    fee: Money
    due: Optional[Due]
    pay: Literal["once", "yearly"] = "yearly"
    hours: Plain = Decimal(1)
    parts: dict[str, Part] = {}
    names: tuple[str, ...] = ()
    seats: int = 0
    quick: bool = False
    cost: Optional[Spread]
    range: Range = Range.CERTAIN


class Schemas(unittest.TestCase):
    def test_annotations_make_a_schema(self):
        schema = json.loads(schema_text(Prices))
        self.assertEqual(schema["required"], ["fee"])
        self.assertFalse(schema["additionalProperties"])
        properties = schema["properties"]
        self.assertEqual(properties["fee"], {"type": "string", "format": "money"})
        self.assertEqual(properties["hours"], {"type": "string", "format": "decimal"})
        self.assertEqual(properties["due"], {"enum": ["before", "after"]})
        part = properties["parts"]["additionalProperties"]
        self.assertEqual(part["properties"], {"share": {"type": "string", "format": "ratio"}})
        self.assertEqual(part["required"], ["share"])
        self.assertEqual(properties["names"], {"type": "array", "items": {"type": "string"}})
        self.assertEqual(properties["range"]["required"], ["low", "high"])

    def test_a_schema_says_what_is_described_and_what_is_left_out(self):
        class Told(Settings):
            fee: Annotated[Money, "what one costs"]
            range: Annotated[Range, "how far it may be off"] = Range.CERTAIN
            seats: Annotated[int, "how many"] = 2

        properties = json.loads(schema_text(Told))["properties"]
        self.assertEqual(properties["fee"], {"description": "what one costs", "type": "string", "format": "money"})
        self.assertEqual(properties["range"]["default"], {"low": "100%", "high": "100%"})
        self.assertEqual(properties["seats"], {"description": "how many", "type": "integer", "default": 2})
        told = read(Told, '{"fee": "12500"}')
        self.assertEqual((told.fee, told.range, told.seats), (Decimal("1.25"), Range.CERTAIN, 2))

    def test_a_schema_can_be_given_as_a_dict_or_a_file(self):
        class Given(Settings, schema={"type": "object", "minProperties": 1}):
            fee: Money

        class Filed(Settings, schema="other.json"):
            fee: Money

        self.assertEqual(json.loads(schema_text(Given)), {"type": "object", "minProperties": 1})
        FILES["other.json"] = "{}"
        self.assertEqual(schema_text(Filed), "{}")

    def test_what_has_no_schema_is_refused(self):
        for annotation, message in [
            (float, "`Wrong.x` is annotated with `float`: write `Money`, `Ratio` or `Plain`"),
            (Decimal, "`Wrong.x` is annotated with `Decimal`: write `Money`, `Ratio` or `Plain`"),
            (complex, "`Wrong.x` is annotated with `complex`: write bool, int"),
        ]:
            with self.assertRaisesRegex(TypeError, message):
                type("Wrong", (Settings,), {"__annotations__": {"x": annotation}})


class Reading(unittest.TestCase):
    def test_numbers_are_exact(self):
        prices = read(
            Prices,
            '{"fee": "25000", "due": "after", "hours": "15000", "parts": {"hi": {"share": "910000000"}}, '
            '"names": ["b", "a"], "seats": 3, "quick": true, '
            '"cost": {"low": "1", "likely": "2", "high": "3"}, "range": {"low": "800000000", "high": "1300000000"}}',
        )
        self.assertEqual(str(prices.fee), "2.5000")
        self.assertIs(prices.due, Due.AFTER)
        self.assertEqual(prices.hours, Decimal("1.5"))
        self.assertEqual(prices.parts["hi"].share, Decimal("0.91"))
        self.assertEqual((prices.names, prices.seats, prices.quick), (("b", "a"), 3, True))
        self.assertEqual(str(prices.cost), "0.0001..0.0002..0.0003")
        self.assertEqual(prices.range.high, Decimal("1.3"))

    def test_what_is_left_out_has_its_default(self):
        prices = read(Prices, '{"fee": "1"}')
        self.assertEqual((prices.due, prices.pay, prices.cost), (None, "yearly", None))
        self.assertIs(prices.range, Range.CERTAIN)
        self.assertIs(read(Ranged, "").range, Range.CERTAIN)

    def test_what_does_not_fit_says_so_as_every_sdk_does(self):
        for text, message in [
            ("{", "not JSON"),
            ("[]", "should be a map"),
            ('{"range": {"low": 1}}', "`range` `low` should be a ratio as a string of billionths"),
            ('{"rang": {}}', "`rang` is not known"),
            ('{"range": {"low": "1300000000", "high": "800000000"}}', "`range` should be 0 % <= low <= 100 % <= high"),
            ('{"range": {"low": "1", "high": "2", "mid": "3"}}', "`range` `mid` is not known"),
            ('{"range": 1.5}', "not JSON"),
            ('{"range": null, "range": null}', "not JSON"),
        ]:
            with self.subTest(text), self.assertRaises(Refused) as caught:
                read(Ranged, text)
            self.assertEqual(str(caught.exception), f"the settings do not fit: {message}")

    def test_the_edge_of_64_bits(self):
        self.assertEqual(str(read(Prices, '{"fee": "9223372036854775807"}').fee), "922337203685477.5807")
        for wrong in ('"9223372036854775808"', '"1.5"', "1"):
            with self.assertRaisesRegex(Refused, "`fee` should be an amount as a string of ten-thousandths"):
                read(Prices, f'{{"fee": {wrong}}}')


if __name__ == "__main__":
    unittest.main()
