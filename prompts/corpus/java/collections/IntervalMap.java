package collections;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Maps half-open ranges of integers to values; a later range replaces what it covers. */
public class IntervalMap<V> {
    private record Range<V>(int end, V value) {}

    private final TreeMap<Integer, Range<V>> ranges = new TreeMap<>();

    public void put(int begin, int end, V value) {
        if (begin >= end) {
            throw new IllegalArgumentException("empty range: " + begin + ".." + end);
        }
        clear(begin, end);
        ranges.put(begin, new Range<>(end, value));
    }

    /** Removes everything in the range; ranges that reach over its borders are cut. */
    public void clear(int begin, int end) {
        Map.Entry<Integer, Range<V>> before = ranges.lowerEntry(begin);
        if (before != null && before.getValue().end() > begin) {
            Range<V> cut = before.getValue();
            ranges.put(before.getKey(), new Range<>(begin, cut.value()));
            if (cut.end() > end) {
                ranges.put(end, cut);
            }
        }
        Map.Entry<Integer, Range<V>> inside = ranges.ceilingEntry(begin);
        while (inside != null && inside.getKey() < end) {
            ranges.remove(inside.getKey());
            if (inside.getValue().end() > end) {
                ranges.put(end, inside.getValue());
            }
            inside = ranges.ceilingEntry(begin);
            if (inside != null && inside.getKey() >= end) {
                break;
            }
        }
    }

    public Optional<V> get(int key) {
        Map.Entry<Integer, Range<V>> entry = ranges.floorEntry(key);
        if (entry == null || entry.getValue().end() <= key) {
            return Optional.empty();
        }
        return Optional.of(entry.getValue().value());
    }

    /** Ranges as text, e.g. [1..5=a, 7..9=b]. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        for (Map.Entry<Integer, Range<V>> entry : ranges.entrySet()) {
            Range<V> range = entry.getValue();
            parts.add(entry.getKey() + ".." + range.end() + "=" + range.value());
        }
        return parts.toString();
    }

    public int covered() {
        int total = 0;
        for (Map.Entry<Integer, Range<V>> entry : ranges.entrySet()) {
            total += entry.getValue().end() - entry.getKey();
        }
        return total;
    }
}
