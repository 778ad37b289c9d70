//! Exact quantities: amounts, ratios, counts, spreads, and the fractions between two roundings.
//!
//! Nothing here is binary floating point and nothing wraps. A product such as `users * rate / 1_000`
//! is an [`Exact`] fraction; it is rounded once, half to even, where it becomes an [`Amount`] or a
//! [`Volume`], and an overflow anywhere on the way comes out there as [`Overflow`].

use std::{
    cmp::Ordering,
    fmt,
    ops::{Add, Div, Mul, Sub},
};

/// Ten-thousandths in one unit of a currency, and in one unit of a [`Volume`].
pub const AMOUNT_SCALE: i64 = 10_i64.pow(AMOUNT_TENS);
/// Billionths in one whole, the unit of a [`Ratio`].
pub const RATIO_SCALE: i64 = 10_i64.pow(RATIO_TENS);
const AMOUNT_TENS: u32 = 4;
const RATIO_TENS: u32 = 9;

/// A quantity outgrew 64 bits (or was divided by nought): a failure of the estimate, never a wrapped number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow;

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the amount is too large to be held exactly")
    }
}

impl std::error::Error for Overflow {}

/// Money in ten-thousandths of one unit of the case's currency.
///
/// ```
/// use landfall_plugin::{Amount, Ratio};
/// let price = Amount::units(1_200);
/// assert_eq!((price * Ratio::percent(50)).amount(), Ok(Amount(6_000_000)));
/// assert_eq!(price.to_string(), "1200.0000");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(pub i64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Whole units of the currency. For tests and constants.
    ///
    /// # Panics
    /// Beyond 922 trillion units.
    #[must_use]
    pub const fn units(units: i64) -> Self {
        Self(units * AMOUNT_SCALE)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fixed(f, self.0)
    }
}

/// A share or rate in billionths: 2 % is `Ratio(20_000_000)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio(pub i64);

impl Ratio {
    /// 0 %.
    pub const ZERO: Self = Self(0);
    /// 100 %.
    pub const ONE: Self = Self(RATIO_SCALE);

    /// Whole percent. For tests and constants.
    ///
    /// # Panics
    /// Beyond 922 billion percent.
    #[must_use]
    pub const fn percent(percent: i64) -> Self {
        Self(percent * (RATIO_SCALE / 100))
    }

    /// Whether this is a part of a whole: 0 % to 100 %.
    #[must_use]
    pub const fn is_share(self) -> bool {
        0 <= self.0 && self.0 <= RATIO_SCALE
    }

    /// What is left of a whole: 100 % less this.
    #[must_use]
    pub fn rest(self) -> Exact {
        Exact::ONE - self
    }
}

/// A whole number of something: users, words, days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Count(pub i64);

/// How many of a unit a line counts, in ten-thousandths of that unit: three hours are `Volume(30_000)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Volume(pub i64);

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fixed(f, self.0)
    }
}

fn fixed(f: &mut fmt::Formatter<'_>, ten_thousandths: i64) -> fmt::Result {
    let sign = if ten_thousandths < 0 { "-" } else { "" };
    let (magnitude, scale) = (ten_thousandths.unsigned_abs(), AMOUNT_SCALE.unsigned_abs());
    write!(f, "{sign}{}.{:04}", magnitude / scale, magnitude % scale)
}

/// An exact fraction. `+ - * /` take it, amounts, ratios, counts and whole numbers alike; whatever
/// overflows on the way is found where the result is rounded, so a formula reads as it is written.
///
/// ```
/// use landfall_plugin::{Amount, Count, Overflow, Ratio};
/// let requests = Count(2_500_000) * Count(266) / 1_000_000;
/// assert_eq!((requests * Amount::units(10)).amount(), Ok(Amount::units(6_650)));
/// assert_eq!((Count(i64::MAX) * Amount(i64::MAX)).amount(), Err(Overflow));
/// assert_eq!((Count(1) / 0).amount(), Err(Overflow));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Exact(Option<Fraction>);

