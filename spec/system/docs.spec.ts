import { connect } from "node:net";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse, type OperationDefinitionNode } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../lab/graphql.ts";
import { ensurePackages } from "../../lab/install.ts";
import { unpackedIfup } from "../support/docs/ifupdown.ts";
import { blocksOf, route, type Block } from "../support/docs/blocks.ts";
import { MACHINES, startMachines, type MachineName, type Machines } from "../support/docs/machines.ts";
import { prepareLabMachine } from "../support/lab.ts";
import { guestUptime } from "../support/system.ts";

const machine = await prepareLabMachine();
const tools = machine.reason === null ? await ensurePackages(["docs", "compiler"], console.log) : null;
const reason = machine.reason ?? (tools?.ok ? null : (tools?.reason ?? null));

/** MariaDB takes the place of the database that the pages before it have filled, so it comes last. */
const REPLACING = "docs/mariadb.md";
const PAGES = [...route().filter((page) => page !== REPLACING), "README.md", REPLACING];

describe.skipIf(reason !== null)(`who follows the documentation as it stands${reason === null ? "" : ` (${reason})`}`, () => {
  let machines: Machines;
  let hostBefore = "";
  /** A block that fails leaves nothing to build on. */
  let failed = false;
  /** Debian's program that reads /etc/network/interfaces at boot. */
  let ifup: string | null = null;
  beforeAll(async () => {
    ifup = await unpackedIfup();
    if (machine.guest !== null) machines = await startMachines(machine.guest);
  }, 240_000);
  afterAll(() => machines?.stop());

  const typed = async (name: MachineName, text: string): Promise<string> => {
    const { code, stdout, stderr } = await machines.type(name, text);
    if (code !== 0) throw new Error(`exit code ${code} on ${name}:\n${text}\n${stdout}${stderr}`);
    return stdout;
  };
  const ask = async (document: string, ...variables: string[]) =>
    JSON.parse(await typed("engine", `overt ${quoted(document)} ${variables.map(quoted).join(" ")}`)) as any;
  const vm = async () => (await ask("{ vms { nodes { id name status host { name } display { address port } } } }")).vms.nodes[0];
  const uptime = async () => {
    const { id, host } = await vm();
    return guestUptime(machines.host(host.name), id);
  };

  /** What is expected of the reader's machines when he has come to the end of a page. */
  const outcomes: Record<string, () => Promise<void>> = {
    "docs/install-engine.md": async () => {
      expect(await typed("engine", "curl --silent --header 'accept: text/html' http://localhost:4000/")).toContain("<title>Overt</title>");
      expect(await typed("engine", "stat --format '%U %a' /var/lib/overt /var/lib/overt/secret.key")).toBe("overt 700\novert 600\n");
      await unitIsSound("engine", "overt-engine");
    },
    "docs/add-host.md": async () => {
      const { hosts } = await ask("{ hosts { nodes { name status nics { name bridge ips { address } } } } }");
      expect(hosts.nodes.map(({ name, status }: any) => `${name} ${status}`)).toEqual(["host1 UP", "host2 UP"]);
      for (const { name, nics } of hosts.nodes) {
        const address = machines.host(name).address;
        expect(nics).toContainEqual({ name: "eth0", bridge: "ovirtmgmt", ips: expect.arrayContaining([{ address }]) });
        if (ifup !== null) {
          const planned = await typed(name, `${ifup} --no-act --all --interfaces /etc/network/interfaces 2>&1`);
          expect(planned).toContain(`ip addr add ${address}/255.255.255.0`);
        }
        await unitIsSound(name, "overt-agent");
      }
    },
    "docs/storage.md": async () => {
      const { storageDomains } = await ask("{ storageDomains { nodes { name status } } }");
      expect(storageDomains.nodes).toEqual([{ name: "data1", status: "ACTIVE" }]);
    },
    "docs/networks.md": async () => {
      const { vnicProfiles } = await ask("{ vnicProfiles { nodes { name } } }");
      expect(vnicProfiles.nodes).toContainEqual({ name: "vmnet" });
    },
    "docs/first-vm.md": async () => {
      const { id, name, host, display } = await vm();
      expect(name).toBe("web1");
      const domain = (await machines.host(host.name).run(["virsh", "--connect", "qemu:///system", "dumpxml", id])).stdout;
      expect(domain).toMatch(/<source bridge='ovirtmgmt'\/>/);
      expect(domain).toMatch(/<source file='\/srv\/vms\/[^']+\/images\/[^']+'/);
      expect(domain).not.toContain("<kernel>");
      expect(display.address).toBe(machines.host(host.name).address);
      expect(await greetingOf(display)).toMatch(/^RFB 003/);
      await installed(id);
    },
    "docs/migration.md": async () => {
      const { status, host } = await vm();
      expect(status).toBe("UP");
      expect(host.name).not.toBe(hostBefore);
      const open = async (port: number) =>
        (await machines.type("engine", `timeout 5 bash -c '</dev/tcp/host2.example/${port}'`)).code === 0;
      expect([await open(16514), await open(16509)]).toEqual([true, false]);
    },
    "docs/upgrade-and-backup.md": async () => {
      await until(
        "both hosts UP",
        60_000,
        async () => (await ask('{ hosts(search: "status = up") { totalCount } }')).hosts.totalCount === 2,
      );
      expect((await vm()).status).toBe("UP");
    },
    "README.md": async () => undefined,
    [REPLACING]: async () => {
      expect((await ask("{ clusters { nodes { name } } }")).clusters.nodes).toEqual([{ name: "Default" }]);
      expect(await typed("engine", "gunzip --stdout /root/overt.sql.gz")).toContain("CREATE TABLE `journal");
    },
  };

  /** In place of an installation: a guest that is known to boot, and tells how long it has run. */
  const installed = async (id: string) => {
    await ask("mutation ($id: ID!) { stopVm(id: $id) { job { id } } }", `id=${id}`);
    const os = `{ type: "debian_12", boot: { devices: [HD] }, kernel: "/srv/vms/boot/linux", initrd: "/srv/vms/boot/initrd.gz", cmdline: "console=ttyS0" }`;
    await ask(`mutation ($id: ID!) { updateVm(id: $id, input: { os: ${os} }) { vm { id } } }`, `id=${id}`);
    await ask("mutation ($id: ID!) { startVm(id: $id) { job { id } } }", `id=${id}`);
    await until("the guest", 120_000, async () => (await vm()).status === "UP");
  };

  const unitIsSound = async (name: MachineName, unit: string) => {
    if (!existsSync("/usr/bin/systemd-analyze")) return;
    const { stdout, stderr } = await machines.type(name, `systemd-analyze verify /etc/systemd/system/${unit}.service`);
    expect(`${stdout}${stderr}`).toBe("");
  };

  const runBlock = async (block: Block) => {
    if (block.language === "graphql") return runGraphql(block);
    const name = block.machine as MachineName;
    expect(MACHINES).toContain(name);
    await typed(name, block.text);
    for (const other of block.also as MachineName[]) {
      // `host1` in the text stands for each of them; on which machine a block is typed, its own name tells.
      const here = name === "engine" ? name : other;
      await typed(
        here,
        block.text.replaceAll(/host[12]/g, (found) => ({ host1: "host2", host2: "host1" })[found]!),
      );
    }
    return undefined;
  };
  const runGraphql = async ({ text }: Block) => {
    const password = (await machines.variable("engine", "OVERT_PASSWORD")).trim();
    const declared = (parse(text).definitions[0] as OperationDefinitionNode).variableDefinitions ?? [];
    const known: Record<string, string> = { password, id: (await vm()).id };
    const variables = Object.fromEntries(declared.map(({ variable }) => [variable.name.value, known[variable.name.value]]));
    const login = `mutation ($password: String!) { login(user: "admin@internal", password: $password) { accessToken } }`;
    const post = async (document: string, given: object, token: string) => {
      const script = join(import.meta.dirname, "../support/docs/graphql.mjs");
      const command = [process.execPath, script, "http://localhost:4000/graphql", token, document, JSON.stringify(given)];
      const { code, stdout, stderr } = await machines.host("engine").run(command, { timeoutMs: 60_000 });
      if (code !== 0) throw new Error(stderr);
      return JSON.parse(stdout) as { data: any; errors?: unknown };
    };
    const { accessToken } = (await post(login, { password }, "")).data.login;
    const answer = await post(text, variables, accessToken);
    expect(answer.errors).toBeUndefined();
    expect(Object.values(answer.data)).not.toContain(null);
  };

  for (const page of PAGES)
    describe(page, () => {
      let before = 0;
      const unbroken = ["docs/migration.md", "docs/upgrade-and-backup.md", "README.md"].includes(page);
      const step = (title: string, work: () => Promise<unknown>) =>
        it(title, { timeout: 300_000 }, async (test) => {
          if (failed) test.skip("a block before it has failed");
          failed = true;
          await work();
          failed = false;
        });
      if (unbroken)
        step("begins with a VM that runs", async () => {
          before = await uptime();
          hostBefore = (await vm()).host.name;
        });
      for (const block of blocksOf(page).filter(({ notRun }) => notRun === null))
        step(`line ${block.line}, ${block.machine ?? block.language}: ${block.text.split("\n", 1)[0]}`, () => runBlock(block));
      step("comes to where it leads", outcomes[page]!);
      if (unbroken) step("leaves the same VM running all the while", async () => expect(await uptime()).toBeGreaterThan(before));
    });
});

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The first words of a server. */
async function greetingOf({ address, port }: { address: string; port: number }): Promise<string> {
  const socket = connect(port, address);
  const [data] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return data.toString();
}
