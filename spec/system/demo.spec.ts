import { once } from "node:events";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { graphqlClient, until, type GraphQLClient } from "../../lab/graphql.ts";
import { runningLabs } from "../../lab/hosts.ts";
import { freePort } from "../support/freePort.ts";
import { startDemo, type Demo } from "../support/demo.ts";
import { prepareLabMachine } from "../support/lab.ts";
import { guestUptime } from "../support/system.ts";

const machine = await prepareLabMachine();
const AGAIN_WITHIN_MS = 60_000;
const ENGINE = "src/main.ts";

const readyLines = (demo: Demo) =>
  demo
    .stdout()
    .split("\n")
    .filter((line) => line.startsWith('{"ready"'));
const clientOf = ({ ready }: Demo) => graphqlClient(ready.url, ready);
const hostsUp = (client: GraphQLClient, count: number) =>
  until(`${count} hosts UP`, AGAIN_WITHIN_MS, async () => {
    const { hosts } = await client.query<{ hosts: { nodes: { status: string; usage: object | null }[] } }>(
      "{ hosts { nodes { status usage { at } } } }",
    );
    return hosts.nodes.filter(({ status, usage }) => status === "UP" && usage !== null).length === count;
  });
/** Kills a program of the demo and resolves when another one is in its place. */
async function killAndSeeAgain(demo: Demo, word: string): Promise<void> {
  const pid = await demo.pidOf(word);
  process.kill(pid!, "SIGKILL");
  await until(`another ${word}`, AGAIN_WITHIN_MS, async () => {
    const next = await demo.pidOf(word);
    return next !== null && next !== pid;
  });
}

describe.skipIf(machine.reason !== null)("the demo on a real host", () => {
  let demo: Demo;
  beforeAll(async () => {
    if (machine.reason === null) demo = await startDemo(["--port", String(await freePort()), "--hosts", "1", "--vms", "1"]);
  }, 300_000);
  afterAll(() => demo?.stop());

  const vm = async () => {
    const { vms } = await clientOf(demo).query<{ vms: { nodes: { id: string; name: string; status: string; startTime: string }[] } }>(
      "{ vms { nodes { id name status startTime } } }",
    );
    return vms.nodes[0]!;
  };
  const host = async () => (await runningLabs()).find(({ owner }) => owner === demo.process.pid)!.hosts[0]!;

  it("says what ended an engine that is killed and starts it again in the same place, and the same VM runs on", async () => {
    const before = await vm();
    const uptime = await guestUptime(await host(), before.id);
    const asked = Date.now();
    await killAndSeeAgain(demo, ENGINE);
    await until("the engine again", AGAIN_WITHIN_MS, () =>
      fetch(`${demo.ready.url}/readyz`).then(
        (response) => response.ok,
        () => false,
      ),
    );
    await hostsUp(clientOf(demo), 1);
    expect(await vm()).toEqual(before);
    const grown = (await guestUptime(await host(), before.id)) - uptime;
    expect(grown).toBeGreaterThan(0);
    expect(grown).toBeLessThan((Date.now() - asked) / 1_000 + 2);
    expect(demo.stderr()).toMatch(/The engine has ended: signal SIGKILL; its log ends with:\n\{[^]+"hosts dial here"/);
    expect(demo.stderr()).toContain("The engine runs again.");
  });

  it("does the same for an agent", async () => {
    const before = await vm();
    const uptime = await guestUptime(await host(), before.id);
    await killAndSeeAgain(demo, "agent/main.ts");
    await hostsUp(clientOf(demo), 1);
    expect(await vm()).toEqual(before);
    expect((await guestUptime(await host(), before.id)) - uptime).toBeGreaterThan(0);
    expect(demo.stderr()).toMatch(/The agent of host1 has ended: .+; its log ends with:\n\{.+"agent starts"/);
  });

  it("prints its ready line once, as the last line of standard output", () => {
    expect(readyLines(demo)).toHaveLength(1);
    expect(demo.stdout().trimEnd().split("\n").at(-1)).toBe(readyLines(demo)[0]);
  });
});

describe("the demo on simulated hosts", () => {
  const start = async (options: string[], before: string[] = []) => {
    const demo = await startDemo(["--port", String(await freePort()), "--hosts", "1", "--vms", "1", ...options], before);
    onTestFinished(() => demo.stop());
    return demo;
  };

  it("brings them back when the process that plays them is killed", async () => {
    const demo = await start(["--simulated"]);
    await killAndSeeAgain(demo, "lab/simulated/main.ts");
    await until("the simulation again", AGAIN_WITHIN_MS, async () => demo.stderr().includes("The simulation runs again."));
    await hostsUp(clientOf(demo), 1);
    expect(demo.stderr()).toContain("The simulation has ended: signal SIGKILL");
  });

  it("gives up an engine that dies at once again and again, says why, and ends with an error", async () => {
    const demo = await start(["--simulated"]);
    const pid = await demo.pidOf(ENGINE);
    process.kill(pid!, "SIGKILL");
    const thief = createServer();
    onTestFinished(() => void thief.close());
    await until("the engine's port", 10_000, async () => {
      thief.listen(Number(new URL(demo.ready.url).port), "127.0.0.1");
      return once(thief, "listening").then(
        () => true,
        () => false,
      );
    });
    expect(await demo.ended).toBe(1);
    expect(demo.stderr()).toMatch(/Port \d+ is taken/);
    expect(demo.stderr()).toMatch(/The engine has ended \d times in a row, each time at once: it is not started again\./);
    expect(demo.stderr().match(/Starting the engine again/g)?.length).toBeLessThan(10);
  });

  const asNobody = [
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
  ];
  it.skipIf(process.getuid?.() !== 0)("falls back to them for a user who is not root, and says so", async () => {
    const folder = await mkdtemp("/tmp/overt-nobody-");
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await chown(folder, 65_534, 65_534);
    const demo = await start([], [...asNobody, "env", `TMPDIR=${folder}`]);
    expect(demo.stdout()).toMatch(/Real hosts cannot be had here: not root.*\. Simulated ones instead\./);
    await hostsUp(clientOf(demo), 1);
  });
});
