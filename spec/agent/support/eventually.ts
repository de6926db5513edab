import { setTimeout as sleep } from "node:timers/promises";

/** Waits until it is so; throws when it is not within `ms`. */
export async function eventually(isSo: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  for (const until = Date.now() + ms; !(await isSo());) {
    if (Date.now() > until) throw new Error(`not so within ${ms} ms: ${isSo.toString()}`);
    await sleep(20);
  }
}
