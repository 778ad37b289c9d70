//! Exact quantities: amounts, decimals, ratios, currencies. No binary floating point, anywhere.
//!
//! Inside the host and on the plugin boundary an [`Amount`] is whole ten-thousandths of a currency
//! unit. Everything between two roundings is an exact fraction: [`Exact`] where a value is read,
//! compared or multiplied once (checked, `Copy`), [`BigRational`] where a horizon is discounted.
//! Depends on nothing of ours.

use std::{cmp::Ordering, fmt};

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::{BigRational, Ratio};
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, Signed, ToPrimitive, Zero};
use serde::Serialize;

/// Ten-thousandths in one unit.
pub const AMOUNT_SCALE: i64 = 10_000;
/// Billionths in one whole, the unit of a ratio on the plugin boundary.
pub const RATIO_SCALE: i64 = 1_000_000_000;

/// A quantity outgrew what can be held exactly; whatever depends on it is incomplete, never rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the amount is too large to be held exactly")]
pub struct Overflow;

/// Why a text is not a number or an amount of money; `Display` says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuantity {
    /// Not digits with an optional point.
    #[error("`{0}` is not a number: write digits, with `_` between groups and `.` before decimals")]
    NotANumber(String),
    /// More decimals than the unit holds.
    #[error("`{text}` has {found} decimals: at most {most} are kept")]
    TooManyDecimals {
        /// The text as written.
        text: String,
        /// How many it has.
        found: usize,
        /// How many are kept.
        most: usize,
    },
    /// Beyond 64-bit ten-thousandths (or billionths).
    #[error("`{0}` is larger than what can be held exactly")]
    TooLarge(String),
    /// No currency after the number.
    #[error("`{0}` has no currency: write it after the number, as in `100 EUR`")]
    NoCurrency(String),
    /// Not an ISO 4217 code.
    #[error("`{0}` is not a currency: write an ISO 4217 code, as in `100 EUR`")]
    UnknownCurrency(String),
}

/// An exact fraction of 128-bit integers with checked arithmetic; always reduced, the denominator above nought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Exact(Ratio<i128>);

/// Numerator and denominator within 64 bits, as nearly every fraction is: what is made of two of these fits 128 bits, and
/// reducing it takes divisors of 64 bits, which processors find many times faster.
struct Short {
    numerator: i64,
    denominator: i64,
}

impl Short {
    fn of(exact: Exact) -> Option<Self> {
        let numerator = i64::try_from(*exact.0.numer()).ok()?;
        Some(Self { numerator, denominator: i64::try_from(*exact.0.denom()).ok()? })
    }

    fn add(&self, other: &Self) -> Exact {
        // Knuth, The Art of Computer Programming, volume 2, 4.5.1: the sum shares no divisor with the denominators
        // but one of theirs.
        let common = gcd(self.denominator, other.denominator);
        let (left, right) = (self.denominator / common, other.denominator / common);
        let sum =
            i128::from(self.numerator) * i128::from(right) + i128::from(other.numerator) * i128::from(left);
        let shared = match i64::try_from(sum % i128::from(common)) {
            Ok(rest) => gcd(rest, common),
            Err(_) => 1,
        };
        let denominator = i128::from(left) * i128::from(other.denominator / shared);
        Exact(Ratio::new_raw(sum / i128::from(shared), denominator))
    }

    fn mul(&self, other: &Self) -> Exact {
        let first = gcd(self.numerator, other.denominator);
        let second = gcd(other.numerator, self.denominator);
        let product = |a: i64, b: i64| i128::from(a) * i128::from(b);
        Exact(Ratio::new_raw(
            product(self.numerator / first, other.numerator / second),
            product(self.denominator / second, other.denominator / first),
        ))
    }
}

