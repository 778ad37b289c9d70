//! Values by name, for whoever evaluates many expressions over one case.
//!
//! A name carries a number that follows from it, so a value is found without comparing names one after the other.
//! Two names may have the same number: what is found is compared with what was asked for.

use super::Reference;
use crate::value::Value;

/// Values by name; what has none is not in it.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// A power of two, and never more than half full.
    slots: Vec<Option<Slot>>,
}

#[derive(Debug, Clone)]
struct Slot {
    key: u64,
    reference: Reference,
    value: Value,
}

impl Names {
    /// These values; of two with one name the first.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = (Reference, Value)>) -> Self {
        let values: Vec<_> = values.into_iter().collect();
        let mut names = Self { slots: vec![None; (values.len() * 2).next_power_of_two()] };
        for (reference, value) in values {
            let key = key(&reference);
            if let Some(place) = names.place(key, &reference)
                && let Some(slot @ None) = names.slots.get_mut(place)
            {
                *slot = Some(Slot { key, reference, value });
            }
        }
        names
    }

    /// Another value for a name.
    pub fn put(&mut self, reference: &Reference, value: Value) {
        let place = self.place(key(reference), reference);
        if let Some(Some(slot)) = place.and_then(|place| self.slots.get_mut(place)) {
            slot.value = value;
            return;
        }
        let others = std::mem::take(&mut self.slots).into_iter().flatten();
        let others = others.map(|slot| (slot.reference, slot.value));
        *self = Self::of(others.chain([(reference.clone(), value)]));
    }

    /// The value of a name with its number.
    #[must_use]
    pub fn get(&self, key: u64, reference: &Reference) -> Option<&Value> {
        let place = self.place(key, reference)?;
        self.slots.get(place)?.as_ref().map(|slot| &slot.value)
    }

    /// Where a name stands, or would.
    fn place(&self, key: u64, reference: &Reference) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        // The mask leaves no more bits than an index has.
        let mut place = usize::try_from(key & mask as u64).unwrap_or_default();
        // One slot is free at least.
        while let Some(Some(slot)) = self.slots.get(place) {
            if slot.key == key && slot.reference == *reference {
                break;
            }
            place = (place + 1) & mask;
        }
        Some(place)
    }
}

/// The number of a name: the same for the same name. FNV-1a, for which a name is short enough.
pub(super) fn key(reference: &Reference) -> u64 {
    let root = std::iter::once(reference.root as u8);
    let bytes = root.chain(reference.name.as_str().bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // The low bits alone say where it stands.
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::{super::Root, *};
    use crate::id::Name;

    #[test]
    fn every_name_is_found_and_no_other() {
        let named = |name: String| Reference { root: Root::Market, name: Name::parse(&name).unwrap() };
        let reference = |i: i64| named(format!("f{i}"));
        for count in [0, 1, 2, 3, 100] {
            let names = Names::of((0..count).map(|i| (reference(i), Value::Count(i))));
            for i in 0..count {
                assert_eq!(names.get(key(&reference(i)), &reference(i)), Some(&Value::Count(i)));
            }
            let other = reference(count);
            assert_eq!(names.get(key(&other), &other), None);
            // As if it had the number of one that is there.
            assert_eq!(names.get(key(&reference(0)), &other), None);
        }
        let mut one = Names::default();
        for value in [1, 2] {
            one.put(&reference(1), Value::Count(value));
            assert_eq!(one.get(key(&reference(1)), &reference(1)), Some(&Value::Count(value)));
        }
        let twice = Names::of([(reference(1), Value::Count(1)), (reference(1), Value::Count(2))]);
        assert_eq!(twice.get(key(&reference(1)), &reference(1)), Some(&Value::Count(1)));
        assert_eq!(Names::default().get(7, &reference(1)), None);
    }
}
