// Undo and redo for any state.

class History {
  constructor(initial, { limit = 100, equal = Object.is } = {}) {
    this.past = [];
    this.present = initial;
    this.future = [];
    this.limit = limit;
    this.equal = equal;
    this.groupDepth = 0;
    this.groupStart = null;
  }

  set(next) {
    if (this.equal(next, this.present)) return;
    if (this.groupDepth === 0) {
      this.past.push(this.present);
      if (this.past.length > this.limit) this.past.shift();
      this.future = [];
    }
    this.present = next;
  }

  /** Everything that happens in `action` becomes one step. */
  group(action) {
    if (this.groupDepth === 0) this.groupStart = this.present;
    this.groupDepth += 1;
    try {
      return action();
    } finally {
      this.groupDepth -= 1;
      if (this.groupDepth === 0) {
        const result = this.present;
        this.present = this.groupStart;
        this.set(result);
      }
    }
  }

  get canUndo() {
    return this.past.length > 0;
  }

  get canRedo() {
    return this.future.length > 0;
  }

  undo() {
    if (!this.canUndo) return false;
    this.future.push(this.present);
    this.present = this.past.pop();
    return true;
  }

  redo() {
    if (!this.canRedo) return false;
    this.past.push(this.present);
    this.present = this.future.pop();
    return true;
  }
}

module.exports = { History };