/// The greatest divisor of both. The second is above nought, so it is, too, and fits.
fn gcd(number: i64, denominator: i64) -> i64 {
    let divisor = Integer::gcd(&number.unsigned_abs(), &denominator.unsigned_abs());
    i64::try_from(divisor).unwrap_or(1)
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        match (Short::of(*self), Short::of(*other)) {
            (Some(a), Some(b)) => {
                let left = i128::from(a.numerator) * i128::from(b.denominator);
                left.cmp(&(i128::from(b.numerator) * i128::from(a.denominator)))
            }
            _ => self.0.cmp(&other.0),
        }
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[expect(clippy::should_implement_trait, reason = "these are checked and return a result")]
impl Exact {
    /// Nought.
    pub const ZERO: Self = Self(Ratio::new_raw(0, 1));
    /// One.
    pub const ONE: Self = Self(Ratio::new_raw(1, 1));

    /// A whole number.
    #[must_use]
    pub const fn whole(n: i64) -> Self {
        Self(Ratio::new_raw(n as i128, 1))
    }

    /// `n / scale`; `scale` is one of the positive constants of this module.
    #[must_use]
    pub fn scaled(n: i64, scale: i64) -> Self {
        let scale = scale.max(1);
        let divisor = gcd(n, scale);
        Self(Ratio::new_raw(i128::from(n / divisor), i128::from(scale / divisor)))
    }

    /// Reads a decimal such as `2.5`, `-3`, `50_000_000`, keeping at most `most` decimals.
    ///
    /// # Errors
    /// Not a number, too many decimals, or beyond 64 bits at that scale.
    pub fn parse(text: &str, most: usize) -> Result<Self, InvalidQuantity> {
        let not_a_number = || InvalidQuantity::NotANumber(text.to_owned());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| {
            !part.is_empty()
                && !part.starts_with('_')
                && !part.ends_with('_')
                && part.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        };
        if !plain(whole) || !plain(decimals) || decimals.contains('_') {
            return Err(not_a_number());
        }
        let kept = decimals.trim_end_matches('0');
        if kept.len() > most {
            return Err(InvalidQuantity::TooManyDecimals { text: text.to_owned(), found: kept.len(), most });
        }
        let too_large = || InvalidQuantity::TooLarge(text.to_owned());
        let joined: String = whole.chars().filter(|c| *c != '_').chain(kept.chars()).collect();
        let mantissa: i128 = joined.parse().map_err(|_| too_large())?;
        let scale =
            10_i128.checked_pow(u32::try_from(kept.len()).map_err(|_| too_large())?).ok_or_else(too_large)?;
        // Bounded so that the value fits the plugin boundary: |value| × 10^most within i64.
        let bound = 10_i128.checked_pow(u32::try_from(most - kept.len()).map_err(|_| too_large())?);
        match bound.and_then(|factor| mantissa.checked_mul(factor)) {
            Some(scaled) if i64::try_from(scaled).is_ok() => {}
            _ => return Err(too_large()),
        }
        Ok(Self(Ratio::new(if negative { -mantissa } else { mantissa }, scale)))
    }

    /// Sum.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn add(self, other: Self) -> Result<Self, Overflow> {
        if self.0.is_integer() && other.0.is_integer() {
            let sum = i128::checked_add(*self.0.numer(), *other.0.numer());
            return sum.map(|sum| Self(Ratio::from_integer(sum))).ok_or(Overflow);
        }
        if let Some((one, other)) = Short::of(self).zip(Short::of(other)) {
            return Ok(one.add(&other));
        }
        self.0.checked_add(&other.0).map(Self).ok_or(Overflow)
    }

    /// Difference.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn sub(self, other: Self) -> Result<Self, Overflow> {
        if let Some((one, Short { numerator, denominator })) = Short::of(self).zip(Short::of(other))
            && let Some(numerator) = numerator.checked_neg()
        {
            return Ok(one.add(&Short { numerator, denominator }));
        }
        self.0.checked_sub(&other.0).map(Self).ok_or(Overflow)
    }

    /// Product.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn mul(self, other: Self) -> Result<Self, Overflow> {
        if self.0.is_integer() && other.0.is_integer() {
            let product = i128::checked_mul(*self.0.numer(), *other.0.numer());
            return product.map(|product| Self(Ratio::from_integer(product))).ok_or(Overflow);
        }
        if let Some((one, other)) = Short::of(self).zip(Short::of(other)) {
            return Ok(one.mul(&other));
        }
        self.0.checked_mul(&other.0).map(Self).ok_or(Overflow)
    }

    /// Quotient; dividing by nought is an overflow.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn div(self, other: Self) -> Result<Self, Overflow> {
        if other.is_zero() {
            return Err(Overflow);
        }
        self.0.checked_div(&other.0).map(Self).ok_or(Overflow)
    }

    /// Whether this is nought.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Whether this is below nought.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0.is_negative()
    }

    /// An amount times this, rounded once, half to even.
    ///
    /// # Errors
    /// [`Overflow`] beyond 64 bits.
    pub fn of(self, amount: Amount) -> Result<Amount, Overflow> {
        let (numerator, denominator) = (*self.0.numer(), *self.0.denom());
        let Some(product) = numerator.checked_mul(i128::from(amount.0)) else {
            let product = BigInt::from(numerator) * amount.0;
            return round_half_even(&BigRational::new_raw(product, BigInt::from(denominator))).map(Amount);
        };
        if denominator == 1 {
            return i64::try_from(product).map(Amount).map_err(|_| Overflow);
        }
        // Most are small, and dividing 128 bits takes several times as long.
        if let (Ok(product), Ok(denominator)) = (i64::try_from(product), i64::try_from(denominator)) {
            let (floor, rest) = (product.div_euclid(denominator), product.rem_euclid(denominator));
            let up = match rest.cmp(&(denominator - rest)) {
                Ordering::Less => false,
                Ordering::Greater => true,
                Ordering::Equal => floor % 2 != 0,
            };
            return Ok(Amount(floor + i64::from(up)));
        }
        // A denominator is positive, and its remainder less.
        let (floor, rest) = (product.div_euclid(denominator), product.rem_euclid(denominator));
        let up = match rest.cmp(&(denominator - rest)) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => floor % 2 != 0,
        };
        i64::try_from(floor + i128::from(up)).map(Amount).map_err(|_| Overflow)
    }

    /// This value in units of `1/scale`, rounded half to even.
    ///
    /// # Errors
    /// [`Overflow`] beyond 64 bits.
    pub fn round(self, scale: i64) -> Result<i64, Overflow> {
        self.of(Amount(scale)).map(|units| units.0)
    }

    /// The integer this is, if it is one within 64 bits.
    #[must_use]
    pub fn to_integer(self) -> Option<i64> {
        self.0.is_integer().then(|| self.0.to_integer()).and_then(|n| i64::try_from(n).ok())
    }

    /// The same value without a bound.
    #[must_use]
    pub fn to_big(self) -> BigRational {
        BigRational::new(BigInt::from(*self.0.numer()), BigInt::from(*self.0.denom()))
    }
}

