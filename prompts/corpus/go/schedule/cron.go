// Package schedule finds the times at which jobs run.
package schedule

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Daily runs at fixed times of the day on some weekdays.
type Daily struct {
	minutes  []int // since midnight, ascending
	weekdays map[time.Weekday]bool
}

// ParseDaily reads times such as "06:30,18:00"; without weekdays it runs on all of them.
func ParseDaily(times string, weekdays ...time.Weekday) (*Daily, error) {
	daily := &Daily{weekdays: map[time.Weekday]bool{}}
	for _, text := range strings.Split(times, ",") {
		hours, minutes, found := strings.Cut(strings.TrimSpace(text), ":")
		if !found {
			return nil, fmt.Errorf("want HH:MM, got %q", text)
		}
		hour, err := strconv.Atoi(hours)
		if err != nil || hour < 0 || hour > 23 {
			return nil, fmt.Errorf("bad hour in %q", text)
		}
		minute, err := strconv.Atoi(minutes)
		if err != nil || minute < 0 || minute > 59 {
			return nil, fmt.Errorf("bad minute in %q", text)
		}
		daily.minutes = append(daily.minutes, hour*60+minute)
	}
	sort.Ints(daily.minutes)
	for _, weekday := range weekdays {
		daily.weekdays[weekday] = true
	}
	return daily, nil
}

func (d *Daily) runsOn(day time.Time) bool {
	return len(d.weekdays) == 0 || d.weekdays[day.Weekday()]
}

// Next returns the first time after the given one.
func (d *Daily) Next(after time.Time) time.Time {
	year, month, date := after.Date()
	midnight := time.Date(year, month, date, 0, 0, 0, 0, after.Location())
	for {
		if d.runsOn(midnight) {
			for _, minute := range d.minutes {
				candidate := time.Date(midnight.Year(), midnight.Month(), midnight.Day(),
					minute/60, minute%60, 0, 0, after.Location())
				if candidate.After(after) {
					return candidate
				}
			}
		}
		midnight = midnight.AddDate(0, 0, 1)
	}
}

// Between lists all times after from, up to and including to.
func (d *Daily) Between(from, to time.Time) []time.Time {
	var times []time.Time
	for next := d.Next(from); !next.After(to); next = d.Next(next) {
		times = append(times, next)
	}
	return times
}
