import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createConnection, type Connection } from "mysql2/promise";
import { openDatabase, type DatabaseUrl } from "../../src/db/database.ts";

/** Of the run's server: what the template is made of, and names of databases that are as new. */
const OWN = "overt_spec";
const TEMPLATE = "overt_template";
const CREATE = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
/** A client that has closed its connection is still listed by the server for a moment. */
const LEAVING_MS = 200;

/** As the migrations make them, but quicker: tables come in one round trip from a template, and emptied databases are used again. */
export interface MariaDbDatabases {
  take(): Promise<DatabaseUrl>;
  /** Makes it as new, whatever rows it has got. */
  renew(url: DatabaseUrl): Promise<void>;
  /** Takes back what nobody uses any more. */
  giveBack(url: DatabaseUrl): Promise<void>;
  /** Without tables. A spec that changes tables takes this one. */
  takeEmpty(): Promise<DatabaseUrl>;
  drop(url: DatabaseUrl): Promise<void>;
}

/** `server` is a URL without a database name. Specs in several processes share what is on it. */
export async function openMariaDbDatabases(server: string): Promise<MariaDbDatabases> {
  const admin = await createConnection({ uri: server, multipleStatements: true });
  const template = await readTemplate(admin, server);
  const drop = async (url: DatabaseUrl) => void (await admin.query(`DROP DATABASE ${nameOf(url)}`));
  const renew = async (url: DatabaseUrl) => void (await admin.query(within(nameOf(url), template.emptying, template.rows)));
  return {
    drop,
    renew,
    async take() {
      const [used] = await admin.query(`DELETE FROM ${OWN}.free LIMIT 1 RETURNING name`);
      const known = (used as { name: string }[])[0];
      if (known) return `${server}/${known.name}`;
      const name = newName();
      await admin.query(`CREATE DATABASE ${name} ${CREATE}; ${within(name, template.tables, template.rows)}`);
      return `${server}/${name}`;
    },
    async giveBack(url) {
      const name = nameOf(url);
      if (await inUse(admin, name)) await drop(url);
      else {
        await renew(url);
        await admin.query(`INSERT INTO ${OWN}.free VALUES ('${name}')`);
      }
    },
    async takeEmpty() {
      const name = newName();
      await admin.query(`CREATE DATABASE ${name} ${CREATE}`);
      return `${server}/${name}`;
    },
  };
}

const newName = () => `overt_${randomUUID().replaceAll("-", "")}`;
const nameOf = (url: DatabaseUrl) => url.slice(url.lastIndexOf("/") + 1);

/** Statements that see the database, in any order of its tables. */
const within = (name: string, ...statements: string[]) =>
  [`USE ${name}`, "SET foreign_key_checks = 0", ...statements, "SET foreign_key_checks = 1", `USE ${OWN}`].join("; ");

async function inUse(admin: Connection, name: string): Promise<boolean> {
  for (const until = Date.now() + LEAVING_MS; ; await sleep(10)) {
    const [users] = await admin.query("SELECT 1 FROM information_schema.processlist WHERE db = ? LIMIT 1", [name]);
    if ((users as unknown[]).length === 0) return false;
    if (Date.now() > until) return true;
  }
}

/** Statements, all of a kind in one text. */
interface Template {
  tables: string;
  /** What the migrations insert. */
  rows: string;
  emptying: string;
}

/** Made by the first who asks, with the product's own migrations. */
async function readTemplate(admin: Connection, server: string): Promise<Template> {
  await admin.query(`SELECT GET_LOCK('${OWN}', 60)`);
  try {
    const [there] = await admin.query(`SHOW DATABASES LIKE '${OWN}'`);
    if ((there as unknown[]).length === 0) await keepTemplate(admin, await makeTemplate(admin, server));
    const [[kept]] = (await admin.query(`SELECT * FROM ${OWN}.template`)) as unknown as [[Template]];
    return kept;
  } finally {
    await admin.query(`SELECT RELEASE_LOCK('${OWN}')`);
  }
}

async function makeTemplate(admin: Connection, server: string): Promise<Template> {
  await admin.query(`CREATE DATABASE ${TEMPLATE} ${CREATE}`);
  await (await openDatabase(`${server}/${TEMPLATE}`)).close();
  const [listed] = await admin.query(`SHOW TABLES FROM ${TEMPLATE}`);
  const names = (listed as object[]).map((row) => `\`${String(Object.values(row)[0])}\``);
  const [tables, filled]: [string[], string[]] = [[], []];
  for (const name of names) {
    const [[table]] = (await admin.query(`SHOW CREATE TABLE ${TEMPLATE}.${name}`)) as unknown as [[{ "Create Table": string }]];
    tables.push(table["Create Table"]);
    const [rows] = await admin.query(`SELECT 1 FROM ${TEMPLATE}.${name} LIMIT 1`);
    if ((rows as unknown[]).length > 0) filled.push(name);
  }
  return {
    tables: tables.join("; "),
    rows: filled.map((name) => `INSERT INTO ${name} SELECT * FROM ${TEMPLATE}.${name}`).join("; "),
    emptying: names.map((name) => `DELETE FROM ${name}`).join("; "),
  };
}

async function keepTemplate(admin: Connection, { tables, rows, emptying }: Template): Promise<void> {
  await admin.query(`CREATE DATABASE ${OWN} ${CREATE}; USE ${OWN}; CREATE TABLE free (name VARCHAR(64) PRIMARY KEY)`);
  await admin.query("CREATE TABLE template (tables MEDIUMTEXT, `rows` MEDIUMTEXT, emptying MEDIUMTEXT)");
  await admin.query("INSERT INTO template VALUES (?, ?, ?)", [tables, rows, emptying]);
}
