"""Exact numbers: one rounding, half to even, and nothing lost on the way."""

import decimal
import unittest
from decimal import Decimal
from fractions import Fraction

from landfall_plugin import Quantity, Range, Refused, Spread, rounded
from landfall_plugin.exact import CONTEXT, parts

MOST = 2**63 - 1


class Rounding(unittest.TestCase):
    def test_it_is_half_to_even(self):
        for numerator, denominator, expected in [
            (1, 2, 0),
            (3, 2, 2),
            (5, 2, 2),
            (-1, 2, 0),
            (-3, 2, -2),
            (7, 3, 2),
            (8, 3, 3),
        ]:
            with self.subTest(f"{numerator}/{denominator}"):
                self.assertEqual(parts(Fraction(numerator, denominator), 0), expected)

    def test_the_edges_of_64_bits_are_exact_and_beyond_them_is_a_failure(self):
        self.assertEqual(parts(Decimal(MOST).scaleb(-4), 4), MOST)
        self.assertEqual(parts(-MOST - 1, 0), -MOST - 1)
        for beyond in (Decimal(MOST + 1).scaleb(-4), Decimal(-MOST - 2).scaleb(-4)):
            with self.assertRaisesRegex(Refused, "^the amount is too large to be held exactly$"):
                rounded(beyond)

    def test_an_amount_has_four_decimals(self):
        self.assertEqual(str(rounded(0)), "0.0000")
        self.assertEqual(str(rounded(Decimal("0.00005"))), "0.0000")
        self.assertEqual(str(rounded(Decimal("0.00015"))), "0.0002")
        self.assertEqual(str(rounded(Fraction(2, 7))), "0.2857")

    def test_a_float_is_refused_with_what_to_write(self):
        with self.assertRaisesRegex(TypeError, r'`0\.1` is a float, .* write `Decimal\("0\.1"\)`'):
            rounded(0.1)
        for place in (lambda: Spread(1, 2.0, 3), lambda: Quantity(1.5, "hour", 1), lambda: Spread.certain(1).times(0.5)):
            with self.assertRaisesRegex(TypeError, "is a float"):
                place()

    def test_what_is_no_number_is_refused(self):
        for value in (True, "1", None):
            with self.assertRaises(TypeError):
                rounded(value)


class Context(unittest.TestCase):
    def test_a_quotient_without_an_end_is_refused_and_a_fraction_holds_it(self):
        with decimal.localcontext(CONTEXT):
            self.assertEqual(Decimal(10) / 8, Decimal("1.25"))
            with self.assertRaises(decimal.Inexact):
                Decimal(10) / 3
            self.assertEqual(rounded(Fraction(Decimal(10)) / 3), Decimal("3.3333"))

    def test_products_of_the_largest_numbers_keep_every_digit(self):
        with decimal.localcontext(CONTEXT):
            product = Decimal(1)
            for _ in range(10):
                product *= Decimal(MOST).scaleb(-4)
            self.assertEqual(product, Decimal(MOST**10).scaleb(-40))

    def test_a_float_does_not_mix(self):
        with decimal.localcontext(CONTEXT):
            with self.assertRaises(decimal.FloatOperation):
                Decimal(0.1)
            with self.assertRaises(decimal.FloatOperation):
                Decimal(1) < 0.5


class Spreads(unittest.TestCase):
    def test_each_of_the_three_is_rounded(self):
        spread = Spread(Fraction(1, 3), 1, Decimal("2.00005"))
        self.assertEqual(str(spread), "0.3333..1.0000..2.0000")
        self.assertEqual(str(spread.times(Fraction(1, 3))), "0.1111..0.3333..0.6667")
        self.assertEqual(str(Spread.certain(8)), "8.0000")
        self.assertTrue(spread.is_ordered)
        self.assertFalse(Spread(2, 1, 3).is_ordered)

    def test_a_range_rounds_from_the_exact_price(self):
        around = Range(Decimal("0.5"), Decimal(3)).around(Fraction(2, 7))
        self.assertEqual(str(around), "0.1429..0.2857..0.8571")
        with self.assertRaisesRegex(ValueError, "^should be 0 % <= low <= 100 % <= high$"):
            Range(Decimal("1.1"), Decimal("1.2"))

    def test_a_quantity_is_rounded_first_its_count_then_its_amount(self):
        quantity = Quantity(Fraction(1, 3), "agent", 48_000)
        self.assertEqual((str(quantity.count), str(quantity.amount)), ("0.3333", "15998.4000"))


if __name__ == "__main__":
    unittest.main()
