/** Longest that long work keeps the event loop to itself. */
const SLICE_MS = 10;
/** Small enough that the clock is asked often, large enough that asking it costs nothing. */
const ROWS = 64;
/** Turns that are over are forgotten so many at once. */
const MANY = 1_024;

/** Set while the event loop has not been around since the slice began. */
let begun = false;
let ends = 0;
let waiting: (() => void)[] = [];
let next = 0;

/**
 * Long work goes on in slices, between which everybody else is served. All long work shares them: one goes on after the
 * other, so that many requests at a time do not add up to one long stop.
 */
export function sliceIsOver(): boolean {
  if (!begun) beginSlice();
  return performance.now() >= ends;
}

function beginSlice(): void {
  begun = true;
  ends = performance.now() + SLICE_MS;
  setImmediate(() => (begun = false));
}

/** Waits when the slice is over: before a request's work that takes some ms in one go. Those that ask at the same moment all go on. */
export const inSlice = async (): Promise<void> => (sliceIsOver() ? nextSlice() : undefined);

/** Resolves when it is the caller's turn, alone. */
export function nextSlice(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length - next === 1) setImmediate(goOn);
  });
}

function goOn(): void {
  beginSlice();
  waiting[next++]!();
  if (next === waiting.length || next > MANY) [waiting, next] = [waiting.slice(next), 0];
  if (waiting.length > 0) setImmediate(goOn);
}

/** The rows that fit, in their order. */
export async function filterInSlices<R>(rows: Iterable<R>, fits: (row: R) => boolean): Promise<R[]> {
  const found: R[] = [];
  let seen = 0;
  for (const row of rows) {
    if (++seen % ROWS === 0 && sliceIsOver()) await nextSlice();
    if (fits(row)) found.push(row);
  }
  return found;
}

/** As `rows.map(make)`. */
export async function mapInSlices<R, T>(rows: readonly R[], make: (row: R) => T): Promise<T[]> {
  const made: T[] = [];
  for (const [index, row] of rows.entries()) {
    if (index % ROWS === ROWS - 1 && sliceIsOver()) await nextSlice();
    made.push(make(row));
  }
  return made;
}

/** As `rows.toSorted(compare)`: parts of it are sorted, then merged two by two. */
export async function sortInSlices<R>(rows: readonly R[], compare: (a: R, b: R) => number): Promise<R[]> {
  const part = 1_024;
  let parts: R[][] = [];
  for (let from = 0; from < rows.length; from += part) {
    if (from > 0 && sliceIsOver()) await nextSlice();
    parts.push(rows.slice(from, from + part).sort(compare));
  }
  while (parts.length > 1) {
    const merged: R[][] = [];
    for (let index = 0; index < parts.length; index += 2) merged.push(await merge(parts[index]!, parts[index + 1] ?? [], compare));
    parts = merged;
  }
  return parts[0] ?? [];
}

async function merge<R>(a: readonly R[], b: readonly R[], compare: (a: R, b: R) => number): Promise<R[]> {
  const merged: R[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (merged.length % ROWS === ROWS - 1 && sliceIsOver()) await nextSlice();
    merged.push(compare(a[i]!, b[j]!) <= 0 ? a[i++]! : b[j++]!);
  }
  return merged.concat(a.slice(i), b.slice(j));
}
