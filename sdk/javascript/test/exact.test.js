// Quantities: what is rounded, how, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Amount, Exact, Range, Ratio, Refused, Spread, Volume, exact } from "../index.js";

const tooLarge = new Refused("the amount is too large to be held exactly");

test("rounding is half to even", () => {
  const cases = [[1, 2, 0], [3, 2, 2], [5, 2, 2], [-1, 2, 0], [-3, 2, -2], [7, 3, 2], [8, 3, 3], [1, -2, 0], [3, -2, -2]];
  for (const [numerator, denominator, expected] of cases) {
    const rounded = exact(numerator).over(denominator).over(10_000).amount();
    assert.equal(rounded.tenThousandths, BigInt(expected), `${numerator}/${denominator}`);
  }
});

test("the edges of 64 bits are exact, and beyond them is a failure", () => {
  const most = new Amount(2n ** 63n - 1n);
  assert.equal(most.times(Ratio.ONE).amount().tenThousandths, 2n ** 63n - 1n);
  assert.equal(most.times(2).over(2).amount().tenThousandths, 2n ** 63n - 1n);
  assert.equal(new Amount(-(2n ** 63n)).amount().tenThousandths, -(2n ** 63n));
  for (const beyond of [
    () => most.plus(new Amount(1n)).amount(),
    () => exact(0).minus(new Amount(-(2n ** 63n))).amount(),
    () => new Amount(2n ** 63n),
    () => exact(2n ** 63n - 1n).volume(),
    () => Spread.certain(most).times(new Ratio(1_000_000_001n)),
    () => exact(1).over(0),
  ]) {
    assert.throws(beyond, tooLarge);
  }
});

test("nothing is rounded on the way, however long it is", () => {
  const third = exact(1).over(3);
  assert.equal(Array(3000).fill(third).reduce((sum, each) => sum.plus(each), exact(0)).compare(1000), 0);
  const harmonic = Array.from({ length: 400 }, (_, at) => exact(1).over(at + 1)).reduce((sum, each) => sum.plus(each));
  assert.equal(`${harmonic.amount()}`, "6.5699");
});

test("a number is taken where it is whole and says what it is", () => {
  assert.equal(`${Amount.of(12)} ${Amount.of("1_200.50")} ${Amount.of(3n)}`, "12.0000 1200.5000 3.0000");
  assert.equal(`${Ratio.of("2%")} ${Ratio.of("0.02")} ${Ratio.of("66.6666667%")}`, "2 % 2 % 66.6666667 %");
  assert.equal(`${Volume.of("2.5")}`, "2.5000");
  const says = (run, message) => assert.throws(run, { name: "TypeError", message });
  says(
    () => Amount.of(1).times(0.5),
    '`0.5` is a binary floating-point number, which is not exact: write exact("0.5"), or whole numbers and .over(…)',
  );
  says(() => exact(2 ** 53), /not exact/);
  says(() => exact(Number.NaN), /not exact/);
  says(() => Spread.certain(12), "`12` does not say that it is money: write Amount.of(12)");
  says(() => Spread.certain(0.5), '`0.5` does not say that it is money: write Amount.of("0.5")');
  says(() => Range.CERTAIN.around(12n), "`12` does not say that it is money: write Amount.of(12)");
  says(() => new Amount(125), "an amount is a BigInt of ten-thousandths, and `125` is none: write Amount.of(…) to say it in units");
  says(() => exact("1,5"), '`1,5` is no number: write digits, such as "12.50"');
  says(() => exact(1).plus(undefined), /given\.require/);
});

test("operators do not take exact quantities", () => {
  const amount = Amount.of(2);
  for (const slip of [() => amount * 2, () => amount + 2, () => amount < Amount.of(3), () => -amount]) {
    assert.throws(slip, { name: "TypeError", message: /write \.plus\(…\)/ });
  }
  assert.throws(() => amount * 2n, TypeError);
  assert.equal(`${amount} ${Amount.of("-0.0005")}`, "2.0000 -0.0005");
});

test("a range encloses what is likely", () => {
  const spread = new Range(Ratio.of("80%"), Ratio.of("130%")).around(Amount.of(1000));
  assert.equal(`${spread}`, "800.0000..1000.0000..1300.0000");
  assert.ok(spread.isOrdered && !new Spread(Amount.of(2), Amount.of(1), Amount.of(3)).isOrdered);
  assert.throws(() => new Range(Ratio.of("110%"), Ratio.of("130%")), { message: "should be 0 % <= low <= 100 % <= high" });
});

test("what is made is not changed", () => {
  for (const made of [exact(1), Amount.of(1), Ratio.ONE, Spread.ZERO]) assert.ok(Object.isFrozen(made));
  assert.throws(() => new Exact(1), TypeError);
});
