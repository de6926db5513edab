import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { parseCommand } from "../../agent/cli.ts";
import { graphqlClient, until, type GraphQLClient } from "../../lab/graphql.ts";
import { enrollSimulated } from "../../lab/simulated/enroll.ts";
import { newEnrollment } from "../../src/domain/host/enrollment.ts";
import { freePort } from "../support/freePort.ts";
import { startProcess } from "../support/process.ts";

/** The engine as `npm start` runs it: a process of its own, told by environment and options, heard by what it prints. */
interface Started {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Exit code; null when a signal ended it. */
  ended: Promise<number | null>;
}
interface Ready {
  ready: boolean;
  url: string;
  user: string;
  password: string | null;
}
const MAIN = ["--import", "./scripts/typescript.mjs", "src/main.ts"];
const folder = () => join(inject("specFolder"), randomUUID());

function engine(env: Record<string, string>, ...options: string[]): Started {
  return started(process.execPath, [...MAIN, ...options], env);
}
function started(command: string, args: string[], env: Record<string, string>): Started {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("OVERT_"));
  const child = spawn(command, args, { env: { ...Object.fromEntries(inherited), ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}
const lines = (text: string) => text.split("\n").filter((line) => line !== "");

async function ready(running: Started): Promise<Ready> {
  await until("the ready line", 30_000, async () => {
    if (running.child.exitCode !== null) throw new Error(running.stderr());
    return running.stdout().includes("\n");
  });
  return JSON.parse(running.stdout()) as Ready;
}

async function freePorts(): Promise<{ OVERT_PORT: string; OVERT_HOSTLINK_PORT: string }> {
  const port = await freePort();
  return { OVERT_PORT: String(port), OVERT_HOSTLINK_PORT: String(port + 1) };
}

async function takenPort(): Promise<string> {
  const server = createServer().listen(0);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

describe("an engine that cannot start says why in one line, without a stack, and exits with 1", () => {
  it.each<[why: string, expected: RegExp, env: () => Promise<Record<string, string>> | Record<string, string>]>([
    ["a port that is taken", /Port (\d+) is taken.+--port/, async () => ({ ...(await freePorts()), OVERT_PORT: await takenPort() })],
    [
      "a port for hosts that is taken",
      /Port (\d+), for hosts, is taken.+OVERT_HOSTLINK_PORT/,
      async () => ({ ...(await freePorts()), OVERT_HOSTLINK_PORT: await takenPort() }),
    ],
    ["a folder that is a file", /The folder .+ cannot be used: part of its path is a file/, async () => ({ OVERT_DIR: await aFile() })],
    [
      "a folder under a file",
      /The folder .+ cannot be used: part of its path is a file/,
      async () => ({ OVERT_DIR: join(await aFile(), "x") }),
    ],
    [
      "a folder where nothing can be made",
      /The folder \/proc\/x cannot be used: nothing can be made there/,
      () => ({ OVERT_DIR: "/proc/x" }),
    ],
    ["a database that is none", /The database in .+ cannot be used: file is not a database/, async () => ({ OVERT_DIR: await mangled() })],
    [
      "a database server that is not there",
      /The database at 127\.0\.0\.1:1\/x cannot be used: connect ECONNREFUSED/,
      () => ({ OVERT_DATABASE_URL: "mariadb://someone:secret-password@127.0.0.1:1/x" }),
    ],
    [
      "an address that is not this machine's",
      /OVERT_LISTEN=203\.0\.113\.9 is no address of this machine/,
      () => ({ OVERT_LISTEN: "203.0.113.9" }),
    ],
  ])("%s", async (_why, expected, env) => {
    const failed = engine({ OVERT_DIR: folder(), OVERT_PORT: "0", OVERT_LOG_LEVEL: "warn", ...(await env()) });
    expect(await failed.ended).toBe(1);
    expect(failed.stdout()).toBe("");
    const [line, ...more] = lines(failed.stderr());
    expect(more).toEqual([]);
    const { error, msg } = JSON.parse(line!) as { error: string; msg: string };
    expect(msg).toBe("the engine cannot start");
    expect(error).toMatch(expected);
    expect(error).not.toMatch(/\n|\.ts:\d|secret-password/);
  });

  const aFile = async () => {
    const file = folder();
    await mkdir(inject("specFolder"), { recursive: true });
    await writeFile(file, "");
    return file;
  };
  const mangled = async () => {
    const dir = folder();
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, "overt.db"), "this is no database ".repeat(500));
    return dir;
  };

  it.skipIf(process.getuid?.() !== 0)("a folder of somebody else", async () => {
    const dir = folder();
    await mkdir(dir, { recursive: true, mode: 0o755 });
    const asNobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups", process.execPath, ...MAIN];
    const failed = started("setpriv", asNobody, { OVERT_DIR: dir, OVERT_PORT: "0" });
    expect(await failed.ended).toBe(1);
    expect(lines(failed.stderr())).toEqual([expect.stringContaining("permission denied")]);
  });
});

it("folders are made although others make them at the same moment", async () => {
  const [base, from] = [folder(), Date.now() + 3_000];
  const makers = Array.from({ length: 4 }, () => startProcess("./folderProcess.ts", [base, String(from)]));
  for (const maker of makers) expect(await maker.ended(), maker.errors()).toBe(0);
});

it("a second engine on the folder of one that runs is refused, and may have it when the first is gone, killed or not", async () => {
  const [dir, ports] = [folder(), await freePorts()];
  const first = engine({ OVERT_DIR: dir, ...ports });
  await ready(first);
  const second = engine({ OVERT_DIR: dir, OVERT_PORT: "0" });
  expect(await second.ended).toBe(1);
  expect(lines(second.stderr())).toEqual([expect.stringContaining(`${dir} is in use by an engine that is running`)]);
  first.child.kill("SIGKILL");
  await first.ended;
  const third = engine({ OVERT_DIR: dir, OVERT_PORT: "0" });
  expect((await ready(third)).password).toBeNull();
});

it("a first start that fails keeps the password for the start that does not", async () => {
  const dir = folder();
  const failed = engine({ OVERT_DIR: dir, ...(await freePorts()), OVERT_PORT: await takenPort() });
  expect(await failed.ended).toBe(1);
  const { password, url, user } = await ready(engine({ OVERT_DIR: dir, OVERT_PORT: "0" }));
  const { vms } = await graphqlClient(url, { user, password: password! }).query<{ vms: { totalCount: number } }>("{ vms { totalCount } }");
  expect(vms.totalCount).toBe(0);
});

const SCRIPT = "/usr/bin/script";
describe.skipIf(!existsSync(SCRIPT) || spawnSync(SCRIPT, ["--version"]).status !== 0)("on a terminal", () => {
  /** Runs the engine on a terminal of its own. */
  const onTerminal = (env: Record<string, string>) =>
    started(SCRIPT, ["--quiet", "--return", "--command", [process.execPath, ...MAIN].join(" "), "/dev/null"], env);

  it("it tells where the dashboard is, how to log in, where hosts dial and where the data is; then the line for programs", async () => {
    const dir = folder();
    const running = onTerminal({ OVERT_DIR: dir, OVERT_PORT: "0", OVERT_HOSTLINK_ADDRESSES: "localhost" });
    await until("the ready line", 30_000, async () => running.stdout().includes('"ready":true'));
    const told = running.stdout().split(/\r?\n/);
    const { url, password } = JSON.parse(told.find((line) => line.startsWith('{"ready"'))!) as Ready;
    const text = running.stdout();
    for (const fact of [`Dashboard  ${url}`, `admin@internal, password ${password}`, "write it down", dir]) expect(text).toContain(fact);
    expect(text).toMatch(/Hosts dial +https:\/\/localhost:\d+\s+\(hosts on other machines CANNOT reach this/);
    expect(text).toContain("from this machine only");
  });

  it("it says in plain words why it cannot start", async () => {
    const failed = onTerminal({ OVERT_DIR: folder(), ...(await freePorts()), OVERT_PORT: await takenPort() });
    expect(await failed.ended).toBe(1);
    expect(lines(failed.stdout().replaceAll("\r", ""))).toEqual([expect.stringMatching(/^The engine cannot start\. Port \d+ is taken/)]);
  });
});

interface Enrollment {
  url: string;
  token: string;
  fingerprint: string;
  warnings: { code: string; message: string }[];
}
describe("where hosts are told to dial", () => {
  const addHost = async (client: GraphQLClient, name: string, address: string): Promise<Enrollment> => {
    const { clusters } = await client.query<{ clusters: { nodes: { id: string }[] } }>("{ clusters { nodes { id } } }");
    const { addHost: added } = await client.query<{ addHost: { enrollment: Enrollment } }>(
      "mutation ($input: AddHostInput!) { addHost(input: $input) { enrollment { url token fingerprint warnings { code message } } } }",
      { input: { name, address, clusterId: clusters.nodes[0]!.id } },
    );
    return added.enrollment;
  };
  const open = async (env: Record<string, string> = {}) => {
    const running = engine({ OVERT_DIR: folder(), OVERT_PORT: "0", ...env });
    const { url, user, password } = await ready(running);
    return { running, client: graphqlClient(url, { user, password: password! }) };
  };
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ internal }) => !internal).map(({ address }) => address),
  );

  it.skipIf(own.length === 0)(
    "is, unless it is set, an address of this machine on the network, and a host that dials it is let in",
    async () => {
      const { running, client } = await open();
      const { url, token, fingerprint, warnings } = await addHost(client, "host1", "host1.example");
      expect(own).toContain(new URL(url).hostname.replaceAll(/[[\]]/g, ""));
      expect(warnings).toEqual([]);
      expect((await enrollSimulated({ engineUrl: url, token, fingerprint })).hostId).toBeTruthy();
      const { addresses } = lines(running.stderr())
        .map((line) => JSON.parse(line) as { msg: string; addresses?: string[] })
        .find(({ msg }) => msg === "hosts dial here")!;
      expect(addresses).toEqual(expect.arrayContaining([new URL(url).hostname, "127.0.0.1", "localhost"]));
    },
  );

  it("may be loopback, and then whoever adds a host of another machine is warned, each time he enrols it", async () => {
    const { running, client } = await open({ OVERT_HOSTLINK_ADDRESSES: "127.0.0.1" });
    const [warning, ...more] = (await addHost(client, "host1", "host1.example")).warnings;
    expect(more).toEqual([]);
    expect(warning).toMatchObject({ code: "LOOPBACK_ADDRESS", message: expect.stringContaining("set OVERT_HOSTLINK_ADDRESSES") });
    expect(warning!.message).toContain("host1.example");
    const { hosts } = await client.query<{ hosts: { nodes: { id: string }[] } }>("{ hosts { nodes { id } } }");
    const { enrollCertificateHost } = await client.query<{ enrollCertificateHost: { enrollment: Enrollment } }>(
      "mutation ($id: ID!) { enrollCertificateHost(id: $id) { enrollment { warnings { code } } } }",
      { id: hosts.nodes[0]!.id },
    );
    expect(enrollCertificateHost.enrollment.warnings).toEqual([{ code: "LOOPBACK_ADDRESS" }]);
    expect((await addHost(client, "host2", "localhost")).warnings).toEqual([]);
    expect((await addHost(client, "host3", "127.0.0.1")).warnings).toEqual([]);
    if (own[0]) expect((await addHost(client, "host4", own[0])).warnings).toEqual([]);
    expect(running.stderr()).toContain("hosts on other machines cannot dial here");
  });

  it("may be an IPv6 address, in brackets as a URL needs it", async () => {
    const { client } = await open({ OVERT_HOSTLINK_ADDRESSES: "::1,localhost" });
    const { url, token, fingerprint, warnings } = await addHost(client, "host1", "host1.example");
    expect(new URL(url).hostname).toBe("[::1]");
    expect(warnings).toEqual([expect.objectContaining({ code: "LOOPBACK_ADDRESS" })]);
    expect((await enrollSimulated({ engineUrl: url, token, fingerprint })).hostId).toBeTruthy();
  });
});

it("whatever its token, the command to enrol a host is one the agent understands", () => {
  const settings = {
    statisticsIntervalMs: 2_000,
    hostGraceMs: 10_000,
    hostlinkUrl: "https://engine:4001",
    hostlinkFingerprint: "ab".repeat(32),
  };
  for (let number = 0; number < 2_000; number++) {
    const { command, token } = newEnrollment(settings, "host1");
    expect(parseCommand(command.split(" ").slice(1))).toMatchObject({ name: "enroll", engine: "https://engine:4001", token });
  }
});
