//! A map for a handful of entries. `BTreeMap` does the same, for a fifth of the whole wasm.

/// Values by key, in the order of the keys. Boxed, and its functions never inlined, so that all tables
/// share one code.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Table<K, V>(Vec<(K, Box<V>)>);

impl<K: Copy + Ord, V> Table<K, V> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Takes the place of a value that was there.
    pub(crate) fn insert(&mut self, key: K, value: impl Into<Box<V>>) {
        self.put(key, value.into());
    }

    #[inline(never)]
    pub(crate) fn remove(&mut self, key: K) -> Option<Box<V>> {
        let at = self.0.iter().position(|(present, _)| *present == key)?;
        Some(self.0.remove(at).1)
    }

    /// The first, if there is one.
    #[inline(never)]
    pub(crate) fn pop(&mut self) -> Option<(K, Box<V>)> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Leaves nothing behind.
    pub(crate) fn take(&mut self) -> Vec<(K, Box<V>)> {
        std::mem::take(&mut self.0)
    }

    #[cfg(feature = "sabotage")]
    pub(crate) fn keys(&self) -> impl Iterator<Item = K> {
        self.0.iter().map(|(key, _)| *key)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| &**value)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| &mut **value)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline(never)]
    fn put(&mut self, key: K, value: Box<V>) {
        self.remove(key);
        let at = self.0.partition_point(|(present, _)| *present < key);
        self.0.insert(at, (key, value));
    }
}

impl<K: Copy + Ord, V> Default for Table<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    proptest::proptest! {
        #[test]
        fn it_is_a_map_in_the_order_of_its_keys(steps in proptest::collection::vec((0_u8..8, 0_u8..3), 0..40)) {
            let (mut table, mut map) = (Table::new(), BTreeMap::new());
            for (index, (key, step)) in steps.into_iter().enumerate() {
                if step == 0 {
                    proptest::prop_assert_eq!(table.remove(key).map(|value| *value), map.remove(&key));
                } else {
                    table.insert(key, index);
                    map.insert(key, index);
                }
                proptest::prop_assert!(table.values().eq(map.values()));
                proptest::prop_assert_eq!(table.is_empty(), map.is_empty());
            }
            proptest::prop_assert!(table.take().into_iter().map(|(key, value)| (key, *value)).eq(map));
        }
    }
}
