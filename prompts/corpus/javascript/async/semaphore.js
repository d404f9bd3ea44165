// Limits and locks for async code.

class Semaphore {
  #free;
  #waiting = [];

  constructor(permits) {
    this.#free = permits;
  }

  get available() {
    return this.#free;
  }

  async acquire() {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise((resolve) => this.#waiting.push(resolve));
  }

  release() {
    const next = this.#waiting.shift();
    if (next) {
      next();
    } else {
      this.#free += 1;
    }
  }

  async run(task) {
    await this.acquire();
    try {
      return await task();
    } finally {
      this.release();
    }
  }
}

/** One lock for each key; unused locks are forgotten. */
class KeyedMutex {
  #locks = new Map();

  async run(key, task) {
    let entry = this.#locks.get(key);
    if (!entry) {
      entry = { semaphore: new Semaphore(1), users: 0 };
      this.#locks.set(key, entry);
    }
    entry.users += 1;
    try {
      return await entry.semaphore.run(task);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#locks.delete(key);
    }
  }

  get size() {
    return this.#locks.size;
  }
}

/** Rejects if the promise takes longer than `ms` milliseconds. */
function withTimeout(promise, ms, message = 'timed out') {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), ms);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

module.exports = { Semaphore, KeyedMutex, withTimeout };