/// A terminating decimal in full; anything else to twelve decimals, ending in `…`.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_integer() {
            return write!(f, "{}", self.0.numer());
        }
        let (mut twos, mut fives, mut rest) = (0_u32, 0_u32, *self.0.denom());
        while rest % 2 == 0 {
            rest /= 2;
            twos += 1;
        }
        while rest % 5 == 0 {
            rest /= 5;
            fives += 1;
        }
        let places = twos.max(fives);
        let (places, ends) = if rest == 1 && places <= 30 { (places, "") } else { (12, "…") };
        let sign = if self.is_negative() { "-" } else { "" };
        let width = places as usize;
        let scale = 10_i128.checked_pow(places);
        let fits = scale.and_then(|scale| Some((scale, i128::checked_mul(*self.0.numer(), scale)?)));
        if let Some((scale, shifted)) = fits {
            let shifted = (shifted / self.0.denom()).unsigned_abs();
            let (whole, decimals) = shifted.div_rem(&scale.unsigned_abs());
            return write!(f, "{sign}{whole}.{decimals:0>width$}{ends}");
        }
        let scale = BigInt::from(10).pow(places);
        let shifted = self.to_big() * BigRational::from_integer(scale.clone());
        let (whole, decimals) = shifted.trunc().to_integer().abs().div_rem(&scale);
        write!(f, "{sign}{whole}.{decimals:0>width$}{ends}", decimals = decimals.to_string())
    }
}