/// `numerator / (divisor × 10^tens)`, the divisor above nought. Powers of ten stand apart because nearly every
/// quantity is one of so many hundredths: products then mostly stay within 64 bits, where WebAssembly has
/// instructions. Reduced only where it would not fit otherwise: reducing is nine tenths of the work.
#[derive(Debug, Clone, Copy)]
struct Fraction {
    numerator: i128,
    divisor: i128,
    tens: u32,
}

impl Exact {
    /// Nought.
    pub const ZERO: Self = Self::new(0, 0);
    /// One.
    pub const ONE: Self = Self::new(1, 0);

    /// `numerator / 10^tens`.
    const fn new(numerator: i64, tens: u32) -> Self {
        Self(Some(Fraction { numerator: numerator as i128, divisor: 1, tens }))
    }

    /// As money: this many units of the currency, rounded half to even to ten-thousandths.
    ///
    /// # Errors
    /// [`Overflow`] here or anywhere on the way here.
    pub fn amount(self) -> Result<Amount, Overflow> {
        self.round(AMOUNT_TENS).map(Amount)
    }

    /// As a count of units, rounded half to even to ten-thousandths.
    ///
    /// # Errors
    /// [`Overflow`] here or anywhere on the way here.
    pub fn volume(self) -> Result<Volume, Overflow> {
        self.round(AMOUNT_TENS).map(Volume)
    }

    /// As a ratio, rounded half to even to billionths.
    ///
    /// # Errors
    /// [`Overflow`] here or anywhere on the way here.
    pub fn ratio(self) -> Result<Ratio, Overflow> {
        self.round(RATIO_TENS).map(Ratio)
    }

    /// In parts of which `10^tens` are one.
    fn round(self, tens: u32) -> Result<i64, Overflow> {
        let scaled = self.0.and_then(|fraction| fraction.scaled(tens)).ok_or(Overflow)?;
        scaled.nearest().or_else(|| scaled.reduced()?.nearest()).ok_or(Overflow)
    }

    fn zip(self, other: Self, f: impl FnOnce(Fraction, Fraction) -> Option<Fraction>) -> Self {
        Self(self.0.zip(other.0).and_then(|(a, b)| f(a, b)))
    }
}

impl Fraction {
    const fn whole(number: i128) -> Self {
        Self { numerator: number, divisor: 1, tens: 0 }
    }

    fn add(self, other: Self) -> Option<Self> {
        self.sum(other).or_else(|| self.reduced()?.sum(other.reduced()?))
    }

    fn sum(self, other: Self) -> Option<Self> {
        let tens = self.tens.max(other.tens);
        let (left, right) = (self.numerator_at(tens)?, other.numerator_at(tens)?);
        if self.divisor == other.divisor {
            return Some(Self { numerator: left.checked_add(right)?, divisor: self.divisor, tens });
        }
        let (left, right) = (product(left, other.divisor)?, product(right, self.divisor)?);
        let divisor = product(self.divisor, other.divisor)?;
        Some(Self { numerator: left.checked_add(right)?, divisor, tens })
    }

    /// The numerator, were there that many tens, which are not fewer.
    fn numerator_at(self, tens: u32) -> Option<i128> {
        match tens - self.tens {
            0 => Some(self.numerator),
            more => product(self.numerator, power(more)?),
        }
    }

    fn mul(self, other: Self) -> Option<Self> {
        self.times(other).or_else(|| {
            let (a, b) = (self.reduced()?, other.reduced()?);
            let crosswise = |x: Self, y: Self| Self { numerator: x.numerator, ..y }.reduced();
            crosswise(a, b)?.times(crosswise(b, a)?)
        })
    }

    fn times(self, other: Self) -> Option<Self> {
        if let (1, 1, Ok(a), Ok(b)) =
            (self.divisor, other.divisor, i64::try_from(self.numerator), i64::try_from(other.numerator))
        {
            let numerator = i128::from(a) * i128::from(b);
            return Some(Self { numerator, divisor: 1, tens: self.tens.checked_add(other.tens)? });
        }
        Some(Self {
            numerator: product(self.numerator, other.numerator)?,
            divisor: product(self.divisor, other.divisor)?,
            tens: self.tens.checked_add(other.tens)?,
        })
    }

