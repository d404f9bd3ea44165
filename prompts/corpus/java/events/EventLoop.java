package events;

import java.util.PriorityQueue;
import java.util.function.LongSupplier;

/** Runs tasks in the order of their times; the clock is passed in, so tests need not wait. */
public class EventLoop {
    private record Task(long time, long number, Runnable action) implements Comparable<Task> {
        @Override
        public int compareTo(Task other) {
            int byTime = Long.compare(time, other.time);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    /** Stops a task that has not run yet. */
    public interface Handle {
        boolean cancel();
    }

    private final PriorityQueue<Task> tasks = new PriorityQueue<>();
    private final LongSupplier clock;
    private long numbers;

    public EventLoop(LongSupplier clock) {
        this.clock = clock;
    }

    public Handle at(long time, Runnable action) {
        Task task = new Task(time, numbers++, action);
        tasks.add(task);
        return () -> tasks.remove(task);
    }

    public Handle after(long delay, Runnable action) {
        if (delay < 0) {
            throw new IllegalArgumentException("negative delay: " + delay);
        }
        return at(clock.getAsLong() + delay, action);
    }

    /** Repeats until the handle is cancelled. */
    public Handle every(long interval, Runnable action) {
        boolean[] stopped = {false};
        Runnable[] repeat = new Runnable[1];
        repeat[0] = () -> {
            if (stopped[0]) {
                return;
            }
            action.run();
            after(interval, repeat[0]);
        };
        after(interval, repeat[0]);
        return () -> {
            boolean first = !stopped[0];
            stopped[0] = true;
            return first;
        };
    }

    /** Runs everything that is due and returns how many tasks that were. */
    public int runDue() {
        int ran = 0;
        while (!tasks.isEmpty() && tasks.peek().time() <= clock.getAsLong()) {
            Task task = tasks.poll();
            task.action().run();
            ran++;
        }
        return ran;
    }

    public boolean isIdle() {
        return tasks.isEmpty();
    }
}
