// Polls a source with growing intervals and tells about changes.

class Poller {
  constructor(load, { interval = 1000, maximum = 30000, factor = 2, schedule = setTimeout } = {}) {
    this.load = load;
    this.interval = interval;
    this.maximum = maximum;
    this.factor = factor;
    this.schedule = schedule;
    this.current = interval;
    this.listeners = new Set();
    this.version = undefined;
    this.timer = null;
    this.running = false;
  }

  onChange(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  start() {
    if (this.running) return;
    this.running = true;
    this.#next(0);
  }

  stop() {
    this.running = false;
    clearTimeout(this.timer);
    this.timer = null;
  }

  #next(delay) {
    this.timer = this.schedule(() => this.poll(), delay);
  }

  async poll() {
    try {
      const { version, data } = await this.load(this.version);
      if (version === this.version) {
        this.current = Math.min(this.maximum, this.current * this.factor);
      } else {
        this.version = version;
        this.current = this.interval;
        for (const listener of this.listeners) listener(data);
      }
    } catch (error) {
      this.current = Math.min(this.maximum, this.current * this.factor);
      for (const listener of this.listeners) listener(undefined, error);
    }
    if (this.running) this.#next(this.current);
  }
}

module.exports = { Poller };