    /// Times `10^tens`.
    fn scaled(self, tens: u32) -> Option<Self> {
        match self.tens.checked_sub(tens) {
            Some(tens) => Some(Self { tens, ..self }),
            None => Self { tens: 0, ..self }.mul(Self::whole(power(tens - self.tens)?)),
        }
    }

    /// The nearest whole number, half to even.
    fn nearest(self) -> Option<i64> {
        let denominator = product(self.divisor, power(self.tens)?)?;
        let mut floor = match (i64::try_from(self.numerator), i64::try_from(denominator)) {
            (Ok(numerator), Ok(denominator)) => i128::from(numerator / denominator),
            _ => self.numerator / denominator,
        };
        let mut rest = self.numerator - product(floor, denominator)?;
        if rest < 0 {
            (floor, rest) = (floor - 1, rest + denominator);
        }
        // The rest against what is missing: doubling the rest could overflow.
        let up = match rest.cmp(&(denominator - rest)) {
            Ordering::Less => false,
            Ordering::Equal => floor % 2 != 0,
            Ordering::Greater => true,
        };
        i64::try_from(floor + i128::from(up)).ok()
    }

    fn negated(self) -> Option<Self> {
        Some(Self { numerator: self.numerator.checked_neg()?, ..self })
    }

    /// None where it is nought.
    fn inverted(self) -> Option<Self> {
        let (numerator, zeros) = without_zeros(self.numerator, u32::MAX);
        let (divisor, sign) = match numerator.signum() {
            0 => return None,
            sign => (product(numerator, sign)?, sign),
        };
        let above = product(self.divisor, sign)?;
        match self.tens.checked_sub(zeros) {
            Some(tens) => Some(Self { numerator: product(above, power(tens)?)?, divisor, tens: 0 }),
            None => Some(Self { numerator: above, divisor, tens: zeros - self.tens }),
        }
    }

    /// Nothing divides both the numerator and what is below it, as far as that can be held.
    fn reduced(self) -> Option<Self> {
        let divisor = gcd(self.numerator, self.divisor)?;
        let mut reduced =
            Self { numerator: self.numerator / divisor, divisor: self.divisor / divisor, ..self };
        for (prime, other) in [(10, 1), (2, 5), (5, 2)] {
            while reduced.tens > 0 && reduced.numerator % prime == 0 {
                let Some(divisor) = reduced.divisor.checked_mul(other) else { break };
                reduced = Self { numerator: reduced.numerator / prime, divisor, tens: reduced.tens - 1 };
            }
        }
        Some(reduced)
    }
}

/// A factor within 64 bits: an amount times it, which mostly is, too, takes one instruction of each kind.
#[derive(Clone, Copy)]
struct Short {
    numerator: i64,
    denominator: i64,
}

impl Short {
    fn of(factor: Fraction) -> Option<Self> {
        let denominator = product(factor.divisor, power(factor.tens)?)?;
        Some(Self { numerator: factor.numerator.try_into().ok()?, denominator: denominator.try_into().ok()? })
    }

    /// None says nothing.
    fn of_amount(self, Amount(amount): Amount) -> Option<Amount> {
        let free = |number: i64| number.unsigned_abs().leading_zeros();
        // Of so many binary digits the product has 63 at the most.
        if free(amount) + free(self.numerator) < 65 {
            return None;
        }
        let product = amount * self.numerator;
        let floor = product.div_euclid(self.denominator);
        let rest = product - floor * self.denominator;
        let up = match rest.cmp(&(self.denominator - rest)) {
            Ordering::Less => false,
            Ordering::Equal => floor % 2 != 0,
            Ordering::Greater => true,
        };
        Some(Amount(floor + i64::from(up)))
    }
}

