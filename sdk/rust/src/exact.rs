//! Exact quantities: amounts, ratios, counts, spreads, and the fractions between two roundings.
//!
//! Nothing here is binary floating point and nothing wraps. A product such as `users * rate / 1_000`
//! is an [`Exact`] fraction; it is rounded once, half to even, where it becomes an [`Amount`] or a
//! [`Volume`], and an overflow anywhere on the way comes out there as [`Overflow`].

use std::{
    fmt,
    ops::{Add, Div, Mul, Sub},
};

/// Ten-thousandths in one unit of a currency, and in one unit of a [`Volume`].
pub const AMOUNT_SCALE: i64 = 10_000;
/// Billionths in one whole, the unit of a [`Ratio`].
pub const RATIO_SCALE: i64 = 1_000_000_000;

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

/// Denominator above nought. Reduced only where it would not fit otherwise: reducing is nine tenths
/// of the work, and most formulas never need it.
#[derive(Debug, Clone, Copy)]
struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl Exact {
    /// Nought.
    pub const ZERO: Self = Self(Some(Fraction { numerator: 0, denominator: 1 }));
    /// One.
    pub const ONE: Self = Self(Some(Fraction { numerator: 1, denominator: 1 }));

    const fn new(numerator: i64, denominator: i64) -> Self {
        Self(Some(Fraction { numerator: numerator as i128, denominator: denominator as i128 }))
    }

    /// As money: this many units of the currency, rounded half to even to ten-thousandths.
    ///
    /// # Errors
    /// [`Overflow`] here or anywhere on the way here.
    pub fn amount(self) -> Result<Amount, Overflow> {
        self.round(AMOUNT_SCALE).map(Amount)
    }

    /// As a count of units, rounded half to even to ten-thousandths.
    ///
    /// # Errors
    /// [`Overflow`] here or anywhere on the way here.
    pub fn volume(self) -> Result<Volume, Overflow> {
        self.round(AMOUNT_SCALE).map(Volume)
    }

    /// As a ratio, rounded half to even to billionths.
    ///
    /// # Errors
    /// [`Overflow`] here or anywhere on the way here.
    pub fn ratio(self) -> Result<Ratio, Overflow> {
        self.round(RATIO_SCALE).map(Ratio)
    }

    fn round(self, scale: i64) -> Result<i64, Overflow> {
        let scaled = (self * scale).0.ok_or(Overflow)?;
        let floor = scaled.numerator.div_euclid(scaled.denominator);
        let rest = scaled.numerator - floor * scaled.denominator;
        // rest against denominator − rest: doubling the rest could overflow.
        let up = match rest.cmp(&(scaled.denominator - rest)) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => floor % 2 != 0,
        };
        i64::try_from(if up { floor + 1 } else { floor }).map_err(|_| Overflow)
    }

    fn zip(self, other: Self, f: impl FnOnce(Fraction, Fraction) -> Option<Fraction>) -> Self {
        Self(self.0.zip(other.0).and_then(|(a, b)| f(a, b)))
    }
}

impl Fraction {
    fn add(self, other: Self) -> Option<Self> {
        self.sum(other).or_else(|| self.reduced()?.sum(other.reduced()?))
    }

    fn sum(self, other: Self) -> Option<Self> {
        if self.denominator == other.denominator {
            return Some(Self { numerator: self.numerator.checked_add(other.numerator)?, ..self });
        }
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        Some(Self {
            numerator: left.checked_add(right)?,
            denominator: self.denominator.checked_mul(other.denominator)?,
        })
    }

    fn mul(self, other: Self) -> Option<Self> {
        self.product(other).or_else(|| {
            let (a, b) = (self.reduced()?, other.reduced()?);
            let crosswise = |x: Self, y: Self| Self { denominator: y.denominator, ..x }.reduced();
            crosswise(a, b)?.product(crosswise(b, a)?)
        })
    }

    fn product(self, other: Self) -> Option<Self> {
        Some(Self {
            numerator: self.numerator.checked_mul(other.numerator)?,
            denominator: self.denominator.checked_mul(other.denominator)?,
        })
    }

    fn negated(self) -> Option<Self> {
        Some(Self { numerator: self.numerator.checked_neg()?, ..self })
    }

    /// None where it is nought.
    fn inverted(self) -> Option<Self> {
        match self.numerator.signum() {
            0 => None,
            1 => Some(Self { numerator: self.denominator, denominator: self.numerator }),
            _ => Some(Self {
                numerator: self.denominator.checked_neg()?,
                denominator: self.numerator.checked_neg()?,
            }),
        }
    }

    fn reduced(self) -> Option<Self> {
        let divisor = gcd(self.numerator, self.denominator)?;
        Some(Self { numerator: self.numerator / divisor, denominator: self.denominator / divisor })
    }
}

/// The greatest divisor of both, above nought since the denominator is; none where it does not fit.
fn gcd(numerator: i128, denominator: i128) -> Option<i128> {
    let (mut a, mut b) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i128::try_from(a).ok()
}

impl From<i64> for Exact {
    fn from(whole: i64) -> Self {
        Self::new(whole, 1)
    }
}

impl From<Count> for Exact {
    fn from(count: Count) -> Self {
        count.0.into()
    }
}

impl From<Amount> for Exact {
    fn from(amount: Amount) -> Self {
        Self::new(amount.0, AMOUNT_SCALE)
    }
}

impl From<Volume> for Exact {
    fn from(volume: Volume) -> Self {
        Self::new(volume.0, AMOUNT_SCALE)
    }
}

impl From<Ratio> for Exact {
    fn from(ratio: Ratio) -> Self {
        Self::new(ratio.0, RATIO_SCALE)
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
        self.try_map(|amount| (amount * factor).amount())
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
            assert_eq!(quotient.round(1), Ok(expected), "{numerator}/{denominator}");
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
        assert_eq!(there_and_back.round(1), Ok(i64::MAX));
        let third = Exact::ONE / most;
        let thirds = (0..5).fold(Exact::ZERO, |sum, _| sum + third * Ratio::ONE);
        assert_eq!((thirds * most).round(1), Ok(5));
        assert_eq!((most * most + most * most - most * most - most * most).round(1), Ok(0));
    }

    #[test]
    fn an_overflow_on_the_way_is_not_forgotten() {
        let square = Count(i64::MAX) * Count(i64::MAX);
        assert_eq!((square * Count(i64::MAX) * Ratio::ZERO).amount(), Err(Overflow));
        let nothing = Count(0);
        assert_eq!((Count(1) / nothing * nothing).amount(), Err(Overflow));
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
