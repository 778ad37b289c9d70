//! What a call used, beside what it may use.

use crate::{
    plugin::{Limits, SETTINGS, Unit, Used},
    protocol::PluginUse,
};

/// Where a limit's use is told.
type Place = (&'static str, fn(&Used) -> usize);

/// The limits of a call whose use is counted, by their names in landfall.yaml.
const PLACES: [Place; 7] = [
    ("fuel", |used| usize::try_from(used.fuel).unwrap_or(usize::MAX)),
    ("memory", |used| used.memory_bytes),
    ("returned", |used| used.returned_bytes),
    ("lines", |used| used.lines),
    ("table_elements", |used| used.table_elements),
    ("log_bytes", |used| used.log_bytes),
    ("log_lines", |used| used.log_lines),
];

/// What a call used of each limit.
pub(super) fn of_call(used: &Used, limits: &Limits) -> Vec<PluginUse> {
    let one = |(limit, place): &Place| {
        let setting = SETTINGS.iter().find(|setting| setting.key == *limit)?;
        let unit = if setting.unit == Unit::Bytes { "bytes" } else { "count" };
        Some(of(limit, unit, place(used) as u64, setting.get(limits)))
    };
    PLACES.iter().filter_map(one).collect()
}

/// So much of so much.
pub(super) fn of(limit: &'static str, unit: &'static str, used: u64, of: u64) -> PluginUse {
    let per_mille = (u128::from(used) * 1_000).div_ceil(u128::from(of).max(1));
    PluginUse { limit, unit, used, of, per_mille: u64::try_from(per_mille).unwrap_or(u64::MAX) }
}

/// A use as people write it, with its limit.
pub(super) fn show(used: &PluginUse) -> String {
    let unit = if used.unit == "bytes" { Unit::Bytes } else { Unit::Count };
    format!("{} of {}", Unit::Count.show(used.used), unit.show(used.of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_that_is_counted_is_one() {
        let limits = Limits::default();
        let used = Used { fuel: 125_000_001, memory_bytes: 1 << 20, ..Used::default() };
        let all = of_call(&used, &limits);
        assert_eq!(all.len(), PLACES.len());
        assert_eq!((all[0].per_mille, all[1].per_mille), (501, 8));
        assert_eq!(show(&all[0]), "125_000_001 of 250_000_000");
        assert_eq!(show(&all[1]), "1_048_576 of 128 MiB");
        assert_eq!(of("lines", "count", 3, 0).per_mille, 3_000);
    }
}
