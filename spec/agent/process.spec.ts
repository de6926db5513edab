import { describe, expect, it } from "vitest";
import { run, shell } from "../../agent/process.ts";

describe("a child process", () => {
  it("tells its exit code and what it wrote", async () => {
    expect(await shell(`printf '%s' "$1"; printf err >&2; exit 3`, ["a b;$(c)"], 5_000)).toEqual({
      code: 3,
      stdout: "a b;$(c)",
      stderr: "err",
    });
  });
  it("is left alone at its deadline, whatever still holds its output open", async () => {
    const began = Date.now();
    await expect(shell("sleep 5 & sleep 5", [], 100)).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(Date.now() - began).toBeLessThan(2_000);
  });
  it("ends when its call is cancelled, also before it began", async () => {
    const cancel = new AbortController();
    const running = run("sleep", ["5"], 10_000, cancel.signal);
    cancel.abort();
    await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(run("sleep", ["5"], 10_000, AbortSignal.abort())).rejects.toMatchObject({ code: "CANCELLED" });
  });
  it("that is not installed is UNSUPPORTED", async () => {
    await expect(run("no-such-program", [], 1_000)).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});
