/** Does the work once for all who ask before it begins, and once more for those who ask while it goes on. */
export function onceMore(work: () => Promise<void>): () => void {
  let asked = false;
  let working = false;
  const loop = async (): Promise<void> => {
    while (asked) {
      asked = false;
      await work();
    }
  };
  return () => {
    asked = true;
    if (working) return;
    working = true;
    void loop().finally(() => (working = false));
  };
}

/** Does the work after what is going on, once for all who ask in one go. */
export function soon(work: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    setImmediate(() => {
      asked = false;
      work();
    });
  };
}
