//! A map in one piece of memory, sorted by key.
//!
//! The proxy numbers what begins in ascending order, so that adding is appending;
//! and what a map of the standard library takes in a module, for each type in it,
//! is more than all the entries that there ever are.

use std::borrow::Borrow;

/// Entries in ascending order of their keys.
#[derive(Debug)]
pub(crate) struct Sorted<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<K: Ord, V> Sorted<K, V> {
    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (_, value) = self.entries.get(self.place(key).ok()?)?;
        Some(value)
    }

    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(key).ok()?;
        let (_, value) = self.entries.get_mut(place)?;
        Some(value)
    }

    /// Puts a value in place of the one before.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Err(place) => self.entries.insert(place, (key, value)),
            Ok(place) => {
                if let Some(entry) = self.entries.get_mut(place) {
                    *entry = (key, value);
                }
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let place = self.place(key).ok()?;
        let (_, value) = self.entries.remove(place);
        Some(value)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.entries.binary_search_by(|(candidate, _)| candidate.borrow().cmp(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_map() {
        let mut map = Sorted::default();
        for key in [5, 1, 3, 5] {
            map.insert(key, key * 10);
        }
        assert_eq!((map.remove(&1), map.remove(&2)), (Some(10), None));
        *map.get_mut(&3).unwrap() += 1;
        assert_eq!(map.iter().collect::<Vec<_>>(), [(&3, &31), (&5, &50)]);
        assert_eq!(map.get(&1), None);
    }
}