impl Serialize for Exact {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The nearest integer, ties to even.
///
/// # Errors
/// [`Overflow`] beyond 64 bits.
pub fn round_half_even(value: &BigRational) -> Result<i64, Overflow> {
    // The remainder has the sign of the denominator, which is positive; the fraction need not be reduced.
    let (floor, remainder) = value.numer().div_mod_floor(value.denom());
    let twice: BigInt = remainder * 2;
    let up = match twice.cmp(value.denom()) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => floor.is_odd(),
    };
    let rounded = if up { floor + 1 } else { floor };
    rounded.to_i64().ok_or(Overflow)
}

/// Fractions by index, over one denominator: a sum of amounts times them then reduces nothing on the way.
#[derive(Debug)]
pub struct Factors {
    numerators: Vec<BigInt>,
    denominator: BigInt,
    /// The same, where 128 bits hold them.
    small: Option<(Vec<i128>, i128)>,
}

impl Factors {
    /// These fractions.
    #[must_use]
    pub fn new(fractions: &[BigRational]) -> Self {
        let denominator = fractions.iter().fold(BigInt::from(1), |all, one| all.lcm(one.denom()));
        let numerators: Vec<BigInt> =
            fractions.iter().map(|one| one.numer() * (&denominator / one.denom())).collect();
        let small: Option<Vec<i128>> = numerators.iter().map(BigInt::to_i128).collect();
        let small = small.zip(denominator.to_i128());
        Self { numerators, denominator, small }
    }

    /// Σ amount × times × fraction of that index, rounded once.
    ///
    /// # Errors
    /// [`Overflow`] beyond 64 bits, and for an index that there is not.
    pub fn sum(
        &self,
        terms: impl IntoIterator<Item = (usize, Amount, i64)> + Clone,
    ) -> Result<Amount, Overflow> {
        if let Some(sum) = self.sum_small(terms.clone()) {
            return Ok(sum);
        }
        let mut sum = BigInt::from(0);
        for (index, amount, times) in terms {
            sum += BigInt::from(amount.0) * times * self.numerators.get(index).ok_or(Overflow)?;
        }
        round_half_even(&BigRational::new_raw(sum, self.denominator.clone())).map(Amount)
    }

    /// The same where 128 bits hold everything on the way; none says nothing.
    fn sum_small(&self, terms: impl IntoIterator<Item = (usize, Amount, i64)>) -> Option<Amount> {
        let (numerators, denominator) = self.small.as_ref()?;
        let mut sum: i128 = 0;
        for (index, amount, times) in terms {
            let paid = i128::from(amount.0).checked_mul(i128::from(times))?;
            sum = sum.checked_add(paid.checked_mul(*numerators.get(index)?)?)?;
        }
        let (floor, rest) = (sum.div_euclid(*denominator), sum.rem_euclid(*denominator));
        let up = match rest.checked_mul(2)?.cmp(denominator) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => floor % 2 != 0,
        };
        i64::try_from(floor + i128::from(up)).ok().map(Amount)
    }
}

/// Whole ten-thousandths of one unit of a currency that the context names. Shown with four decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(pub i64);

