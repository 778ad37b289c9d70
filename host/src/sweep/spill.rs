//! Columns of amounts that are kept until the end, for percentiles that are exact.
//!
//! Memory holds one block of rows; what is more lies in a temporary file without a name, eight bytes an amount,
//! column by column within each block. A percentile is found by counting, in as many passes over its column as it
//! takes, and never by holding more of it than a block's worth.

use std::{fs::File, io, os::unix::fs::FileExt as _};

/// Amounts in a block: 4 MiB.
const BLOCK: usize = 1 << 19;
/// Buckets of a pass.
const BUCKETS: usize = 1 << 12;

/// Rows of so many columns.
#[derive(Debug)]
pub(super) struct Spill {
    columns: usize,
    /// Rows in a block.
    height: usize,
    /// The block that is being filled, row by row.
    block: Vec<i64>,
    /// Blocks that were written.
    written: u64,
    file: Option<File>,
    rows: u64,
}

impl Spill {
    pub(super) fn new(columns: usize) -> Self {
        Self::of_height(columns, (BLOCK / columns.max(1)).max(64))
    }

    fn of_height(columns: usize, height: usize) -> Self {
        Self { columns: columns.max(1), height, block: Vec::new(), written: 0, file: None, rows: 0 }
    }

    /// How many rows there are.
    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds whole rows, one after the other.
    pub(super) fn push(&mut self, rows: &[i64]) -> io::Result<()> {
        for row in rows.chunks_exact(self.columns) {
            self.block.extend_from_slice(row);
            self.rows += 1;
            if self.block.len() == self.height * self.columns {
                self.write()?;
            }
        }
        Ok(())
    }

    fn write(&mut self) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(self.block.len() * 8);
        for column in 0..self.columns {
            let amounts = self.block.iter().skip(column).step_by(self.columns);
            bytes.extend(amounts.flat_map(|amount| amount.to_le_bytes()));
        }
        let at = self.written * self.block_bytes();
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.write_all_at(&bytes, at)?;
        self.written += 1;
        self.block.clear();
        Ok(())
    }

    const fn block_bytes(&self) -> u64 {
        (self.height * self.columns * 8) as u64
    }

    /// Every amount of a column, in no order that means anything.
    fn each(&self, column: usize, mut take: impl FnMut(i64)) -> io::Result<()> {
        let bytes = self.height * 8;
        let mut buffer = vec![0_u8; if self.written == 0 { 0 } else { bytes }];
        for block in 0..self.written {
            let Some(file) = &self.file else { break };
            file.read_exact_at(&mut buffer, block * self.block_bytes() + (column * bytes) as u64)?;
            for amount in buffer.as_chunks().0 {
                take(i64::from_le_bytes(*amount));
            }
        }
        self.block.iter().skip(column).step_by(self.columns).for_each(|amount| take(*amount));
        Ok(())
    }

    /// The amount of that rank, from 0, among those of a column, of which the least and the most are known.
    pub(super) fn ranked(&self, column: usize, mut rank: u64, (least, most): (i64, i64)) -> io::Result<i64> {
        let (mut low, mut high) = (least, most);
        while low < high {
            // Buckets of one width over what is left; the last may be narrower.
            let span = high.abs_diff(low);
            let width = span / BUCKETS as u64 + 1;
            let mut found = vec![0_u64; BUCKETS];
            self.each(column, |amount| {
                if low <= amount && amount <= high {
                    let bucket = usize::try_from(amount.abs_diff(low) / width).unwrap_or(BUCKETS);
                    if let Some(count) = found.get_mut(bucket) {
                        *count += 1;
                    }
                }
            })?;
            let mut bucket = 0;
            for count in found {
                if rank < count {
                    break;
                }
                rank -= count;
                bucket += 1;
            }
            low = low.saturating_add_unsigned(bucket * width);
            high = high.min(low.saturating_add_unsigned(width - 1));
        }
        Ok(low)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_rank_is_that_of_the_sorted_column(
            rows in proptest::collection::vec((any::<i64>(), -3_i64..3, 0_i64..1_000_000), 1..300),
            height in 1_usize..100,
        ) {
            let mut spill = Spill::of_height(3, height);
            let flat: Vec<i64> = rows.iter().flat_map(|(a, b, c)| [*a, *b, *c]).collect();
            spill.push(&flat).unwrap();
            prop_assert_eq!(spill.rows(), rows.len() as u64);
            for column in 0..3 {
                let mut sorted: Vec<i64> = flat.iter().skip(column).step_by(3).copied().collect();
                sorted.sort_unstable();
                let ends = (sorted[0], sorted[rows.len() - 1]);
                for rank in [0, rows.len() / 10, rows.len() / 2, rows.len() - 1] {
                    prop_assert_eq!(spill.ranked(column, rank as u64, ends).unwrap(), sorted[rank]);
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_lies_in_a_file_and_memory_holds_a_block() {
        let mut spill = Spill::of_height(2, 10);
        for n in 0..1_000 {
            spill.push(&[n, -n]).unwrap();
            assert!(spill.block.len() <= 20 && spill.block.capacity() <= 64);
        }
        assert_eq!(spill.file.as_ref().unwrap().metadata().unwrap().len(), 16_000);
        let ranked = |column, rank, ends| spill.ranked(column, rank, ends).unwrap();
        assert_eq!((ranked(0, 500, (0, 999)), ranked(1, 0, (-999, 0))), (500, -999));
    }
}
