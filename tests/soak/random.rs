//! Numbers that look random and come from a seed alone, so that a run can be had again as far as threads allow.

/// Vigna's xorshift64*: three shifts and a product are enough for choosing.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// Another stream for each name.
    pub(crate) fn new(seed: u64, stream: &str) -> Self {
        let mixed = blake3::hash(format!("{seed}/{stream}").as_bytes());
        let (first, _) = mixed.as_bytes().split_first_chunk::<8>().unwrap();
        Self(u64::from_le_bytes(*first) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below a bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    /// One of several.
    pub(crate) fn one_of<T: Clone>(&mut self, these: &[T]) -> T {
        these[usize::try_from(self.below(these.len() as u64)).unwrap()].clone()
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}
