// Package inventory keeps track of stock and reservations.
package inventory

import (
	"errors"
	"fmt"
	"sort"
	"sync"
)

// ErrUnknown is returned for items that were never stocked.
var ErrUnknown = errors.New("unknown item")

// ShortageError tells how much is missing.
type ShortageError struct {
	Item      string
	Wanted    int
	Available int
}

func (e *ShortageError) Error() string {
	return fmt.Sprintf("%s: want %d, have %d", e.Item, e.Wanted, e.Available)
}

type line struct {
	onHand, reserved int
}

// Service is safe for concurrent use.
type Service struct {
	mu    sync.RWMutex
	lines map[string]*line
}

// NewService returns an empty inventory.
func NewService() *Service {
	return &Service{lines: make(map[string]*line)}
}

// Receive adds goods.
func (s *Service) Receive(item string, quantity int) error {
	if quantity <= 0 {
		return fmt.Errorf("quantity must be positive, got %d", quantity)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.lines[item]
	if !ok {
		l = &line{}
		s.lines[item] = l
	}
	l.onHand += quantity
	return nil
}

// Reserve sets goods aside for all items of an order, or for none of them.
func (s *Service) Reserve(order map[string]int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for item, quantity := range order {
		l, ok := s.lines[item]
		if !ok {
			return fmt.Errorf("%s: %w", item, ErrUnknown)
		}
		if available := l.onHand - l.reserved; available < quantity {
			return &ShortageError{item, quantity, available}
		}
	}
	for item, quantity := range order {
		s.lines[item].reserved += quantity
	}
	return nil
}

// Low lists the items with fewer than minimum available, by name.
func (s *Service) Low(minimum int) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var items []string
	for item, l := range s.lines {
		if l.onHand-l.reserved < minimum {
			items = append(items, item)
		}
	}
	sort.Strings(items)
	return items
}
