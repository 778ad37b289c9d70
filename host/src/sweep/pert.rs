//! The shape of what is drawn: beta-PERT with λ = 4, in whole numbers.
//!
//! Between `low` and `high` a quantity lies at one of 2^30 places. How likely each is says the beta distribution
//! with α = 1 + 4s and β = 5 − 4s, where s is where `likely` lies between the ends; s is taken to the nearest of
//! 1,024 parts, so that few shapes serve everything (the mean is off by at most one part in 3,000 of the range).
//! A shape is its distribution function at the ends of 1,024 cells of equal width, straight in between, which is
//! nowhere off by more than one in 10,000. Powers with fractions are square roots of square roots, so
//! nothing here is a float, and every machine draws the same.

use std::sync::{LazyLock, OnceLock};

/// Cells between the ends; also the parts that s is taken to.
const CELLS: usize = 1 << CELL_BITS;
const CELL_BITS: u32 = 10;
/// Bits of a quantile.
pub(super) const QUANTILE_BITS: u32 = 44;
/// Bits of a place.
pub(super) const PLACE_BITS: u32 = 30;
const WITHIN_CELL: u32 = PLACE_BITS - CELL_BITS;
/// Bits after the point of a power of a number below one.
const FRACTION: u32 = 62;
/// 4s is a whole number of 256ths: an exponent is a sum of powers of two from 1/256 to 4.
const EXPONENT_BITS: usize = 11;

/// One shape: a distribution function and its inverse.
#[derive(Debug)]
pub(super) struct Shape {
    /// By cell, how many of 2^44 quantiles lie below it; one more than cells.
    below: Vec<u64>,
    /// The cell that holds each 1,024th of the quantiles first.
    first: Vec<u16>,
}

impl Shape {
    /// The shape of a spread. One without width has none, and takes any.
    pub(super) fn of(low: i64, likely: i64, high: i64) -> &'static Self {
        static SHAPES: [OnceLock<Shape>; CELLS + 1] = [const { OnceLock::new() }; CELLS + 1];
        let (part, width) = (i128::from(likely) - i128::from(low), i128::from(high) - i128::from(low));
        let (part, width) = (part * 2 * CELLS as i128 + width, 2 * width);
        // Most spreads are small, and dividing 128 bits takes several times as long.
        let nearest = match (u64::try_from(part), u64::try_from(width)) {
            (Ok(part), Ok(width)) => {
                part.checked_div(width).and_then(|nearest| usize::try_from(nearest).ok())
            }
            _ => part.checked_div(width).and_then(|nearest| usize::try_from(nearest).ok()),
        };
        let part = nearest.unwrap_or_default().min(CELLS);
        let [first, ..] = &SHAPES;
        SHAPES.get(part).unwrap_or(first).get_or_init(|| Self::new(part))
    }

    /// The shape whose likeliest place is so many 1,024ths of the way.
    fn new(part: usize) -> Self {
        let powers = &*POWERS;
        let mut cumulative: Vec<u128> = vec![0];
        let mut sum: u128 = 0;
        for cell in 0..CELLS {
            let (up, down) = (powers.of(cell, part), powers.of(CELLS - 1 - cell, CELLS - part));
            sum += (u128::from(up) * u128::from(down)) >> FRACTION;
            cumulative.push(sum);
        }
        let below: Vec<u64> = cumulative
            .into_iter()
            .map(|so_far| u64::try_from((so_far << QUANTILE_BITS) / sum.max(1)).unwrap_or(u64::MAX))
            .collect();
        let mut first = Vec::with_capacity(CELLS);
        let mut cell: u16 = 0;
        for part in 0..CELLS as u64 {
            let quantile = part << (QUANTILE_BITS - CELL_BITS);
            while below.get(usize::from(cell) + 1).is_some_and(|end| *end <= quantile) {
                cell += 1;
            }
            first.push(cell);
        }
        Self { below, first }
    }

    /// The place of a quantile, both from nought to the end of their range.
    pub(super) fn place(&self, quantile: u64) -> u64 {
        let guess = usize::try_from(quantile >> (QUANTILE_BITS - CELL_BITS)).unwrap_or(usize::MAX);
        let mut cell = usize::from(self.first.get(guess).or(self.first.last()).copied().unwrap_or_default());
        let end = |cell: usize| self.below.get(cell).copied().unwrap_or(u64::MAX);
        while end(cell + 1) <= quantile {
            cell += 1;
        }
        let (from, to) = (end(cell), end(cell + 1));
        let within = ((quantile - from) << WITHIN_CELL).checked_div(to - from).unwrap_or_default();
        ((cell as u64) << WITHIN_CELL) + within
    }
}

/// What lies at a place between two ends: linear, rounded once, half to even.
pub(super) fn between(low: i64, high: i64, place: u64) -> i64 {
    let scaled = (i128::from(high) - i128::from(low)) * i128::from(place);
    let (floor, rest) = (i128::from(low) + (scaled >> PLACE_BITS), scaled & ((1 << PLACE_BITS) - 1));
    let half = 1_i128 << (PLACE_BITS - 1);
    let up = rest > half || (rest == half && floor % 2 != 0);
    // It lies between two numbers of 64 bits.
    i64::try_from(floor + i128::from(up)).unwrap_or(high)
}

/// For the middle of each cell, its powers with exponents 1/256, 1/128, … 4.
struct Powers(Vec<[u64; EXPONENT_BITS]>);