#[expect(clippy::should_implement_trait, reason = "these are checked and return a result")]
impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Sum.
    ///
    /// # Errors
    /// [`Overflow`] beyond 64 bits.
    pub fn add(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// Difference.
    ///
    /// # Errors
    /// [`Overflow`] beyond 64 bits.
    pub fn sub(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(Overflow)
    }

    /// The amount as an exact number of units.
    #[must_use]
    pub fn to_exact(self) -> Exact {
        Exact::scaled(self.0, AMOUNT_SCALE)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let scale = AMOUNT_SCALE.unsigned_abs();
        write!(f, "{sign}{}.{:04}", magnitude / scale, magnitude % scale)
    }
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The euro, through which rates cross.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);

    /// Reads a code such as `BRL`.
    ///
    /// # Errors
    /// [`InvalidQuantity::UnknownCurrency`].
    pub fn parse(code: &str) -> Result<Self, InvalidQuantity> {
        iso_currency::Currency::from_code(code)
            .map(Self)
            .ok_or_else(|| InvalidQuantity::UnknownCurrency(code.to_owned()))
    }

    /// The one currency of a country, by its two letters in lower case; none where it has several.
    #[must_use]
    pub fn of_country(code: &str) -> Option<Self> {
        use iso_currency::IntoEnumIterator as _;
        let capitals = code.to_ascii_uppercase();
        let is_money =
            |c: &iso_currency::Currency| !c.is_fund() && !c.is_special() && c.is_superseded().is_none();
        let mut used = iso_currency::Currency::iter()
            .filter(is_money)
            .filter(|currency| currency.used_by().iter().any(|country| country.to_string() == capitals));
        match (used.next(), used.next()) {
            (Some(only), None) => Some(Self(only)),
            _ => None,
        }
    }

    /// Every code that is read, in the order of the alphabet.
    #[must_use]
    pub fn codes() -> Vec<&'static str> {
        use iso_currency::IntoEnumIterator as _;
        let mut codes: Vec<&str> = iso_currency::Currency::iter().map(|currency| currency.code()).collect();
        codes.sort_unstable();
        codes
    }

    /// The three-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An exact number of units of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Units, not ten-thousandths.
    pub value: Exact,
    /// Of what.
    pub currency: Currency,
}

impl Money {
    /// Reads `50_000_000 BRL`: a number of at most four decimals, a space, an ISO 4217 code.
    ///
    /// # Errors
    /// Says which part is wrong and how to write it.
    pub fn parse(text: &str) -> Result<Self, InvalidQuantity> {
        let text = text.trim();
        let Some((number, code)) = text.rsplit_once(' ') else {
            return match text.chars().next_back() {
                Some(last) if last.is_ascii_digit() => Err(InvalidQuantity::NoCurrency(text.to_owned())),
                _ => Err(InvalidQuantity::NotANumber(text.to_owned())),
            };
        };
        let currency = Currency::parse(code)?;
        Ok(Self { value: Exact::parse(number.trim_end(), 4)?, currency })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Grouped(self.value), self.currency)
    }
}

/// A number with thousands separated by commas, for people.
#[derive(Debug, Clone, Copy)]
pub struct Grouped(pub Exact);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&group_thousands(&self.0.to_string()))
    }
}

/// `-1234567.89` as `-1,234,567.89`.
#[must_use]
pub fn group_thousands(number: &str) -> String {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, decimals) = rest.find('.').map_or((rest, ""), |point| rest.split_at(point));
    let mut grouped = String::with_capacity(number.len() + whole.len() / 3);
    grouped.push_str(sign);
    let mut rest = whole;
    // The first group is the one that may be shorter.
    let first = match whole.len() % 3 {
        0 => 3,
        short => short,
    };
    while let Some((group, others)) = rest.split_at_checked(if rest.len() == whole.len() { first } else { 3 })
    {
        grouped.push_str(group);
        if !others.is_empty() {
            grouped.push(',');
        }
        rest = others;
    }
    grouped.push_str(rest);
    grouped.push_str(decimals);
    grouped
}