/// Of two factors within 64 bits by one multiplication, as nearly always.
fn product(a: i128, b: i128) -> Option<i128> {
    match (i64::try_from(a), i64::try_from(b)) {
        (_, Ok(1)) => Some(a),
        (Ok(1), _) => Some(b),
        (Ok(a), Ok(b)) => Some(i128::from(a) * i128::from(b)),
        _ => a.checked_mul(b),
    }
}

/// `10^tens`, where it fits.
fn power(tens: u32) -> Option<i128> {
    POWERS.get(tens as usize).copied()
}

#[expect(clippy::indexing_slicing, reason = "at compile time, within its length")]
static POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut tens = 1;
    while tens < powers.len() {
        powers[tens] = powers[tens - 1] * 10;
        tens += 1;
    }
    powers
};

/// The number without so many noughts at its end at the most, and how many those were. Of what is beyond 64 bits, none
/// is taken.
fn without_zeros(number: i128, most: u32) -> (i128, u32) {
    let Ok(mut rest @ (..=-1 | 1..)) = i64::try_from(number) else { return (number, 0) };
    let mut zeros = 0;
    for (power, tens) in [(10_000_000_000_000_000, 16), (100_000_000, 8), (10_000, 4), (100, 2), (10, 1)] {
        if zeros + tens <= most && rest % power == 0 {
            (rest, zeros) = (rest / power, zeros + tens);
        }
    }
    (rest.into(), zeros)
}

/// The greatest divisor of both, above nought since the second is; none where it does not fit.
fn gcd(numerator: i128, divisor: i128) -> Option<i128> {
    let (mut a, mut b) = (numerator.unsigned_abs(), divisor.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i128::try_from(a).ok()
}

impl From<i64> for Exact {
    fn from(whole: i64) -> Self {
        Self::new(whole, 0)
    }
}

impl From<Count> for Exact {
    fn from(count: Count) -> Self {
        count.0.into()
    }
}

impl From<Amount> for Exact {
    fn from(amount: Amount) -> Self {
        Self::new(amount.0, AMOUNT_TENS)
    }
}

impl From<Volume> for Exact {
    fn from(volume: Volume) -> Self {
        Self::new(volume.0, AMOUNT_TENS)
    }
}

impl From<Ratio> for Exact {
    fn from(ratio: Ratio) -> Self {
        // Mostly whole percent: seven noughts less keep what it is multiplied with short.
        let (numerator, zeros) = without_zeros(ratio.0.into(), RATIO_TENS);
        Self(Some(Fraction { numerator, divisor: 1, tens: RATIO_TENS - zeros }))
    }
}

macro_rules! arithmetic {
    ($([$($generics:tt)*] $left:ty),* $(,)?) => { $(
        impl<$($generics)* Right: Into<Exact>> Add<Right> for $left {
            type Output = Exact;
            fn add(self, right: Right) -> Exact {
                Exact::from(self).zip(right.into(), Fraction::add)
            }
        }
        impl<$($generics)* Right: Into<Exact>> Sub<Right> for $left {
            type Output = Exact;
            fn sub(self, right: Right) -> Exact {
                Exact::from(self).zip(right.into(), |a, b| a.add(b.negated()?))
            }
        }
        impl<$($generics)* Right: Into<Exact>> Mul<Right> for $left {
            type Output = Exact;
            fn mul(self, right: Right) -> Exact {
                Exact::from(self).zip(right.into(), Fraction::mul)
            }
        }
        impl<$($generics)* Right: Into<Exact>> Div<Right> for $left {
            type Output = Exact;
            fn div(self, right: Right) -> Exact {
                Exact::from(self).zip(right.into(), |a, b| a.mul(b.inverted()?))
            }
        }
    )* };
}
arithmetic!([] Exact, [] Amount, [] Ratio, [] Count, [] Volume, [T: Into<Exact>,] crate::Given<T>);

/// The same quantity at its lowest, likeliest and highest; not percentiles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Spread<T = Amount> {
    /// At the least.
    pub low: T,
    /// What single questions use.
    pub likely: T,
    /// At the most.
    pub high: T,
}

