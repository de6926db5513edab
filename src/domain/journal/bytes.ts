const NODE_BYTES = 16;

/** What a value of plain data takes in memory, about. */
export function bytesIn(value: unknown): number {
  if (typeof value === "string") return NODE_BYTES + 2 * value.length;
  if (typeof value !== "object" || value === null) return NODE_BYTES;
  let bytes = 2 * NODE_BYTES;
  for (const inner of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) bytes += bytesIn(inner);
  return bytes;
}
