import { isFailure } from "./failure.ts";

const RETRY_MS = 2_000;

/** Reads again and again while the engine cannot be reached and somebody still waits. Throws any other Failure. */
export async function patiently<T>(read: () => Promise<T>, isWanted: () => boolean): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!isFailure(error, "OFFLINE") || !isWanted()) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
