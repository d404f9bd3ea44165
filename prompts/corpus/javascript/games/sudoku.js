// Sudoku with bit masks: bit n set means that digit n + 1 is possible.

const ALL = 0b111111111;

function parse(text) {
  const cells = [...text].filter((c) => /[0-9.]/.test(c)).map((c) => (c === '.' ? 0 : Number(c)));
  if (cells.length !== 81) throw new Error(`want 81 cells, got ${cells.length}`);
  return cells;
}

function boxOf(row, column) {
  return Math.floor(row / 3) * 3 + Math.floor(column / 3);
}

class Board {
  constructor(cells) {
    this.cells = [...cells];
    this.rows = new Array(9).fill(ALL);
    this.columns = new Array(9).fill(ALL);
    this.boxes = new Array(9).fill(ALL);
    this.cells.forEach((digit, index) => {
      if (digit && !this.#use(index, digit)) throw new Error(`digit ${digit} twice at cell ${index}`);
    });
  }

  possible(index) {
    const row = Math.floor(index / 9);
    const column = index % 9;
    return this.rows[row] & this.columns[column] & this.boxes[boxOf(row, column)];
  }

  #use(index, digit) {
    const bit = 1 << (digit - 1);
    if (!(this.possible(index) & bit)) return false;
    this.#flip(index, bit);
    return true;
  }

  #flip(index, bit) {
    const row = Math.floor(index / 9);
    const column = index % 9;
    this.rows[row] ^= bit;
    this.columns[column] ^= bit;
    this.boxes[boxOf(row, column)] ^= bit;
  }

  /** Fills the board by trying the cell with the fewest possibilities first; false if there is no solution. */
  solve() {
    let best = -1;
    let fewest = 10;
    for (let index = 0; index < 81; index++) {
      if (this.cells[index]) continue;
      const count = this.possible(index).toString(2).replaceAll('0', '').length;
      if (count < fewest) {
        best = index;
        fewest = count;
      }
    }
    if (best < 0) return true;
    const options = this.possible(best);
    for (let digit = 1; digit <= 9; digit++) {
      const bit = 1 << (digit - 1);
      if (!(options & bit)) continue;
      this.cells[best] = digit;
      this.#flip(best, bit);
      if (this.solve()) return true;
      this.#flip(best, bit);
      this.cells[best] = 0;
    }
    return false;
  }

  toString() {
    return this.cells.join('').replace(/(.{9})/g, '$1\n').trimEnd();
  }
}

module.exports = { parse, Board };