impl<T: Copy> Spread<T> {
    /// The same value three times.
    pub const fn certain(value: T) -> Self {
        Self { low: value, likely: value, high: value }
    }
}

impl<T> Spread<T> {
    /// Each of the three through `f`.
    ///
    /// # Errors
    /// The first error of `f`.
    pub fn try_map<U, E>(self, mut f: impl FnMut(T) -> Result<U, E>) -> Result<Spread<U>, E> {
        Ok(Spread { low: f(self.low)?, likely: f(self.likely)?, high: f(self.high)? })
    }
}

impl Spread {
    /// Nothing, three times.
    pub const ZERO: Self = Self::certain(Amount::ZERO);

    /// Each of the three times a factor, rounded half to even.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn times(self, factor: impl Into<Exact>) -> Result<Self, Overflow> {
        let factor = factor.into();
        let short = factor.0.and_then(Short::of);
        self.try_map(|amount| match short.and_then(|short| short.of_amount(amount)) {
            Some(amount) => Ok(amount),
            None => (amount * factor).amount(),
        })
    }

    /// Whether the host accepts it: nought ≤ low ≤ likely ≤ high.
    #[must_use]
    pub fn is_ordered(self) -> bool {
        Amount::ZERO <= self.low && self.low <= self.likely && self.likely <= self.high
    }
}