/// Three scenarios of one quantity: all low, likely, all high. Not percentiles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
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

    /// Each of the three through `f`.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Spread<U> {
        Spread { low: f(self.low), likely: f(self.likely), high: f(self.high) }
    }

    /// Each of the three through a fallible `f`.
    ///
    /// # Errors
    /// The first error of `f`.
    pub fn try_map<U, E>(self, mut f: impl FnMut(T) -> Result<U, E>) -> Result<Spread<U>, E> {
        Ok(Spread { low: f(self.low)?, likely: f(self.likely)?, high: f(self.high)? })
    }

    /// The two spreads member by member through a fallible `f`.
    ///
    /// # Errors
    /// The first error of `f`.
    pub fn try_zip<U, V, E>(
        self,
        other: Spread<U>,
        mut f: impl FnMut(T, U) -> Result<V, E>,
    ) -> Result<Spread<V>, E> {
        Ok(Spread {
            low: f(self.low, other.low)?,
            likely: f(self.likely, other.likely)?,
            high: f(self.high, other.high)?,
        })
    }
}

impl<T: PartialOrd> Spread<T> {
    /// Whether low ≤ likely ≤ high.
    pub fn is_ordered(&self) -> bool {
        self.low <= self.likely && self.likely <= self.high
    }
}

#[expect(clippy::should_implement_trait, reason = "it is checked and returns a result")]
impl Spread {
    /// Nothing, three times.
    pub const ZERO: Self = Self::certain(Amount::ZERO);

