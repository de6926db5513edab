import { describe, expect, test, vi } from "vitest";
import { ChangeRow, RefreshToken } from "../../src/db/tables.ts";
import type { UnitOfWork } from "../../src/db/unitOfWork.ts";
import { passwordHashOf } from "../../src/domain/access/passwords.ts";
import { beginSession, pruneSessions } from "../../src/domain/access/sessions.ts";
import { moveClock } from "../support/clock.ts";
import { describeDatabases, describeMariaDb } from "../support/database.ts";
import { ADMIN_PASSWORD, newHome, startTestEngine, type TestEngine } from "../support/engine.ts";
import { bareSocket } from "../support/engineSocket.ts";

const LOGIN = "mutation ($user: String!, $password: String!) { login(user: $user, password: $password) { accessToken refreshToken } }";
const LOGOUT = "mutation ($token: String) { logout(refreshToken: $token) { loggedOut } }";
const REFRESH = "mutation ($token: String!) { refreshToken(refreshToken: $token) { accessToken refreshToken } }";
const CHANGE = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { user { id } } }";
const EVE = { user: "eve", password: "another password" };

interface Tokens {
  accessToken: string;
  refreshToken: string;
}
const logIn = async ({ post }: TestEngine, who: { user: string; password: string } = EVE): Promise<Tokens> =>
  (await post(LOGIN, who)).data!["login"];
const isGood = async ({ post }: TestEngine, token: string) => (await post("{ me { id } }", {}, token)).errors === undefined;
const sessions = ({ engine }: TestEngine) => engine.journal.snapshot().count("Session");

async function withEve(engine: TestEngine): Promise<string> {
  const { addUser } = await engine.ask(
    'mutation { addUser(input: { userName: "eve", password: "another password", roles: ["UserRole"] }) { user { id } } }',
  );
  return addUser.user.id;
}

/** What ends a session. */
const ENDINGS: [how: string, end: (engine: TestEngine, id: string, tokens: Tokens) => Promise<unknown>][] = [
  ["log-out", ({ post }, _id, { refreshToken: token }) => post(LOGOUT, { token })],
  ["log-out by one who shows nothing but his access token", ({ post }, _id, { accessToken }) => post(LOGOUT, {}, accessToken)],
  [
    "log-out on a socket",
    async ({ url }, _id, { accessToken }) => {
      const socket = await bareSocket(url, { authorization: `Bearer ${accessToken}` });
      socket.send({ id: "1", type: "subscribe", payload: { query: LOGOUT } });
      await vi.waitFor(() => expect(socket.closed).toEqual({ code: 4403, reason: "Forbidden" }));
    },
  ],
  [
    "a change of the own password",
    ({ post }, _id, { accessToken }) =>
      post(CHANGE, { input: { currentPassword: EVE.password, newPassword: "a third password" } }, accessToken),
  ],
  [
    "a password given by an administrator",
    ({ ask }, id) => ask('mutation ($id: ID!) { updateUser(id: $id, input: { password: "a third password" }) { user { id } } }', { id }),
  ],
  ["removal of the user", ({ ask }, id) => ask("mutation ($id: ID!) { removeUser(id: $id) { user { id } } }", { id })],
  [
    "a refresh token that is used twice",
    async ({ post }, _id, { refreshToken: token }) => {
      await post(REFRESH, { token });
      await post(REFRESH, { token });
    },
  ],
];

/** The next transaction of the engine goes by `how`. */
function intercept({ engine }: TestEngine, how: (run: UnitOfWork["run"]) => UnitOfWork["run"]): void {
  const { unitOfWork } = engine;
  const run: UnitOfWork["run"] = (origin, decide) => {
    Object.assign(engine, { unitOfWork });
    return how(unitOfWork.run)(origin, decide);
  };
  Object.assign(engine, { unitOfWork: { ...unitOfWork, run } });
}

