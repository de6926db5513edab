import { describe, expect, test, vi } from "vitest";
import type { Transaction } from "../../src/db/unitOfWork.ts";
import { KINDS, type InventoryKind } from "../../src/domain/kinds.ts";
import { columnsOf } from "../../src/domain/noun/columns.ts";
import { buildAppSchema } from "../../src/resolvers/schema.ts";
import { SPEC_ORIGIN } from "../support/database.ts";
import { sample } from "../support/engineRows.ts";
import { bareSocket } from "../support/engineSocket.ts";
import { CALLERS, openSides, type Sides } from "../support/sides.ts";
import { fieldsOf, seenNames, THERE } from "../support/sight.ts";

/** Changes a row and back again: a new version with nothing new in it. */
function touch(tx: Transaction, kind: InventoryKind, id: string): void {
  const row = tx.need(kind, id) as object as Record<string, unknown>;
  const { name, kind: type } = columnsOf(KINDS[kind]).find((column) => ["text", "flag"].includes(column.kind))!;
  const changed = tx.update(kind, row as never, { [name]: type === "flag" ? !row[name] : `${String(row[name])}x`.slice(1) } as never);
  tx.update(kind, changed, { [name]: row[name] } as never);
}

describe("What somebody is told as it happens", () => {
  /** Each subscription: what is asked, and the names of the objects in an answer. */
  const TOLD: Record<string, { query: string; names: (data: any) => string[] }> = {
    changes: { query: "changes { id entity { __typename } }", names: ({ changes }) => [changes.id] },
    events: { query: 'events(search: "type = 1") { event { description } }', names: ({ events }) => [...events.event.description.matchAll(/"([-0-9a-f]{36})"/g)].map(([, id]) => id).slice(0, 1) }, // prettier-ignore
    vmStatistics: { query: "vmStatistics(intervalMs: 1000) { vms { vmId } }", names: ({ vmStatistics }) => vmStatistics.vms.map(({ vmId }: any) => vmId) }, // prettier-ignore
    hostStatistics: { query: "hostStatistics(intervalMs: 1000) { hosts { hostId } }", names: ({ hostStatistics }) => hostStatistics.hosts.map(({ hostId }: any) => hostId) }, // prettier-ignore
    job: { query: "job(id: $id) { id }", names: ({ job }) => [job.id] },
  };

  test("is known here for every subscription", async () => {
    expect(Object.keys(fieldsOf(await buildAppSchema(), "Subscription")).toSorted()).toEqual(Object.keys(TOLD).toSorted());
  });

  test.each(CALLERS)("to %s is what he sees", { timeout: 60_000 }, async (who) => {
    const sides = await openSides();
    const token = sides.tokens[who];
    const bare = await bareSocket(sides.url, token === null ? {} : { authorization: `Bearer ${token}` });
    const told: Record<string, Set<string>> = {};
    for (const [field, { query }] of Object.entries(TOLD)) {
      if (field === "job") continue;
      told[field] = new Set();
      bare.send({ id: field, type: "subscribe", payload: { query: `subscription { ${query} }` } });
    }
    for (const side of ["A", "B"])
      bare.send({ id: `job${side}`, type: "subscribe", payload: { query: `subscription ($id: ID!) { ${TOLD["job"]!.query} }`, variables: { id: sides.ids[`Job${side}`] } } }); // prettier-ignore
    const codes = () => Object.fromEntries(bare.others.filter(({ type }) => type === "error").map(({ id, payload }) => [id, payload[0].extensions.code])); // prettier-ignore
    if (who === "nobody") {
      const all = [...Object.keys(told), "jobA", "jobB"];
      await vi.waitFor(() => expect(codes()).toEqual(Object.fromEntries(all.map((id) => [id, "UNAUTHENTICATED"]))));
      return;
    }
    const answers = () => bare.payloads.filter(({ data }) => data);
    await vi.waitFor(() => expect(answers().filter(({ data }) => data.vmStatistics ?? data.hostStatistics)).toHaveLength(2));
    await touchAll(sides);
    await touchAll(sides);
    const marker = who === "eve" ? "VmA" : who === "carol" ? "OtherVmA" : "VmB";
    const heard = () => {
      for (const { data, errors } of answers()) {
        expect(errors).toBeUndefined();
        for (const [field, { names }] of Object.entries(TOLD))
          if (data[field] && field !== "job") for (const id of names(data)) told[field]!.add(sides.names.get(id) ?? `unknown ${id}`);
      }
      return told;
    };
    const wanted = (kinds: string[]) => kinds.flatMap((kind) => seenNames(who, kind)).toSorted();
    await vi.waitFor(() => {
      heard();
      expect([...told["changes"]!]).toContain(marker);
      expect([...told["vmStatistics"]!].toSorted()).toEqual(wanted(["Vm"]));
      expect([...told["hostStatistics"]!].toSorted()).toEqual(wanted(["Host"]));
      expect([...told["changes"]!].toSorted()).toEqual(wanted(Object.keys(THERE)));
    });
    const events = who === "eve" ? ["VmA"] : ["VmA", "HostA", "ClusterA"];
    if (who !== "admin") expect([...told["events"]!].toSorted()).toEqual(events.toSorted());
    else expect(told["events"]!.size).toBe(10);
    const refused = bare.payloads.filter(({ data }) => !data).map(({ errors }) => errors[0].extensions.code);
    expect([codes(), refused]).toEqual([{}, who === "admin" ? [] : ["NOT_FOUND"]]);
    expect(
      answers()
        .filter(({ data }) => data.job)
        .map(({ data }) => sides.names.get(data.job.id)),
    ).toContain("JobA");
  });

  /** Changes every object there is, tells of each as an event, and samples every host. */
  async function touchAll({ engine, ids }: Sides): Promise<void> {
    await engine.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      for (const kind of Object.keys(THERE))
        for (const name of Object.keys(THERE[kind]!)) {
          if (kind === "Job" || kind === "Step") continue;
          touch(tx, kind as InventoryKind, ids[name]!);
        }
      for (const side of ["A", "B"]) {
        const at = (name: string) => ids[`${name}${side}`]!;
        const [vmId, hostId, clusterId, dataCenterId] = [at("Vm"), at("Host"), at("Cluster"), at("DataCenter")];
        for (const about of [
          { vmId, hostId, clusterId },
          { hostId, clusterId },
          { storageDomainId: at("StorageDomain"), dataCenterId },
          { clusterId },
          { dataCenterId },
        ])
          // prettier-ignore
          tx.event({ code: 1, name: "SPEC", severity: "NORMAL", description: JSON.stringify(about), ...about });
      }
    });
    await engine.unitOfWork.run(SPEC_ORIGIN, async (tx) => {
      const { Job, Step } = await import("../../src/domain/job/job.ts");
      for (const side of ["A", "B", "APart"]) {
        const job = await engine.database.reader.findOneByOrFail(Job, { id: ids[`Job${side}`]! });
        const step = await engine.database.reader.findOneByOrFail(Step, { id: ids[`Step${side}`]! });
        tx.update("Job", { ...job }, { progress: job.progress + 1 });
        tx.update("Step", { ...step }, { progress: step.progress + 1 });
      }
    });
    for (const side of ["A", "B"]) {
      const vms = [ids[`Vm${side}`]!, ids[`OtherVm${side}`]!];
      const value = Math.random();
      engine.statistics.record(ids[`Host${side}`]!, sample(vms.map(() => [value, value]), Date.now(), () => value), vms); // prettier-ignore
    }
  }
});
