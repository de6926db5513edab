import { vi } from "vitest";

/** How long any spec waits for what is to come, ms: not a measure of anything, so as long as a busy machine may take. */
const PATIENCE_MS = 20_000;

const { waitFor } = vi;
vi.waitFor = (callback, options) =>
  waitFor(callback, { timeout: PATIENCE_MS, ...(typeof options === "number" ? { timeout: options } : options) });