describeDatabases("a session", (database) => {
  const start = async () => startTestEngine({ home: await newHome(database) });

  test("is begun with the event of the log-in, and no client is told of it", async () => {
    const engine = await start();
    const first = await bareSocket(engine.url, { authorization: `Bearer ${await engine.login()}` });
    first.send({ id: "1", type: "subscribe", payload: { query: "subscription { changes { kind cursor } }" } });
    await withEve(engine);
    await vi.waitFor(() => expect(first.payloads.length).toBeGreaterThan(0));
    const before = engine.engine.journal.snapshot().cursor;
    await logIn(engine);
    expect(engine.engine.journal.snapshot().cursor).toBe(before + 1);
    const written = await engine.engine.database.reader.findBy(ChangeRow, { cursor: before + 1 });
    expect(written).toMatchObject([{ kind: "Session", operation: "CREATED" }]);
    expect(Object.keys(written[0]!.row).toSorted()).toEqual(["createdAt", "expiresAt", "id", "userId", "version"]);
    const { node, kinds } = await engine.ask(
      'query ($id: ID!) { node(id: $id) { __typename } kinds: __type(name: "EntityKind") { enumValues { name } } }',
      {
        id: written[0]!.entityId,
      },
    );
    expect(node).toBeNull();
    expect(kinds.enumValues).not.toContainEqual({ name: "Session" });
    const { addUser } = await engine.ask(
      'mutation { addUser(input: { userName: "last", password: "another password", roles: ["UserRole"] }) { user { id } } }',
    );
    expect(addUser.user.id).toBeTruthy();
    await vi.waitFor(() => expect(first.payloads.length).toBe(4));
    expect(first.payloads.map(({ data }) => data.changes.kind)).toEqual(["User", "Permission", "User", "Permission"]);
  });

  test.each(ENDINGS)("ends with %s: its tokens, and its open subscriptions", async (_how, end) => {
    const engine = await start();
    const id = await withEve(engine);
    const tokens = await logIn(engine);
    const open = await bareSocket(engine.url, { authorization: `Bearer ${tokens.accessToken}` });
    open.send({ id: "1", type: "subscribe", payload: { query: "subscription { changes { id } }" } });
    const admin = await bareSocket(engine.url, { authorization: `Bearer ${await engine.login()}` });
    expect(await isGood(engine, tokens.accessToken)).toBe(true);
    await end(engine, id, tokens);
    expect(await isGood(engine, tokens.accessToken)).toBe(false);
    expect((await engine.post(REFRESH, { token: tokens.refreshToken })).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    await vi.waitFor(() => expect(open.closed).toEqual({ code: 4403, reason: "Forbidden" }));
    expect(admin.closed).toBeNull();
    expect(engine.engine.journal.snapshot().by("Session", "userId", id)).toEqual([]);
    expect(await engine.engine.database.reader.count(RefreshToken)).toBe(sessions(engine));
  });

  test("is good or ended after a restart as it was before", async () => {
    const before = await start();
    await withEve(before);
    const [ended, kept] = [await logIn(before), await logIn(before)];
    await before.post(LOGOUT, { token: ended.refreshToken });
    await before.server.close();
    const after = await startTestEngine({ home: before.home });
    expect([await isGood(after, ended.accessToken), await isGood(after, kept.accessToken)]).toEqual([false, true]);
    expect((await after.post(REFRESH, { token: kept.refreshToken })).errors).toBeUndefined();
  });

  test("is not left by a log-in whose password is changed before it is written", async () => {
    const engine = await start();
    const id = await withEve(engine);
    const [checked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    intercept(engine, (run) => async (origin, decide) => {
      checked.resolve();
      await gate.promise;
      return run(origin, decide);
    });
    const login = engine.post(LOGIN, EVE);
    await checked.promise;
    await engine.ask('mutation ($id: ID!) { updateUser(id: $id, input: { password: "a third password" }) { user { id } } }', { id });
    gate.resolve();
    expect((await login).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    expect(engine.engine.journal.snapshot().by("Session", "userId", id)).toEqual([]);
  });

  test("is not left by a log-in that is written while the password is changed", async () => {
    const engine = await start();
    const id = await withEve(engine);
    const { accessToken } = await logIn(engine);
    let during: Tokens | undefined;
    intercept(
      engine,
      (run) => (origin, decide) =>
        run(origin, async (tx) => {
          const decided = await decide(tx);
          during ??= await logIn(engine);
          return decided;
        }),
    );
    const input = { currentPassword: EVE.password, newPassword: "a third password" };
    expect((await engine.post(CHANGE, { input }, accessToken)).errors).toBeUndefined();
    expect(during).toBeDefined();
    expect(await isGood(engine, during!.accessToken)).toBe(false);
    expect(engine.engine.journal.snapshot().by("Session", "userId", id)).toEqual([]);
  });

  test("lasts seven days from its last use, and its tokens no longer", async () => {
    const day = 86_400_000;
    const engine = await startTestEngine({ home: await newHome(database), accessTokenMs: 30 * day });
    await withEve(engine);
    let { refreshToken: token, accessToken } = await logIn(engine);
    for (let uses = 0; uses < 2; uses++) {
      moveClock(6.9 * day);
      ({ refreshToken: token, accessToken } = (await engine.post(REFRESH, { token })).data!["refreshToken"]);
      expect(await isGood(engine, accessToken)).toBe(true);
    }
    moveClock(7 * day + 1_000);
    expect(await isGood(engine, accessToken)).toBe(false);
    expect((await engine.post(REFRESH, { token })).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
  });

  test("is forgotten some time after it has expired, with its refresh tokens", async () => {
    const engine = await start();
    await withEve(engine);
    const { accessToken } = await logIn(engine);
    await pruneSessions(engine.engine);
    expect(await isGood(engine, accessToken)).toBe(true);
    await pruneSessions(engine.engine, new Date(Date.now() + 8 * 86_400_000));
    expect([sessions(engine), await engine.engine.database.reader.count(RefreshToken)]).toEqual([0, 0]);
    expect(await isGood(engine, accessToken)).toBe(false);
  });

  test("is one of a hundred of its user: the next log-in ends the oldest", async () => {
    const engine = await start();
    const userId = await withEve(engine);
    const first = await logIn(engine);
    const passwordHash = (await passwordHashOf(engine.engine.database, userId))!;
    for (let more = 1; more < 100; more++) await beginSession(engine.engine, { userId, passwordHash, words: "spec" });
    expect(await isGood(engine, first.accessToken)).toBe(true);
    await logIn(engine);
    expect(await isGood(engine, first.accessToken)).toBe(false);
    expect(engine.engine.journal.snapshot().by("Session", "userId", userId)).toHaveLength(100);
  });
});

describeMariaDb("a session that one engine has begun", (database) => {
  test.each(ENDINGS)("is good on another at once, and ended there with %s here", async (_how, end) => {
    const here = await startTestEngine({ home: await newHome(database) });
    const there = await startTestEngine({ home: here.home });
    const id = await withEve(here);
    await vi.waitFor(() => expect(there.engine.journal.snapshot().count("User")).toBe(2));
    const tokens = await logIn(here);
    expect(await isGood(there, tokens.accessToken)).toBe(true);
    const open = await bareSocket(there.url, { authorization: `Bearer ${tokens.accessToken}` });
    open.send({ id: "1", type: "subscribe", payload: { query: "subscription { changes { id } }" } });
    await end(here, id, tokens);
    await vi.waitFor(() => expect(open.closed).toEqual({ code: 4403, reason: "Forbidden" }));
    expect(await isGood(there, tokens.accessToken)).toBe(false);
    expect((await there.post(REFRESH, { token: tokens.refreshToken })).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
  });

  test("can be renewed and ended by the other before it has heard of it", async () => {
    const here = await startTestEngine({ home: await newHome(database) });
    const there = await startTestEngine({ home: here.home });
    const admin = { user: "admin", password: ADMIN_PASSWORD };
    const renewed = await there.post(REFRESH, { token: (await logIn(here, admin)).refreshToken });
    expect(renewed.errors).toBeUndefined();
    const { accessToken, refreshToken: token } = await logIn(here, admin);
    await there.post(LOGOUT, { token });
    expect(await isGood(there, accessToken)).toBe(false);
    await vi.waitFor(async () => expect(await isGood(here, accessToken)).toBe(false));
  });

  test("gets the same key for tokens as two engines that start together", async () => {
    const home = await newHome(database);
    const [here, there] = await Promise.all([startTestEngine({ home }), startTestEngine({ home })]);
    const token = await here.login();
    expect(await isGood(there, token)).toBe(true);
  });
});

describe("Log-ins from before", () => {
  test("are told apart by their exact names where these can be confused", async () => {
    const engine = await startTestEngine();
    await withEve(engine);
    const eve = engine.engine.journal.snapshot().by("User", "userName", "eve@internal")[0]!;
    expect(eve.nameKey).toBe("eve@internal");
    for (const user of ["eve", "EVE", "Eve@internal", "ｅｖｅ"])
      expect((await engine.post(LOGIN, { ...EVE, user })).errors, user).toBeUndefined();
  });
});
