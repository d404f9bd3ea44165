// Tables as arrays of records: filter, join, aggregate.

const aggregates = {
  count: (values) => values.length,
  sum: (values) => values.reduce((total, value) => total + value, 0),
  mean: (values) => (values.length ? aggregates.sum(values) / values.length : null),
  min: (values) => values.reduce((least, value) => (value < least ? value : least), Infinity),
  max: (values) => values.reduce((most, value) => (value > most ? value : most), -Infinity),
};

class Table {
  constructor(rows) {
    this.rows = rows;
  }

  where(test) {
    const check = typeof test === 'function'
      ? test
      : (row) => Object.entries(test).every(([column, value]) => row[column] === value);
    return new Table(this.rows.filter(check));
  }

  select(...columns) {
    return new Table(this.rows.map((row) => Object.fromEntries(columns.map((c) => [c, row[c]]))));
  }

  orderBy(column, direction = 'asc') {
    const sign = direction === 'desc' ? -1 : 1;
    const sorted = [...this.rows].sort((a, b) => {
      if (a[column] === b[column]) return 0;
      return a[column] < b[column] ? -sign : sign;
    });
    return new Table(sorted);
  }

  /** Inner join with another table on equal columns. */
  join(other, leftColumn, rightColumn = leftColumn) {
    const index = new Map();
    for (const row of other.rows) {
      const key = row[rightColumn];
      if (!index.has(key)) index.set(key, []);
      index.get(key).push(row);
    }
    const joined = this.rows.flatMap((row) =>
      (index.get(row[leftColumn]) ?? []).map((match) => ({ ...match, ...row })));
    return new Table(joined);
  }

  /** groupBy('city', { people: ['count'], age: ['mean', 'age'] }): output column → [aggregate, input column]. */
  groupBy(column, outputs) {
    const groups = new Map();
    for (const row of this.rows) {
      if (!groups.has(row[column])) groups.set(row[column], []);
      groups.get(row[column]).push(row);
    }
    const result = [];
    for (const [key, rows] of groups) {
      const record = { [column]: key };
      for (const [name, [aggregate, source]] of Object.entries(outputs)) {
        record[name] = aggregates[aggregate](rows.map((row) => (source ? row[source] : row)));
      }
      result.push(record);
    }
    return new Table(result);
  }
}

module.exports = { Table, aggregates };
