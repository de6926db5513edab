import { expect, onTestFinished, test, vi } from "vitest";
import { HostPresence } from "../../src/db/tables.ts";
import { MONITOR_TIMES } from "../../src/domain/monitor.ts";
import { describeMariaDb, SPEC_ORIGIN } from "../support/database.ts";
import { startWholeEngine, type WholeEngine } from "../support/wholeEngine.ts";

/** So that an engine that has just started judges at once. */
function impatient(): void {
  const { startPatienceMs } = MONITOR_TIMES;
  MONITOR_TIMES.startPatienceMs = 100;
  onTestFinished(() => void (MONITOR_TIMES.startPatienceMs = startPatienceMs));
}

/** Two engines on one database: `host1` is linked to the first, `host2` to the second. */
async function twoEngines(): Promise<[WholeEngine, WholeEngine]> {
  const here = await startWholeEngine(1);
  const there = await here.replica();
  await there.addHost("host2");
  return [here, there];
}

describeMariaDb("two engines on one database", () => {
  test("neither calls a host non-responsive that is linked to the other; one that is linked to none is", async () => {
    impatient();
    const [here, there] = await twoEngines();
    const lost = await there.addHost("host3");
    lost.powerCut();
    // Both have judged when both have told.
    await vi.waitFor(async () => expect(await there.hostStatus("host3")).toBe("NON_RESPONSIVE"), { timeout: 20_000 });
    const looked = async (engine: WholeEngine, name: string) => {
      const host = engine.engine.journal.snapshot().need("Host", engine.hostId(name));
      await engine.engine.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("Host", tx.need("Host", host.id), { status: "UP" }));
      await vi.waitFor(async () => expect(await engine.hostStatus(name)).toBe("NON_RESPONSIVE"), { timeout: 20_000 });
    };
    for (let round = 0; round < 3; round++) await looked(here, "host3");
    for (const engine of [here, there])
      for (const name of ["host1", "host2"]) {
        expect(await engine.hostStatus(name)).toBe("UP");
        expect(await engine.events(`host.name = ${name}`)).not.toContain("VDS_HOST_NOT_RESPONDING");
      }
  });

  test("a verb that one is asked for is done by the one that has the host's link", async () => {
    const [here, there] = await twoEngines();
    const id = await here.addVm();
    expect(await here.act("startVm", id, { hostId: here.hostId("host2") })).toMatchObject({ status: "FINISHED" });
    expect((await there.vmIs(id, "UP")).host?.name).toBe("host2");
    expect(there.hosts.get("host2")!.vms()).toHaveLength(1);
    expect(await here.act("stopVm", id)).toMatchObject({ status: "FINISHED" });
    await here.vmIs(id, "DOWN");
  });

  test("a move from the host of one to the host of the other is done once, and ends", async () => {
    const [here, there] = await twoEngines();
    const id = await there.runningVm("host1");
    expect(await there.act("migrateVm", id, { hostId: there.hostId("host2") })).toMatchObject({ status: "FINISHED" });
    expect((await here.vmIs(id, "UP")).host?.name).toBe("host2");
    expect(here.hosts.get("host1")!.effects.filter(({ method }) => method === "vm.migrate")).toHaveLength(1);
  });

  test("a host whose engine has gone is non-responsive when it finds no other, and no other host is", async () => {
    impatient();
    const [here, there] = await twoEngines();
    const presence = await there.engine.database.reader.findOneByOrFail(HostPresence, { hostId: here.hostId("host1") });
    expect(presence.engineId).toBe(here.engine.presence.engineId);
    await here.stop();
    await vi.waitFor(async () => expect(await there.hostStatus("host1")).toBe("NON_RESPONSIVE"), { timeout: 20_000 });
    expect(await there.hostStatus("host2")).toBe("UP");
  });
});
