import { describe, expect, test } from "vitest";
import { projectDatabase } from "../support/database.ts";
import { startTestEngine } from "../support/engine.ts";
import { openWorld, type World } from "../support/nouns.ts";

/** é as one character, and as a letter with its mark. */
const [COMPOSED, DECOMPOSED] = ["caf\u00e9", "cafe\u0301"];

/** Every verb that gives a name. */
const NAMED: [noun: string, add: (world: World) => Promise<object>][] = [
  ["dataCenter", async () => ({})],
  ["cluster", async ({ defaults }) => ({ dataCenterId: defaults.dataCenterId })],
  ["host", async ({ defaults }) => ({ clusterId: defaults.clusterId, address: "10.0.0.1" })],
  ["template", async () => ({})],
  ["vm", async ({ defaults }) => ({ clusterId: defaults.clusterId })],
  ["network", async ({ defaults }) => ({ dataCenterId: defaults.dataCenterId, vdsmName: "br1" })],
  ["vnicProfile", async ({ defaults }) => ({ networkId: defaults.networkId })],
  [
    "storageDomain",
    async (world) => (
      await world.addHost("h1"),
      { dataCenterId: world.defaults.dataCenterId, storage: { type: "POSIXFS", path: "/srv/x" } }
    ),
  ],
  ["disk", async (world) => ({ storageDomainId: await world.addDomain(), provisionedSize: 1024 ** 3 })],
  ["nic", async (world) => ({ vmId: await world.addVm("web1") })],
];
const verb = (how: string, noun: string) => `${how}${noun[0]!.toUpperCase()}${noun.slice(1)}`;

describe("A name", () => {
  test.each(NAMED)("of a %s is kept composed, when it is added and when it is changed", async (noun, more) => {
    const world = await openWorld(projectDatabase());
    const given = await more(world);
    const added = await world.act(verb("add", noun), `${noun} { id name }`, { input: { name: DECOMPOSED, ...given } });
    if (added.job) await world.ended(added);
    const { id, name } = added[noun];
    expect(name).toBe(COMPOSED);
    const updated = await world.act(verb("update", noun), `${noun} { name }`, { id, input: { name: `${DECOMPOSED}2` } });
    expect(updated[noun].name).toBe(`${COMPOSED}2`);
    for (const bad of ["", ".", "..", "-", "_", "...", "a b", "a/b", "a\u0000", "\u0301", "a\u200bb", "a\u202eb", "x".repeat(256), "😀"]) {
      expect(await world.refusal(verb("update", noun), { id, input: { name: bad } }), bad).toMatch(/^INVALID/);
      expect(await world.refusal(verb("add", noun), { input: { ...given, name: bad } }), bad).toMatch(/^INVALID/);
    }
  });

  test("that is the same in another form is taken, and found", async () => {
    const world = await openWorld(projectDatabase());
    await world.addVm(COMPOSED);
    const input = { name: DECOMPOSED, clusterId: world.defaults.clusterId };
    expect(await world.refusal("addVm", { input })).toBe("CONFLICT DUPLICATE");
    const { vms } = await world.query("query ($search: String) { vms(search: $search) { totalCount } }", {
      search: `name = ${DECOMPOSED}`,
    });
    expect(vms.totalCount).toBe(1);
  });

  test("may be of any script that people write", async () => {
    const world = await openWorld(projectDatabase());
    for (const name of [
      "сервер-1",
      "サーバー1",
      "服务器",
      "서버",
      "خادم",
      "सर्वर",
      "เซิร์ฟเวอร์",
      "שרת",
      "διακομιστής",
      "সার্ভার",
      "web.1_a-b",
      "1",
    ])
      await world.addVm(name);
    expect(world.snapshot().count("Vm")).toBe(12);
  });
});

describe("A user name", () => {
  const add = ({ ask }: Awaited<ReturnType<typeof startTestEngine>>, userName: string) =>
    ask("mutation ($input: AddUserInput!) { addUser(input: $input) { user { userName } } }", {
      input: { userName, password: "long enough", roles: ["UserRole"] },
    }).then(
      ({ addUser }) => addUser.user.userName as string,
      (error: Error) => /"reasons":\[\{"code":"(\w+)"/.exec(error.message)?.[1] ?? error.message,
    );

  test("that can be taken for one that is there is refused", async () => {
    const engine = await startTestEngine();
    // Cyrillic а, another case, wide letters, dotless i, long s.
    for (const name of ["\u0430dmin", "adm\u0456n", "a\u03b1dmin"]) expect(await add(engine, name), name).toBe("SCRIPT");
    for (const name of ["Admin", "ADMIN@internal", "ａｄｍｉｎ", "adm\u0131n"]) expect(await add(engine, name), name).toBe("DUPLICATE");
    expect(await add(engine, "strasse")).toBe("strasse@internal");
    for (const name of ["straße", "STRASSE", "\u017ftrasse"]) expect(await add(engine, name), name).toBe("DUPLICATE");
    expect(await add(engine, "οδος")).toBe("οδος@internal");
    expect(await add(engine, "οδοσ")).toBe("DUPLICATE");
  });

  test("is of one script; Japanese and Korean mix theirs", async () => {
    const engine = await startTestEngine();
    for (const name of ["Müller.1", "анна", "елена-2", "田中さん", "タナカ", "김철수", "金철수", "محمد", "अनिल", "สมชาย", "יעל", "νίκος"])
      expect(await add(engine, name), name).toBe(`${name.normalize("NFC")}@internal`);
    for (const name of ["annaаа", "müllerъ", "김さん", "田中a", "ελενa"]) expect(await add(engine, name), name).toBe("SCRIPT");
    for (const name of ["..", "-", "a b", "a@b@internal", "\u0301a", "a\u200d", "😀", "x".repeat(201)])
      expect(await add(engine, name), name).toBe("NAME");
  });
});
