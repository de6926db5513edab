/** Numbers of one object by name; null = not known. */
export type Sample = Readonly<Record<string, number | null>>;

/** How far back charts reach, s. */
export const WINDOW_S = 300;

/** The last five minutes of some metrics, as columns: seconds first, then one column per metric. */
export interface History {
  readonly times: number[];
  readonly columns: Readonly<Record<string, (number | null)[]>>;
}

export function createHistory(metrics: readonly string[]): History {
  return { times: [], columns: Object.fromEntries(metrics.map((metric) => [metric, []])) };
}

/** Silence of so many usual intervals is a gap, which a chart must not draw a line across. */
const GAP_INTERVALS = 4;
const LEAST_GAP_S = 10;

/** Adds the values of a moment (s) and forgets those that have left the window. */
export function record(history: History, at: number, sample: Sample): void {
  const [before, last] = history.times.slice(-2);
  if (before !== undefined && last !== undefined && at - last > Math.max(LEAST_GAP_S, GAP_INTERVALS * (last - before)))
    append(history, (last + at) / 2, {});
  append(history, at, sample);
}

function append({ times, columns }: History, at: number, sample: Sample): void {
  const old = times.findIndex((time) => time >= at - WINDOW_S - 10);
  const gone = old < 0 ? times.length : old;
  times.splice(0, gone);
  times.push(at);
  for (const [metric, column] of Object.entries(columns)) {
    column.splice(0, gone);
    column.push(sample[metric] ?? null);
  }
}
