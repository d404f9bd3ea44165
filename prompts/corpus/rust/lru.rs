//! A cache that forgets the least recently used entry.

use std::collections::HashMap;
use std::hash::Hash;

struct Slot<K, V> {
    key: K,
    value: V,
    previous: Option<usize>,
    next: Option<usize>,
}

/// Slots form a doubly linked list by index, most recent first.
pub struct LruCache<K, V> {
    capacity: usize,
    index: HashMap<K, usize>,
    slots: Vec<Slot<K, V>>,
    head: Option<usize>,
    tail: Option<usize>,
}

impl<K: Hash + Eq + Clone, V> LruCache<K, V> {
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "capacity must be positive");
        LruCache { capacity, index: HashMap::new(), slots: Vec::new(), head: None, tail: None }
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub fn get(&mut self, key: &K) -> Option<&V> {
        let slot = *self.index.get(key)?;
        self.unlink(slot);
        self.push_front(slot);
        Some(&self.slots[slot].value)
    }

    /// Sets a value; returns the entry that had to go.
    pub fn put(&mut self, key: K, value: V) -> Option<(K, V)> {
        if let Some(&slot) = self.index.get(&key) {
            self.slots[slot].value = value;
            self.unlink(slot);
            self.push_front(slot);
            return None;
        }
        if self.slots.len() < self.capacity {
            let slot = self.slots.len();
            self.slots.push(Slot { key: key.clone(), value, previous: None, next: None });
            self.index.insert(key, slot);
            self.push_front(slot);
            return None;
        }
        let slot = self.tail.expect("a full cache has a tail");
        self.unlink(slot);
        self.index.remove(&self.slots[slot].key);
        let old_key = std::mem::replace(&mut self.slots[slot].key, key.clone());
        let old_value = std::mem::replace(&mut self.slots[slot].value, value);
        self.index.insert(key, slot);
        self.push_front(slot);
        Some((old_key, old_value))
    }

    fn unlink(&mut self, slot: usize) {
        let (previous, next) = (self.slots[slot].previous, self.slots[slot].next);
        match previous {
            Some(before) => self.slots[before].next = next,
            None => self.head = next,
        }
        match next {
            Some(after) => self.slots[after].previous = previous,
            None => self.tail = previous,
        }
    }

    fn push_front(&mut self, slot: usize) {
        self.slots[slot].previous = None;
        self.slots[slot].next = self.head;
        match self.head {
            Some(old) => self.slots[old].previous = Some(slot),
            None => self.tail = Some(slot),
        }
        self.head = Some(slot);
    }
}
