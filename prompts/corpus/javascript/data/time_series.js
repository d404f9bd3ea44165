// Time series: arrays of [time in ms, value] in ascending order of time.

function insertionIndex(series, time) {
  let low = 0;
  let high = series.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (series[middle][0] < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function slice(series, from, to) {
  return series.slice(insertionIndex(series, from), insertionIndex(series, to));
}

/** Value at a time by linear interpolation; null outside of the series. */
function valueAt(series, time) {
  const index = insertionIndex(series, time);
  if (index < series.length && series[index][0] === time) return series[index][1];
  if (index === 0 || index === series.length) return null;
  const [t0, v0] = series[index - 1];
  const [t1, v1] = series[index];
  return v0 + ((v1 - v0) * (time - t0)) / (t1 - t0);
}

/** Means over intervals of the given width; empty intervals are left out. */
function resample(series, width) {
  const buckets = new Map();
  for (const [time, value] of series) {
    const start = Math.floor(time / width) * width;
    const bucket = buckets.get(start) ?? { sum: 0, count: 0 };
    bucket.sum += value;
    bucket.count += 1;
    buckets.set(start, bucket);
  }
  return [...buckets].map(([start, { sum, count }]) => [start, sum / count]);
}

/** Differences per second; a fall is taken for a restarted counter. */
function rate(series) {
  const result = [];
  for (let i = 1; i < series.length; i++) {
    const [t0, v0] = series[i - 1];
    const [t1, v1] = series[i];
    const increase = v1 >= v0 ? v1 - v0 : v1;
    result.push([t1, (increase * 1000) / (t1 - t0)]);
  }
  return result;
}

function movingAverage(series, width) {
  let begin = 0;
  let sum = 0;
  return series.map(([time, value], end) => {
    sum += value;
    while (series[begin][0] <= time - width) {
      sum -= series[begin][1];
      begin += 1;
    }
    return [time, sum / (end - begin + 1)];
  });
}

module.exports = { slice, valueAt, resample, rate, movingAverage };
