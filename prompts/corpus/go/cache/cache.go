// Package cache keeps values in memory until they expire.
package cache

import (
	"sync"
	"time"
)

type entry[V any] struct {
	value   V
	expires time.Time
}

// Cache is a map whose entries expire. It is safe for concurrent use.
type Cache[K comparable, V any] struct {
	mu       sync.Mutex
	entries  map[K]entry[V]
	lifetime time.Duration
	now      func() time.Time
}

// New returns an empty cache whose entries live for the given time.
func New[K comparable, V any](lifetime time.Duration) *Cache[K, V] {
	return &Cache[K, V]{
		entries:  make(map[K]entry[V]),
		lifetime: lifetime,
		now:      time.Now,
	}
}

// Set stores a value and restarts its life.
func (c *Cache[K, V]) Set(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries[key] = entry[V]{value, c.now().Add(c.lifetime)}
}

// Get returns a value that has not expired.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.entries[key]
	if !ok || !c.now().Before(found.expires) {
		delete(c.entries, key)
		var zero V
		return zero, false
	}
	return found.value, true
}

// GetOrLoad returns the cached value or the one that load makes. Errors are not cached.
func (c *Cache[K, V]) GetOrLoad(key K, load func(K) (V, error)) (V, error) {
	if value, ok := c.Get(key); ok {
		return value, nil
	}
	value, err := load(key)
	if err != nil {
		return value, err
	}
	c.Set(key, value)
	return value, nil
}

// Purge removes what has expired and returns how much that was.
func (c *Cache[K, V]) Purge() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	removed := 0
	for key, e := range c.entries {
		if !now.Before(e.expires) {
			delete(c.entries, key)
			removed++
		}
	}
	return removed
}
