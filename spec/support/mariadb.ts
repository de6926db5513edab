import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createConnection } from "mysql2/promise";
import { freePort } from "./freePort.ts";
import { withParent } from "./spawn.ts";

const SERVER = "/usr/sbin/mariadbd";
const INSTALLER = "/usr/bin/mariadb-install-db";
const START_MS = 30_000;
const DURABILITY = ["--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M"];

export interface MariaDb {
  /** `mariadb://user:password@address:port`, without a database name. The user may create databases. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * A private server on loopback with all its files in `folder`, gone with the process that started it. A folder that has been
 * used is taken up again; `port` is a free one unless given.
 */
export async function startMariaDb(folder: string, port?: number): Promise<MariaDb> {
  if (!existsSync(SERVER) || !existsSync(INSTALLER)) throw new Error(`${SERVER} is not installed (package mariadb-server).`);
  if (!existsSync(join(folder, "data"))) await install(folder);
  return serve(folder, port ?? (await freePort()));
}

async function install(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const options = ["--no-defaults", "--user=root", `--datadir=${join(folder, "data")}`, "--skip-test-db"];
  await promisify(execFile)(INSTALLER, [...options, "--auth-root-authentication-method=normal"]);
  const user = "overt@127.0.0.1";
  await writeFile(join(folder, "grants.sql"), `CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY 'overt';\nGRANT ALL ON *.* TO ${user};\n`);
}

async function serve(folder: string, port: number): Promise<MariaDb> {
  const files = [`--datadir=${join(folder, "data")}`, `--init-file=${join(folder, "grants.sql")}`, `--socket=${join(folder, "socket")}`];
  const listen = ["--bind-address=127.0.0.1", `--port=${port}`, "--skip-name-resolve", "--max-connections=500"];
  const server = spawn(...withParent(SERVER, ["--no-defaults", "--user=root", ...files, ...listen, ...DURABILITY]), { stdio: "ignore" });
  const url = `mariadb://overt:overt@127.0.0.1:${port}`;
  await answering(server, url);
  return { url, stop: () => ended(server) };
}

async function answering(server: ChildProcess, url: string): Promise<void> {
  for (const until = Date.now() + START_MS; ;) {
    try {
      return await (await createConnection(url)).end();
    } catch (error) {
      if (server.exitCode !== null || Date.now() > until) throw new Error("mariadbd did not start", { cause: error });
      await sleep(50);
    }
  }
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = new Promise((exited) => server.once("exit", exited));
  server.kill("SIGKILL");
  await exit;
}
