import "reflect-metadata";
import { pino } from "pino";
import { HOST_METRICS, VM_METRICS } from "../../schema/hostlinkStatistics.ts";
import { readConfig } from "../../src/config.ts";
import type { RowOf } from "../../src/domain/kinds.ts";
import { SYSTEM } from "../../src/domain/access/caller.ts";
import type { Engine } from "../../src/domain/engine.ts";
import { addHost } from "../../src/domain/host/add.ts";
import { NOUNS } from "../../src/domain/nouns.ts";
import { addJob } from "../../src/domain/job/definition.ts";
import { startEngine } from "../../src/startEngine.ts";

/**
 * A whole engine in a process of its own: `frontProcess.ts <folder> [<VMs> <events>]` fills it with so much, writes a line
 * `{ url, hostlinkPort, password }`, and answers until it is killed. A line on standard input makes one large commit.
 */
const [directory, vms = "0", events = "0"] = process.argv.slice(2);
const config = readConfig({ OVERT_DIR: directory, OVERT_PORT: "0", OVERT_STATISTICS_INTERVAL: "60" });
const running = await startEngine(config, pino({ level: "warn" }, pino.destination(2)));
const { engine } = running;
const origin = { userId: null, correlationId: "spec", jobId: null };
const request = { mode: "APPLY" } as const;

async function fill({ unitOfWork, journal, statistics }: Engine, count: number): Promise<void> {
  const clusterId = journal.snapshot().by("Cluster", "name", "Default")[0]!.id;
  const host = (await addHost.run(engine, SYSTEM, { ...request, input: { name: "h0", address: "10.0.0.1", clusterId } })).entity!;
  const addVm = NOUNS.flatMap(({ verbs }) => verbs).find(({ name }) => name === "addVm")!;
  const vm = (await addVm.run(engine, SYSTEM, { ...request, input: { name: "v0", clusterId } })).entity as RowOf<"Vm">;
  const copy = <R extends object>(row: R, more: Partial<R>) => ({ ...row, ...more, id: undefined }) as unknown as Omit<R, "id" | "version">;
  const hosts = await unitOfWork.run(origin, (tx) =>
    Array.from({ length: 200 }, (_, index) => tx.insert("Host", copy(host, { name: `h${index + 1}`, status: "MAINTENANCE" }))),
  );
  for (let made = 0; made < count; made += 500) {
    const batch = await unitOfWork.run(origin, (tx) =>
      Array.from({ length: 500 }, (_, index) =>
        tx.insert(
          "Vm",
          copy(vm, { name: `v${made + index + 1}`, description: "x".repeat(200), hostId: hosts[made / 500]!.id, status: "UP" }),
        ),
      ),
    );
    record(hosts[made / 500]!, batch, statistics);
    setInterval(() => record(hosts[made / 500]!, batch, statistics), 1_000);
  }
  for (let made = 0; made < Number(events); made += 500)
    await unitOfWork.run(origin, (tx) => {
      for (let index = 0; index < 500; index++)
        tx.event({ code: 1, name: "SPEC", severity: "NORMAL", description: `event ${made + index} ${"y".repeat(200)}` });
      for (let index = 0; index < 20; index++)
        addJob(tx, {
          definition: { name: "spec", steps: [{ name: "one", description: "One", run: async () => undefined }] },
          description: "A job",
          subject: { kind: "Vm", id: vm.id },
          input: {},
        });
    });
}

function record({ id }: RowOf<"Host">, batch: readonly RowOf<"Vm">[], statistics: Engine["statistics"]): void {
  const vmCount = batch.length;
  const sample = {
    generation: 1,
    at: Date.now(),
    host: Float32Array.from(HOST_METRICS, () => Math.random()),
    vms: Float32Array.from({ length: VM_METRICS.length * vmCount }, () => Math.random() * 100),
    vmCount,
  };
  statistics.record(
    id,
    sample,
    batch.map((row) => row.id),
  );
}

if (Number(vms) > 0) await fill(engine, Number(vms));
process.stdin.on("data", () => {
  void engine.unitOfWork.run(origin, (tx) => {
    for (const vm of [...tx.snapshot.all("Vm")].slice(0, 1_000)) tx.update("Vm", vm, { comment: `${Math.random()}` });
  });
});
const hostlinkPort = Number(new URL(engine.settings.hostlinkUrl).port);
process.stdout.write(`${JSON.stringify({ url: running.url, hostlinkPort, password: running.initialPassword })}\n`);