    /// Sum, member by member.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn add(self, other: Self) -> Result<Self, Overflow> {
        self.try_zip(other, Amount::add)
    }

    /// The sum of many.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn sum(spreads: impl IntoIterator<Item = Self>) -> Result<Self, Overflow> {
        spreads.into_iter().try_fold(Self::ZERO, Self::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// The short way comes to what the library's fractions come to, which are reduced alike.
        #[test]
        fn short_fractions_are_those_of_the_library(
            a in proptest::prelude::any::<i64>(), b in 1..=i64::MAX, c in proptest::prelude::any::<i64>(), d in 1..=i64::MAX,
            by in 0..50_u32, scale in proptest::sample::select(vec![1, 7, 1_000, AMOUNT_SCALE, RATIO_SCALE]),
        ) {
            // Small ones have divisors in common more often.
            let (a, b, c, d) = (a >> by, (b >> by) | 1, c >> by, ((d >> by) | 1).saturating_mul(scale));
            let (one, other) = (
                Ratio::new(i128::from(a), i128::from(b)),
                Ratio::new(i128::from(c), i128::from(d)),
            );
            let found = [
                Exact(one).add(Exact(other)),
                Exact(one).sub(Exact(other)),
                Exact(one).mul(Exact(other)),
            ];
            let expected = [one.checked_add(&other), one.checked_sub(&other), one.checked_mul(&other)];
            for (found, expected) in found.into_iter().zip(expected) {
                if let Some(expected) = expected {
                    proptest::prop_assert_eq!(found, Ok(Exact(expected)));
                }
            }
            proptest::prop_assert_eq!(Exact(one).cmp(&Exact(other)), one.cmp(&other));
            proptest::prop_assert_eq!(Exact::scaled(a, b), Exact(one));
        }
    }

    #[track_caller]
    fn money(text: &str, expected: &str) {
        let found = Money::parse(text).map_or_else(|e| format!("error: {e}"), |m| m.to_string());
        assert_eq!(found, expected);
    }

    #[test]
    fn money_reads_what_it_says() {
        money("50_000_000 BRL", "50,000,000 BRL");
        money("0.1301 USD", "0.1301 USD");
        money("-5 EUR", "-5 EUR");
        money("5", "error: `5` has no currency: write it after the number, as in `100 EUR`");
        money("5 EURO", "error: `EURO` is not a currency: write an ISO 4217 code, as in `100 EUR`");
        money("0.00001 EUR", "error: `0.00001` has 5 decimals: at most 4 are kept");
        money("922337203685478 EUR", "error: `922337203685478` is larger than what can be held exactly");
        money("922337203685477.5807 EUR", "922,337,203,685,477.5807 EUR");
        money(
            "1e6 EUR",
            "error: `1e6` is not a number: write digits, with `_` between groups and `.` before decimals",
        );
        money(
            "1,000 EUR",
            "error: `1,000` is not a number: write digits, with `_` between groups and `.` before decimals",
        );
    }

    #[test]
    fn rounding_is_half_to_even() {
        for (numerator, denominator, expected) in
            [(1, 2, 0), (3, 2, 2), (5, 2, 2), (-1, 2, 0), (-3, 2, -2), (7, 3, 2), (8, 3, 3)]
        {
            let value = BigRational::new(numerator.into(), denominator.into());
            assert_eq!(round_half_even(&value), Ok(expected), "{numerator}/{denominator}");
        }
        let huge = BigRational::from_integer(BigInt::from(i64::MAX) + 1);
        assert_eq!(round_half_even(&huge), Err(Overflow));
    }

    #[test]
    fn a_weighted_amount_is_rounded_once_half_to_even() {
        let weight = |text: &str| Exact::parse(text, 9).unwrap();
        for (times, amount, expected) in [
            ("0.5", 1, 0),
            ("0.5", 3, 2),
            ("0.5", 5, 2),
            ("0.5", -1, 0),
            ("2.5", 7, 18),
            ("1", 9, 9),
            ("0", 9, 0),
        ] {
            assert_eq!(weight(times).of(Amount(amount)), Ok(Amount(expected)), "{times} x {amount}");
        }
        assert_eq!(weight("2").of(Amount(i64::MAX)), Err(Overflow));
        let wide = Exact(Ratio::new(i128::MAX, i128::MAX - 1));
        assert_eq!(wide.of(Amount(i64::MAX)), Ok(Amount(i64::MAX)));
    }

    #[test]
    fn amounts_show_four_decimals() {
        assert_eq!(Amount(-5).to_string(), "-0.0005");
        assert_eq!(Amount(34_000_000 * AMOUNT_SCALE).to_string(), "34000000.0000");
        assert_eq!(Amount(i64::MIN).to_string(), "-922337203685477.5808");
    }

    #[test]
    fn thousands_are_grouped_from_the_right() {
        for (number, grouped) in [
            ("", ""),
            ("1", "1"),
            ("-12", "-12"),
            ("123", "123"),
            ("1234.5678", "1,234.5678"),
            ("-1234567.89", "-1,234,567.89"),
            ("12345678", "12,345,678"),
            ("123456789", "123,456,789"),
        ] {
            assert_eq!(group_thousands(number), grouped);
        }
    }

    #[test]
    fn what_128_bits_do_not_hold_is_shown_alike() {
        let exact =
            |numerator: i128, denominator: i128| Exact(Ratio::new(numerator, denominator)).to_string();
        assert_eq!(exact(i128::MAX, 8), "21267647932558653966460912964485513215.875");
        assert_eq!(exact(-i128::MAX, 3), "-56713727820156410577229101238628035242.333333333333…");
        assert_eq!(exact(-1, 3), "-0.333333333333…");
        assert_eq!(exact(7, 1 << 30), "0.000000006519258022308349609375");
        assert_eq!(exact(-7, 1 << 40), "-0.000000000006…");
        assert_eq!(exact(i128::MIN + 1, 1), "-170141183460469231731687303715884105727");
    }

    #[test]
    fn exact_shows_decimals_in_full_and_marks_the_rest() {
        assert_eq!(
            Exact::parse("9007199254740993.0001", 4),
            Err(InvalidQuantity::TooLarge("9007199254740993.0001".into()))
        );
        assert_eq!(Exact::parse("-2.50", 4).map(|e| e.to_string()), Ok("-2.5".into()));
        assert_eq!(Exact::ONE.div(Exact::whole(3)).map(|e| e.to_string()), Ok("0.333333333333…".into()));
        assert_eq!(Exact::ONE.div(Exact::ZERO), Err(Overflow));
    }
}
