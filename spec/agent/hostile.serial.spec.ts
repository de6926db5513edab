import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { saveIdentity } from "../../agent/identity.ts";
import { MAX_FRAME_BYTES } from "../../schema/hostlink.ts";
import { ATTACK_S } from "../support/attack.ts";
import { specSeed } from "../support/sample.ts";
import { withParent } from "../support/spawn.ts";
import { domainProcedures } from "./support/domains.ts";
import { eventually } from "./support/eventually.ts";
import { type FakeEngine, startFakeEngine } from "./support/fakeEngine.ts";
import { type FakeLibvirt, startFakeLibvirt } from "./support/fakeLibvirt.ts";
import { enrolled, temporaryFolder } from "./support/identity.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const DENO = join(ROOT, "node_modules", "deno", "deno");
const GROWTH_MIB = 50;

let engine: FakeEngine;
let libvirt: FakeLibvirt;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let agent: ChildProcess;
let told: string;

beforeEach(async () => {
  [engine, libvirt, folder] = await Promise.all([startFakeEngine(), startFakeLibvirt(domainProcedures(new Map())), temporaryFolder()]);
  await saveIdentity(folder.path, await enrolled(engine));
  const args = ["run", "-A", "--config", join(ROOT, "agent", "deno.json"), join(ROOT, "agent", "main.ts")];
  const options = ["run", "--dir", folder.path, "--libvirt-socket", libvirt.socketPath];
  agent = spawn(...withParent(DENO, [...args, ...options]), { stdio: ["ignore", "ignore", "pipe"] });
  told = "";
  agent.stderr!.setEncoding("utf8").on("data", (text: string) => (told += text));
  await engine.linked();
});
afterEach(async () => {
  agent.kill("SIGKILL");
  await Promise.all([engine.close(), libvirt.close(), folder.remove()]);
});

/** Inodes of the sockets that the process has open. */
function socketsOf(pid: number): Set<string> {
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}
const LISTEN = "0A";
/** What the process listens on, or takes datagrams at, in TCP and UDP, IPv4 and IPv6. */
function listening(pid: number): string[] {
  const mine = socketsOf(pid);
  return ["tcp", "tcp6", "udp", "udp6"].flatMap((protocol) =>
    readFileSync(`/proc/${pid}/net/${protocol}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => mine.has(fields[9]!) && (protocol.startsWith("udp") || fields[3] === LISTEN))
      .map((fields) => `${protocol} ${fields[1]}`),
  );
}
const residentMiB = () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${agent.pid}/status`, "utf8"))![1]) / 1024;

const request = (method: string, params: unknown) => JSON.stringify({ jsonrpc: "2.0", id: randomUUID(), method, params });
const call = { key: "k", jobId: randomUUID(), step: "s", fence: 1 };
/** What no engine says. */
const NONSENSE = [
  "",
  "null",
  "[]",
  "{]",
  '{"jsonrpc":"2.0"}',
  '{"jsonrpc":"2.0","id":null,"method":"host.vms","params":{}}',
  '{"jsonrpc":"2.0","id":{},"result":[]}',
  '{"jsonrpc":"2.0","method":"$/cancelRequest"}',
  `{"jsonrpc":"2.0","id":1,"result":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
  `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"${"x".repeat(1_000_000)}"}}`,
  `{"jsonrpc":"2.0","id":9,"method":"${"m".repeat(1_000_000)}","params":{}}`,
  request("vm.start", { vmId: "x".repeat(100_000), xml: "<", call }),
  request("vm.start", { vmId: randomUUID(), xml: "<a>".repeat(100_000), call }),
  request("vm.migrate", { vmId: randomUUID(), destinationUri: "qemu+ext:///system?command=reboot", call }),
  request("storage.connect", { storageDomainId: "../../../../etc", path: "/proc/self", format: false, call }),
  request("disk.remove", { storageDomainId: randomUUID(), path: "/", diskId: "..", imageId: "..", call }),
  request("host.vms", { __proto__: null, constructor: {} }),
  request("host.vms", {}).repeat(2),
  ...Array.from({ length: 10 }, () => request("host.vms", {})),
];
/** A frame as a server sends it; its length is what it says, not what follows. */
function frame(first: number, length: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}
const BYTES = [
  randomBytes(1_000),
  randomBytes(100_000),
  frame(0x81, 10, Buffer.from("half")),
  frame(0x81, 2 ** 40),
  frame(0x81, MAX_FRAME_BYTES + 1, Buffer.alloc(100_000)),
  frame(0xf1, 4, Buffer.from("{}{}")),
  frame(0x81, 4, Buffer.from([0xff, 0xfe, 0xfd, 0xfc])),
  frame(0x82, 1_000, randomBytes(1_000)),
  frame(0x89, 1_000, Buffer.alloc(1_000)),
  frame(0x88, 1, Buffer.from([1])),
  Buffer.concat(Array.from({ length: 1_000 }, () => frame(0x89, 0))),
];

it("listens nowhere: there is no port at which somebody could throw anything", async () => {
  expect(socketsOf(agent.pid!).size).toBeGreaterThan(0);
  expect(listening(agent.pid!)).toEqual([]);
  expect(listening(process.pid).length, "what looks for listeners finds that of this spec").toBeGreaterThan(0);
});

it(
  "lives through an engine that says nonsense, halves and too much, and hangs up; it dials again, and its memory comes back",
  async () => {
    const links = () => engine.hellos.length;
    const began = Date.now();
    let before = 0;
    for (let turn = 0; Date.now() < began + ATTACK_S * 1_000; turn++) {
      // What it loads and compiles when it first meets such things is not for the attacker.
      if (turn === 2) before = residentMiB();
      await engine.linked();
      const begun = links();
      // Each time another one comes first: after that the agent wants to hear no more.
      for (let index = 0; index < NONSENSE.length; index++) engine.sendText(NONSENSE[(specSeed + turn + index) % NONSENSE.length]!);
      engine.sendBytes(BYTES[(specSeed + turn) % BYTES.length]!);
      if (turn % 3 > 0) await sleep(100);
      engine.cut();
      await eventually(() => links() > begun, 40_000);
      expect([agent.exitCode, agent.signalCode], told).toEqual([null, null]);
    }
    const grown = () => residentMiB() - before;
    console.log({ links: links(), beforeMiB: before, grownMiB: grown() });
    await eventually(() => grown() < GROWTH_MIB, 20_000);
    await engine.linked();
    expect(await engine.call("host.vms", {})).toEqual({ vms: [] });
  },
  (ATTACK_S + 90) * 1_000,
);