static POWERS: LazyLock<Powers> = LazyLock::new(|| {
    let middle = |cell: usize| (2 * cell as u64 + 1) << (FRACTION - CELL_BITS - 1);
    Powers((0..CELLS).map(|cell| powers_of(middle(cell))).collect())
});

fn powers_of(number: u64) -> [u64; EXPONENT_BITS] {
    let root = |x: u64| u64::try_from((u128::from(x) << FRACTION).isqrt()).unwrap_or(u64::MAX);
    let square = |x: u64| times(x, x);
    let mut powers = [number; EXPONENT_BITS];
    // The number itself stands at 256 of 256ths.
    let (roots, squares) = powers.split_at_mut(8);
    let mut last = number;
    for slot in roots.iter_mut().rev() {
        last = root(last);
        *slot = last;
    }
    let mut last = number;
    for slot in squares.iter_mut().skip(1) {
        last = square(last);
        *slot = last;
    }
    powers
}

impl Powers {
    /// The middle of a cell to the power of so many 256ths.
    fn of(&self, cell: usize, exponent: usize) -> u64 {
        let powers = self.0.get(cell).into_iter().flatten().enumerate();
        let taken = powers.filter(|(bit, _)| exponent >> bit & 1 == 1);
        taken.fold(1 << FRACTION, |product, (_, power)| times(product, *power))
    }
}

fn times(a: u64, b: u64) -> u64 {
    u64::try_from((u128::from(a) * u128::from(b)) >> FRACTION).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: u64 = 1 << QUANTILE_BITS;

    /// How many of 2^44 quantiles lie below a place of 1,024, by the closed form of an α that is whole.
    fn exactly(alpha: u32, cell: u128) -> u128 {
        // Σ over j from α to 5 of (5 choose j) x^j (1 − x)^(5 − j), the beta distribution with α + β = 6.
        let (n, x) = (CELLS as u128, cell);
        let choose = [1_u128, 5, 10, 10, 5, 1];
        let terms = (alpha..=5).map(|j| choose[j as usize] * x.pow(j) * (n - x).pow(5 - j));
        terms.sum::<u128>() * u128::from(ALL) / n.pow(5)
    }

    #[test]
    fn shapes_with_a_closed_form_are_it() {
        for (part, alpha) in [(0, 1), (256, 2), (512, 3), (768, 4), (1024, 5)] {
            let shape = Shape::new(part);
            for (cell, below) in shape.below.iter().enumerate() {
                let exact = exactly(alpha, cell as u128);
                let off = u128::from(*below).abs_diff(exact);
                assert!(off * 1_000_000 < u128::from(ALL), "α {alpha}, cell {cell}: {below} for {exact}");
            }
        }
    }

    #[test]
    fn the_mean_is_perts() {
        for part in [0, 1, 3, 100, 511, 512, 1000, 1024] {
            let shape = Shape::new(part);
            let draws = 4096_u64;
            let places = (0..draws).map(|n| shape.place((2 * n + 1) * (ALL / draws / 2)));
            let mean = places.sum::<u64>() / draws;
            // (low + 4 likely + high) / 6
            let expected = (4 * part as u64 * (1 << PLACE_BITS) / CELLS as u64 + (1 << PLACE_BITS)) / 6;
            assert!(mean.abs_diff(expected) < (1 << PLACE_BITS) / 5000, "{part}: {mean} for {expected}");
        }
    }

    #[test]
    fn ends_are_ends_and_likely_decides_the_shape() {
        let shape = Shape::of(0, 1, 4);
        assert_eq!(shape.place(0), 0);
        assert!(shape.place(ALL - 1) < 1 << PLACE_BITS && shape.place(ALL - 1) > (1 << PLACE_BITS) * 9 / 10);
        assert_eq!((between(-5, 9, 0), between(-5, 9, 1 << PLACE_BITS)), (-5, 9));
        assert!(std::ptr::eq(Shape::of(0, 1, 4), Shape::of(100, 200, 500)));
        assert!(std::ptr::eq(Shape::of(i64::MIN, i64::MIN, i64::MAX), Shape::of(7, 7, 8)));
        assert_eq!(between(3, 3, Shape::of(3, 3, 3).place(77)), 3);
    }

    #[test]
    fn a_quarter_of_the_way_is_exactly_that() {
        assert_eq!(between(0, 10_000, 1 << (PLACE_BITS - 2)), 2_500);
        assert_eq!((between(0, 1, 1 << (PLACE_BITS - 1)), between(1, 2, 1 << (PLACE_BITS - 1))), (0, 2));
        assert_eq!(between(i64::MIN, i64::MAX, 1 << PLACE_BITS), i64::MAX);
    }

    /// The same on every machine and for ever: a seed is a promise.
    #[test]
    fn what_is_drawn_is_written_down() {
        let places: Vec<u64> = [1, 2, 3].iter().map(|n| Shape::new(300).place(n * (ALL / 4))).collect();
        assert_eq!(places, [236_926_227, 371_264_759, 523_710_472]);
    }

    proptest! {
        #[test]
        fn a_larger_quantile_lies_no_lower(part in 0_usize..=1024, a in 0..ALL, b in 0..ALL) {
            let shape = Shape::new(part);
            let (a, b) = (a.min(b), a.max(b));
            prop_assert!(shape.place(a) <= shape.place(b));
            prop_assert!(shape.place(b) < 1 << PLACE_BITS);
        }

        #[test]
        fn between_lies_between(a: i64, b: i64, place in 0_u64..=1 << PLACE_BITS) {
            let (low, high) = (a.min(b), a.max(b));
            let found = between(low, high, place);
            prop_assert!(low <= found && found <= high);
        }
    }
}
