import { describe, expect, it } from "vitest";
import { createHistory, record, WINDOW_S } from "../../web/src/lib/history.ts";
import { bytes, counted, duration, linkSpeed, percent, rate, relative, words } from "../../web/src/lib/units.ts";

describe("the dashboard's numbers", () => {
  it("are written in the units people think in", () => {
    expect([0, 512, 1536, 3 * 2 ** 30, 12.345 * 2 ** 40].map(bytes)).toEqual(["0 B", "512 B", "1.5 KiB", "3 GiB", "12.3 TiB"]);
    expect([0, 1_500_000].map(rate)).toEqual(["0 B/s", "1.4 MiB/s"]);
    expect([0, 3.16, 9.97, 99.6].map(percent)).toEqual(["0 %", "3.2 %", "10 %", "100 %"]);
    expect([1e8, 2.5e10].map(linkSpeed)).toEqual(["100 Mbit/s", "25 Gbit/s"]);
  });

  it("never come to a thousand and more of a unit by rounding", () => {
    expect([1023.6 * 1024, 1024 ** 3 - 1, 999.9 * 1024].map(bytes)).toEqual(["1 MiB", "1 GiB", "1000 KiB"]);
    expect(rate(1023.9 * 1024)).toBe("1 MiB/s");
    expect(linkSpeed(999.9e6)).toBe("1 Gbit/s");
  });

  it("make one thing singular and any other number plural", () => {
    expect([0, 1, 2].map((count) => counted(count, "VM"))).toEqual(["0 VMs", "1 VM", "2 VMs"]);
  });

  it("are a dash where nothing is known, never a zero", () => {
    expect([bytes(null), rate(undefined), percent(null), linkSpeed(null)]).toEqual(["–", "–", "–", "–"]);
  });

  it("name times by their largest units", () => {
    expect([0, 59, 3_600, 93_784].map(duration)).toEqual(["0 s", "59 s", "1 h", "1 d 2 h"]);
    expect([relative(0, 2_000), relative(0, 200_000), relative(600_000, 0)]).toEqual(["just now", "3 min ago", "in 10 min"]);
  });

  it("turn oVirt's codes into words", () => {
    expect(["POWERING_UP", "UP", "OK"].map(words)).toEqual(["Powering up", "Up", "OK"]);
  });

  it("leave a gap where nothing was measured", () => {
    const history = createHistory(["cpu"]);
    for (const at of [0, 2, 4, 60, 62]) record(history, at, { cpu: 1 });
    expect(history.columns["cpu"]).toEqual([1, 1, 1, null, 1, 1]);
  });

  it("are kept for as long as a chart reaches back, and no longer", () => {
    const history = createHistory(["cpu"]);
    for (let at = 0; at < 2 * WINDOW_S; at += 2) record(history, at, { cpu: at });
    expect(history.times.length).toBeLessThan(WINDOW_S / 2 + 10);
    expect(history.columns["cpu"]).toHaveLength(history.times.length);
    expect(history.columns["cpu"]?.at(-1)).toBe(history.times.at(-1));
  });
});
