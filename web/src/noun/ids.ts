/** The ids of the object and of all that it was read with, so that nothing on its page grows old; so many at most. */
const MOST = 200;

export function idsIn(value: unknown): string[] {
  const found = new Set<string>();
  const walk = (inner: unknown) => {
    if (typeof inner !== "object" || inner === null || found.size >= MOST) return;
    if ("id" in inner && typeof inner.id === "string") found.add(inner.id);
    for (const each of Object.values(inner)) walk(each);
  };
  walk(value);
  return [...found];
}
