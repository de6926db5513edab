import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { run } from "../../lab/command.ts";
import { startLab } from "../../lab/hosts.ts";
import { prepareLabMachine, processesNaming, tracesOfLab } from "../support/lab.ts";

const machine = await prepareLabMachine();
const real = it.skipIf(machine.reason !== null);
const folder = () => mkdtemp(join(tmpdir(), "overt-lab-spec-"));
const gone = { timeout: 15_000, interval: 200 };

real("hosts are separate machines: own name, identity, processes and bridges, and they reach each other's libvirtd", async () => {
  const lab = await temporaryLab(2);
  try {
    const [host1, host2] = lab.hosts;
    const say = async (host: typeof host1, ...command: string[]) => (await host!.run(command)).stdout.trim();
    expect(await say(host1, "hostname")).toBe("host1");
    expect(await say(host2, "hostname")).toBe("host2");
    expect(await say(host1, "cat", "/etc/machine-id")).not.toBe(await say(host2, "cat", "/etc/machine-id"));
    expect(await say(host1, "virsh", "-c", `qemu+tcp://${host2!.address}/system`, "hostname")).toBe("host2");
    expect((await say(host1, "sh", "-c", "cat /proc/[0-9]*/comm")).split("\n")).toContain("libvirtd");
    expect(await say(host1, "ls", "/sys/class/net")).toContain("vmnet");
    expect(existsSync("/sys/class/net/vmnet")).toBe(false);
  } finally {
    await lab.stop();
  }
});

real("a power cut ends all that runs on a host, tells nobody, and touches no other; power on brings the same host back", async () => {
  const lab = await temporaryLab(2);
  try {
    const [host1, host2] = lab.hosts;
    const identity = async () =>
      (await host1!.run(["virsh", "-c", "qemu:///system", "capabilities"])).stdout.match(/<uuid>.*<\/uuid>/)?.[0];
    const before = await identity();
    const program = host1!.spawn(["sleep", "1000"]);
    const ended = once(program, "exit");
    const open = connect(16509, host1!.address); // libvirtd
    await once(open, "connect");
    let heard = false;
    for (const sign of ["data", "end", "error", "close"]) open.on(sign, () => (heard = true));
    await host1!.powerCut();
    await ended;
    expect(host1!.isUp()).toBe(false);
    await expect(host1!.run(["true"])).rejects.toThrow("no power");
    expect(host2!.isUp()).toBe(true);
    await delay(1_000);
    expect(heard).toBe(false);
    open.destroy();
    await host1!.powerOn();
    expect(await identity()).toBe(before);
  } finally {
    await lab.stop();
  }
});

real("a lab that is stopped leaves nothing behind", async () => {
  const dir = await folder();
  const mounts = await run(["mount"]);
  const lab = await startLab({ dir, hosts: 1, temporary: dir });
  expect(await tracesOfLab(lab.slot, dir)).not.toEqual([]);
  await lab.stop();
  expect(await tracesOfLab(lab.slot, dir)).toEqual([]);
  expect(existsSync(dir)).toBe(false);
  expect((await run(["mount"])).stdout.split("\n").length).toBeLessThanOrEqual(mounts.stdout.split("\n").length);
});

real("a lab whose owner is killed is taken down by its keeper", async () => {
  const { owner, slot, dir } = await startForeignLab();
  owner.kill("SIGKILL");
  await vi.waitFor(async () => expect(await tracesOfLab(slot, dir)).toEqual([]), gone);
  expect(existsSync(dir)).toBe(false);
});

real("what is left of a lab whose owner and keeper are both killed is cleared by the next lab", async () => {
  const { owner, slot, dir } = await startForeignLab();
  for (const { pid } of await processesNaming([`keeper.sh\0${slot}\0`])) process.kill(pid, "SIGKILL");
  owner.kill("SIGKILL");
  await once(owner, "exit");
  expect(await tracesOfLab(slot, dir)).not.toEqual([]);
  const later = await folderThatPrefers(slot);
  const next = await startLab({ dir: later, hosts: 1, temporary: later });
  try {
    expect(next.slot).toBe(slot);
    expect(await processesNaming([dir])).toEqual([]);
  } finally {
    await next.stop();
  }
  expect(existsSync(dir)).toBe(false);
});

/** A lab held by another process, as `node lab/main.ts start` does it. */
async function startForeignLab() {
  const owner = spawn(process.execPath, ["lab/main.ts", "start", "--hosts", "1"], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: owner.stdout });
  const [line] = (await once(lines, "line")) as [string];
  const { slot, sharedDirectory } = JSON.parse(line) as { slot: number; sharedDirectory: string };
  return { owner, slot, dir: join(sharedDirectory, "..") };
}

async function temporaryLab(hosts: number) {
  const dir = await folder();
  return startLab({ dir, hosts, temporary: dir });
}

async function folderThatPrefers(slot: number): Promise<string> {
  const dir = await folder();
  await writeFile(join(dir, "slot"), String(slot));
  return dir;
}
