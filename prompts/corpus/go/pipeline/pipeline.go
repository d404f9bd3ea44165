// Package pipeline connects stages of goroutines by channels.
package pipeline

import (
	"context"
	"sync"
)

// Source sends the items until they are used up or the context ends.
func Source[T any](ctx context.Context, items ...T) <-chan T {
	out := make(chan T)
	go func() {
		defer close(out)
		for _, item := range items {
			select {
			case out <- item:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// Map applies f to every item in the given number of goroutines; the order may change.
func Map[T, R any](ctx context.Context, in <-chan T, workers int, f func(T) R) <-chan R {
	out := make(chan R)
	var group sync.WaitGroup
	for i := 0; i < workers; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for item := range in {
				select {
				case out <- f(item):
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	go func() {
		group.Wait()
		close(out)
	}()
	return out
}

// Batch groups items into slices of the given size; the last one may be shorter.
func Batch[T any](ctx context.Context, in <-chan T, size int) <-chan []T {
	out := make(chan []T)
	go func() {
		defer close(out)
		batch := make([]T, 0, size)
		flush := func() bool {
			if len(batch) == 0 {
				return true
			}
			select {
			case out <- batch:
				batch = make([]T, 0, size)
				return true
			case <-ctx.Done():
				return false
			}
		}
		for item := range in {
			batch = append(batch, item)
			if len(batch) == size && !flush() {
				return
			}
		}
		flush()
	}()
	return out
}

// Collect reads a channel to its end.
func Collect[T any](in <-chan T) []T {
	var items []T
	for item := range in {
		items = append(items, item)
	}
	return items
}