/// One number where the three are the same, else `low..likely..high`.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { low, likely, high } = self;
        if low == likely && likely == high {
            write!(f, "{likely}")
        } else {
            write!(f, "{low}..{likely}..{high}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_to_even() {
        for (numerator, denominator, expected) in [
            (1, 2, 0),
            (3, 2, 2),
            (5, 2, 2),
            (-1, 2, 0),
            (-3, 2, -2),
            (7, 3, 2),
            (8, 3, 3),
            (1, -2, 0),
            (3, -2, -2),
        ] {
            let quotient = Exact::from(numerator) / denominator;
            assert_eq!(quotient.round(0), Ok(expected), "{numerator}/{denominator}");
        }
    }

    #[test]
    fn the_edges_of_64_bits_are_exact_and_beyond_them_is_a_failure() {
        let most = Amount(i64::MAX);
        assert_eq!(Exact::from(most).amount(), Ok(most));
        assert_eq!((most * Ratio::ONE).amount(), Ok(most));
        assert_eq!((most - most).amount(), Ok(Amount::ZERO));
        assert_eq!((most + Amount(1)).amount(), Err(Overflow));
        assert_eq!((most * 2).amount(), Err(Overflow));
        assert_eq!((most * 2 / 2).amount(), Ok(most));
        assert_eq!(Exact::from(Amount(i64::MIN)).amount(), Ok(Amount(i64::MIN)));
        assert_eq!((Exact::ZERO - Amount(i64::MIN)).amount(), Err(Overflow));
        assert_eq!(Exact::from(Count(i64::MAX)).volume(), Err(Overflow));
        assert_eq!(Spread::certain(most).times(Ratio(RATIO_SCALE + 1)), Err(Overflow));
    }

    #[test]
    fn what_fits_only_when_reduced_fits() {
        let most = Count(i64::MAX);
        let there_and_back = most * most / most * most / most * most / most;
        assert_eq!(there_and_back.round(0), Ok(i64::MAX));
        let third = Exact::ONE / most;
        let thirds = (0..5).fold(Exact::ZERO, |sum, _| sum + third * Ratio::ONE);
        assert_eq!((thirds * most).round(0), Ok(5));
        assert_eq!((most * most + most * most - most * most - most * most).round(0), Ok(0));
    }

    #[test]
    fn an_overflow_on_the_way_is_not_forgotten() {
        let square = Count(i64::MAX) * Count(i64::MAX);
        assert_eq!((square * Count(i64::MAX) * Ratio::ZERO).amount(), Err(Overflow));
        let nothing = Count(0);
        assert_eq!((Count(1) / nothing * nothing).amount(), Err(Overflow));
    }

    /// A fraction that is reduced after each step, and rounded by the definition.
    fn plain((a, b): (i128, i128), operation: u8, (c, d): (i128, i128)) -> Option<(i128, i128)> {
        let (n, d) = match operation {
            0 => (a.checked_mul(d)?.checked_add(b.checked_mul(c)?)?, b.checked_mul(d)?),
            1 => (a.checked_mul(d)?.checked_sub(b.checked_mul(c)?)?, b.checked_mul(d)?),
            2 => (a.checked_mul(c)?, b.checked_mul(d)?),
            _ => (a.checked_mul(d)?.checked_mul(c.signum())?, b.checked_mul(c)?.abs()),
        };
        let divisor = if d == 0 { return None } else { gcd(n, d)? };
        Some((n / divisor, d / divisor))
    }

    fn plainly_rounded((n, d): (i128, i128), scale: i64) -> Option<i64> {
        let twice = n.checked_mul(2 * i128::from(scale))?;
        let up = (twice.checked_add(d)?).div_euclid(2 * d);
        let tie = twice.checked_add(d)?.rem_euclid(2 * d) == 0;
        i64::try_from(if tie && up % 2 != 0 { up - 1 } else { up }).ok()
    }

    #[test]
    fn a_formula_comes_to_what_it_comes_to_reduced_after_each_step() {
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        let mut below = |most: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % most as u64).unwrap()
        };
        let numbers = [
            0,
            1,
            -1,
            2,
            3,
            7,
            10,
            266,
            -500,
            10_000,
            1_000_000,
            123_456_789,
            600_000_000,
            i64::MAX,
            i64::MIN,
        ];
        let mut compared = 0;
        for formula in 0..20_000 {
            let (mut exact, mut expected) = (Exact::ONE, Some((1, 1)));
            for _ in 0..=below(6) {
                let number = numbers[below(numbers.len())];
                let (operand, scale) = match below(3) {
                    0 => (Exact::from(number), 1),
                    1 => (Exact::from(Amount(number)), AMOUNT_SCALE),
                    _ => (Exact::from(Ratio(number)), RATIO_SCALE),
                };
                let operation = u8::try_from(below(4)).unwrap();
                exact = match operation {
                    0 => exact + operand,
                    1 => exact - operand,
                    2 => exact * operand,
                    _ => exact / operand,
                };
                expected = expected.and_then(|left| plain(left, operation, (number.into(), scale.into())));
            }
            for (tens, scale) in [(0, 1), (AMOUNT_TENS, AMOUNT_SCALE), (RATIO_TENS, RATIO_SCALE)] {
                let Some(expected) = expected.and_then(|expected| plainly_rounded(expected, scale)) else {
                    continue;
                };
                assert_eq!(exact.round(tens), Ok(expected), "formula {formula}");
                compared += 1;
            }
        }
        assert!(compared > 20_000, "{compared}");
    }

    #[test]
    fn a_spread_times_a_factor_is_each_amount_times_it() {
        let amounts =
            [0, 1, -1, 5, 49_999, 50_000, -150_000, 81_348_771_498, i64::MAX / 3, i64::MAX, i64::MIN];
        let factors = [
            Exact::ZERO,
            Exact::ONE,
            Ratio::percent(50).into(),
            Ratio::percent(-83).into(),
            Ratio(123_456_789).into(),
            Exact::from(2) / 3,
            Exact::ONE / i64::MAX,
            Count(i64::MAX).into(),
        ];
        for amount in amounts.map(Amount) {
            for factor in factors {
                let alone = (amount * factor).amount();
                assert_eq!(
                    Spread::certain(amount).times(factor),
                    alone.map(Spread::certain),
                    "{amount} × {factor:?}"
                );
            }
        }
    }

    #[test]
    fn quantities_are_shown_with_four_decimals() {
        assert_eq!(Amount(-5).to_string(), "-0.0005");
        assert_eq!(
            Spread { low: Amount(1), likely: Amount(2), high: Amount(3) }.to_string(),
            "0.0001..0.0002..0.0003"
        );
    }
}
