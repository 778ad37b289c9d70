//! What is drawn for one input in one sample: a function of the seed, the input's name and the sample's number.
//!
//! No state: which thread draws, in which order and what else is drawn changes nothing. A name is hashed once,
//! with the seed, to 128 bits; each draw mixes them with its number, with the finaliser of SplitMix64 twice.

use super::pert::QUANTILE_BITS;
use crate::id::Digest;

/// Odd, and its bits are as irregular as those of the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The draws of one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stream([u64; 2]);

impl Stream {
    /// Of the input of that name.
    pub(super) fn of(seed: u64, name: &[&str]) -> Self {
        let seed = seed.to_le_bytes();
        let parts =
            [b"landfall sweep".as_slice(), &seed].into_iter().chain(name.iter().map(|part| part.as_bytes()));
        let digest = Digest::of_parts(parts);
        let bytes = digest.as_bytes();
        let word = |from: usize| {
            let eight = bytes.iter().skip(from).take(8);
            eight.rev().fold(0_u64, |word, byte| word << 8 | u64::from(*byte))
        };
        Self([word(0), word(8)])
    }

    /// Its quantile in a sample.
    pub(super) const fn quantile(self, sample: u64) -> u64 {
        let Self([a, b]) = self;
        mix(mix(a.wrapping_add(sample.wrapping_mul(STEP))) ^ b) >> (64 - QUANTILE_BITS)
    }
}

const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A seed is a promise: these numbers never change.
    #[test]
    fn draws_are_written_down() {
        let stream = Stream::of(7, &["fact", "markets.br.users"]);
        assert_eq!(
            [0, 1, 2].map(|sample| stream.quantile(sample)),
            [15_932_906_476_322, 16_059_402_729_148, 13_391_519_784_125]
        );
        assert_ne!(stream, Stream::of(8, &["fact", "markets.br.users"]));
        assert_ne!(stream, Stream::of(7, &["fact", "markets.br.", "users"]));
    }

    #[test]
    fn draws_fill_their_range_evenly() {
        let stream = Stream::of(0, &["x"]);
        let mut found = [0_u32; 64];
        for sample in 0..64_000 {
            found[usize::try_from(stream.quantile(sample) >> (QUANTILE_BITS - 6)).unwrap()] += 1;
        }
        // Σ (n − 1000)² / 1000 over 63 degrees of freedom: beyond 110 once in ten thousand seeds.
        let squares: u32 = found.iter().map(|n| n.abs_diff(1000).pow(2)).sum();
        assert!(squares / 1000 < 110, "{found:?}");
    }

    #[test]
    fn two_inputs_have_nothing_in_common() {
        let (one, other) = (Stream::of(0, &["x"]), Stream::of(0, &["y"]));
        let mut found = [0_u32; 64];
        let eighth = |quantile: u64| usize::try_from(quantile >> (QUANTILE_BITS - 3)).unwrap();
        for sample in 0..64_000 {
            found[8 * eighth(one.quantile(sample)) + eighth(other.quantile(sample))] += 1;
        }
        let squares: u32 = found.iter().map(|n| n.abs_diff(1000).pow(2)).sum();
        assert!(squares / 1000 < 110, "{found:?}");
    }
}
