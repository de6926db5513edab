import { describe, expect, test } from "vitest";
import { ChangeRow } from "../../src/db/tables.ts";
import { SYSTEM } from "../../src/domain/access/caller.ts";
import { ensureAdmin } from "../../src/domain/access/ensureAdmin.ts";
import { passwordHashOf } from "../../src/domain/access/passwords.ts";
import { removeUser } from "../../src/domain/access/removeUser.ts";
import { RefreshToken } from "../../src/db/tables.ts";
import { moveClock } from "../support/clock.ts";
import { ADMIN_PASSWORD, startTestEngine, type TestEngine } from "../support/engine.ts";

const LOGIN = `mutation ($user: String!, $password: String!, $profile: String) {
  login(user: $user, password: $password, profile: $profile) { accessToken refreshToken expiresAt user { id userName } }
}`;
const REFRESH = "mutation ($token: String) { refreshToken(refreshToken: $token) { accessToken refreshToken } }";
const LOGOUT = "mutation ($token: String) { logout(refreshToken: $token) { loggedOut } }";
const ME = "{ me { userName } }";
const EVENTS = "{ events(first: 20) { nodes { code severity description } } }";

const code = ({ errors }: { errors?: { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code;
const addUser = (engine: TestEngine, userName: string, roles = ["UserRole"], password = "another password") =>
  engine.ask("mutation ($input: AddUserInput!) { addUser(input: $input) { user { id userName roles } } }", {
    input: { userName, roles, password },
  });

describe("Before log-in", () => {
  test("__typename is answered, and nothing else", async () => {
    const { post } = await startTestEngine();
    expect(await post("{ __typename }")).toEqual({ status: 200, data: { __typename: "Query" } });
    for (const query of [
      ME,
      "{ __schema { queryType { name } } }",
      '{ __type(name: "Vm") { name } }',
      `{ ${"__typename ".repeat(300)} }`,
      "{ __typename me { id } }",
      "{ ...F } fragment F on Query { me { id } }",
      "{ nothingOfThatName }",
      'mutation { removeUser(id: "1") { user { id } } }',
    ])
      expect(await post(query), query).toMatchObject({ status: 401, errors: [{ extensions: { code: "UNAUTHENTICATED", reasons: [] } }] });
  });

  test("a token that is damaged, foreign or of another kind is none", async () => {
    const { post, login } = await startTestEngine();
    const token = await login();
    const [head, body, signature] = token.split(".");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    for (const bad of [
      "x",
      `${head}.${body}.${signature!.slice(0, -2)}AA`,
      `${none}.${body}.`,
      `${head}.${Buffer.from("{}").toString("base64url")}.${signature}`,
    ])
      expect(code(await post(ME, {}, bad))).toBe("UNAUTHENTICATED");
    expect(await post("{ __typename }", {}, "x")).toMatchObject({ status: 200 });
    expect((await post(ME, {}, token)).data).toEqual({ me: { userName: "admin@internal" } });
  });
});

describe("Logging in", () => {
  test("the first user is made once, with a password that is kept nowhere", async () => {
    const { engine } = await startTestEngine();
    expect(await ensureAdmin(engine)).toBeNull();
    const [admin] = engine.journal.snapshot().by("User", "userName", "admin@internal");
    expect(JSON.stringify(await engine.database.reader.find(ChangeRow))).not.toContain("argon2");
    expect(await passwordHashOf(engine.database, admin!.id)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  test("who has no role is told so, when he knows his password", async () => {
    const engine = await startTestEngine();
    await engine.ask("mutation ($input: AddUserInput!) { addUser(input: $input) { user { id } } }", {
      input: { userName: "eve", password: "another password" },
    });
    const tried = async (password: string) => {
      const { errors, data } = await engine.post(LOGIN, { user: "eve", password });
      return [data?.["login"], ...errors!.map(({ extensions }) => [extensions.code, ...extensions.reasons.map((reason) => reason.code)])];
    };
    expect(await tried("another password")).toEqual([undefined, ["FORBIDDEN", "LOGIN"]]);
    expect(await tried("a wrong password")).toEqual([undefined, ["UNAUTHENTICATED"]]);
    // That is no guess.
    for (let times = 0; times < 10; times++) expect(await tried("another password")).toEqual([undefined, ["FORBIDDEN", "LOGIN"]]);
  });

  test("the name is accepted with and without its directory", async () => {
    const { post } = await startTestEngine();
    for (const user of ["admin", "admin@internal"]) {
      const { data } = await post(LOGIN, { user, password: ADMIN_PASSWORD });
      expect(data!["login"].user.userName).toBe("admin@internal");
      expect(Date.parse(data!["login"].expiresAt) - Date.now()).toBeGreaterThan(14 * 60_000);
    }
  });

  test("a wrong password and an unknown user are told apart by nobody", async () => {
    const { post } = await startTestEngine();
    const wrong = await post(LOGIN, { user: "admin", password: "wrong" });
    const unknown = await post(LOGIN, { user: "nobody", password: "wrong" });
    const elsewhere = await post(LOGIN, { user: "admin", password: ADMIN_PASSWORD, profile: "elsewhere" });
    expect(wrong.errors).toEqual(unknown.errors);
    expect(elsewhere.errors).toEqual(unknown.errors);
    expect(code(wrong)).toBe("UNAUTHENTICATED");
    expect(code(await post(LOGIN, { user: "admin", password: "" }))).toBe("UNAUTHENTICATED");
  });

  test("log-in, failure and log-out are events", async () => {
    const { post, ask } = await startTestEngine();
    await post(LOGIN, { user: "admin", password: "wrong" });
    const { data } = await post(LOGIN, { user: "admin", password: ADMIN_PASSWORD });
    await post(LOGOUT, { token: data!["login"].refreshToken });
    const { events } = await ask(EVENTS);
    expect(events.nodes.map((event: { code: number }) => event.code)).toEqual([30, 31, 30, 114]);
  });

  test("many failures are refused, those of others are not counted", async () => {
    const { post } = await startTestEngine();
    for (let attempt = 0; attempt < 10; attempt++) await post(LOGIN, { user: "admin", password: "wrong" });
    const refused = await post(LOGIN, { user: "admin", password: ADMIN_PASSWORD });
    expect(refused.errors![0]!.extensions).toMatchObject({ code: "RATE_LIMITED", reasons: [{ code: "RETRY_AFTER" }] });
    expect(code(await post(LOGIN, { user: "somebody", password: "wrong" }))).toBe("UNAUTHENTICATED");
  });

  test("of attempts hidden behind aliases only the first is made", async () => {
    const { post, ask } = await startTestEngine();
    const attempts = Array.from({ length: 12 }, (_, index) => `a${index}: login(user: "admin", password: "wrong${index}") { accessToken }`);
    expect(code(await post(`mutation { ${attempts.join(" ")} }`))).toBe("UNAUTHENTICATED");
    const { events } = await ask(EVENTS);
    expect(events.nodes.map((event: { code: number }) => event.code)).toEqual([30, 114]);
  });
});

describe("Tokens", () => {
  test("an access token ends", async () => {
    const { post, login } = await startTestEngine({ accessTokenMs: 60_000 });
    const token = await login();
    expect((await post(ME, {}, token)).data).toBeDefined();
    moveClock(61_000);
    expect(code(await post(ME, {}, token))).toBe("UNAUTHENTICATED");
  });

  test("a refresh token is good once, and its second use ends the session", async () => {
    const { post, engine } = await startTestEngine();
    const first = (await post(LOGIN, { user: "admin", password: ADMIN_PASSWORD })).data!["login"];
    const second = (await post(REFRESH, { token: first.refreshToken })).data!["refreshToken"];
    expect((await post(ME, {}, second.accessToken)).data).toBeDefined();
    expect(code(await post(REFRESH, { token: first.refreshToken }))).toBe("UNAUTHENTICATED");
    expect(code(await post(REFRESH, { token: second.refreshToken }))).toBe("UNAUTHENTICATED");
    expect(code(await post(ME, {}, second.accessToken))).toBe("UNAUTHENTICATED");
    expect(await engine.database.reader.count(RefreshToken)).toBe(0);
  });

  test("of two uses at the same moment one wins and the session ends", async () => {
    const { post, engine } = await startTestEngine();
    const { refreshToken: token } = (await post(LOGIN, { user: "admin", password: ADMIN_PASSWORD })).data!["login"];
    const answers = await Promise.all([post(REFRESH, { token }), post(REFRESH, { token })]);
    expect(answers.filter(({ data }) => data?.["refreshToken"])).toHaveLength(1);
    expect(await engine.database.reader.count(RefreshToken)).toBe(0);
  });

  test("only hashes of refresh tokens are stored", async () => {
    const { post, engine } = await startTestEngine();
    const { refreshToken } = (await post(LOGIN, { user: "admin", password: ADMIN_PASSWORD })).data!["login"];
    const rows = await engine.database.reader.find(RefreshToken);
    expect(JSON.stringify(rows)).not.toContain(refreshToken);
  });

  test("log-out ends the access token too", async () => {
    const { post } = await startTestEngine();
    const { accessToken, refreshToken: token } = (await post(LOGIN, { user: "admin", password: ADMIN_PASSWORD })).data!["login"];
    expect((await post(LOGOUT, { token })).data).toEqual({ logout: { loggedOut: true } });
    expect(code(await post(ME, {}, accessToken))).toBe("UNAUTHENTICATED");
    expect(code(await post(REFRESH, { token }))).toBe("UNAUTHENTICATED");
    expect((await post(LOGOUT, {})).data).toEqual({ logout: { loggedOut: true } });
  });

  test("a browser has its refresh token in a cookie that scripts cannot read", async () => {
    const { url } = await startTestEngine();
    const send = async (query: string, variables: object, cookie?: string) => {
      const headers = { "content-type": "application/json", ...(cookie && { cookie }) };
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
      return { cookie: response.headers.get("set-cookie") ?? "", body: (await response.json()) as any };
    };
    const login = await send(LOGIN, { user: "admin", password: ADMIN_PASSWORD });
    expect(login.cookie).toMatch(/^overt_refresh=[\w-]{43}; Path=\/graphql; Expires=.*; HttpOnly; SameSite=Strict$/);
    const next = await send(REFRESH, {}, login.cookie.split(";")[0]);
    expect(next.body.data.refreshToken.accessToken).toBeTruthy();
    const logout = await send(LOGOUT, {}, next.cookie.split(";")[0]);
    expect(logout.cookie).toMatch(/^overt_refresh=; Path=\/graphql; Expires=Thu, 01 Jan 1970/);
  });
});

describe("Users", () => {
  test("one without the permit may read but not change users", async () => {
    const engine = await startTestEngine();
    await addUser(engine, "eve");
    const token = await engine.login("eve", "another password");
    expect((await engine.post(ME, {}, token)).data).toEqual({ me: { userName: "eve@internal" } });
    const { id } = (await engine.post("{ me { id } }", {}, token)).data!["me"] as { id: string };
    const refused = await engine.post("mutation ($id: ID!) { removeUser(id: $id) { user { id } } }", { id }, token);
    expect(refused.errors![0]!.extensions).toMatchObject({ code: "FORBIDDEN", reasons: [{ code: "MANIPULATE_USERS" }] });
  });

  test("a user who was removed is out at once", async () => {
    const engine = await startTestEngine();
    const { user } = (await addUser(engine, "eve"))["addUser"];
    const token = await engine.login("eve", "another password");
    await engine.ask("mutation ($id: ID!) { removeUser(id: $id) { user { id } } }", { id: user.id });
    expect(code(await engine.post(ME, {}, token))).toBe("UNAUTHENTICATED");
    expect(code(await engine.post(LOGIN, { user: "eve", password: "another password" }))).toBe("UNAUTHENTICATED");
  });

  test("the last SuperUser stays one", async () => {
    const { ask, post, login } = await startTestEngine();
    const token = await login();
    const { me } = await ask("{ me { id } }");
    const removed = await post("mutation ($id: ID!) { removeUser(id: $id) { user { id } } }", { id: me.id }, token);
    const demoted = await post(
      'mutation ($id: ID!) { updateUser(id: $id, input: { roles: ["UserRole"] }) { user { id } } }',
      { id: me.id },
      token,
    );
    for (const { errors } of [removed, demoted])
      expect(errors![0]!.extensions).toMatchObject({ code: "CONFLICT", reasons: [{ code: "LAST_SUPER_USER" }] });
  });

  test("of two SuperUsers that are removed at the same moment one stays", async () => {
    const engine = await startTestEngine();
    const { me } = await engine.ask("{ me { id } }");
    const other = (await addUser(engine, "boss", ["SuperUser"]))["addUser"].user.id as string;
    // In the engine itself, so that each is decided before any is committed.
    const outcomes = await Promise.allSettled(
      [me.id as string, other].map((id) => removeUser.run(engine.engine, SYSTEM, { id, mode: "APPLY" })),
    );
    const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.reasons[0].code] : []));
    expect(refused).toEqual(["LAST_SUPER_USER"]);
  });

  test("names, passwords and roles are checked", async () => {
    const engine = await startTestEngine();
    for (const [name, roles, password] of [
      ["a b", ["UserRole"], "long enough"],
      ["eve@elsewhere", ["UserRole"], "long enough"],
      ["eve", ["constructor"], "long enough"],
      ["eve", ["UserRole"], "short"],
    ] as const)
      await expect(addUser(engine, name, [...roles], password)).rejects.toThrow('"code":"INVALID"');
    await addUser(engine, "eve");
    await expect(addUser(engine, "eve@internal")).rejects.toThrow('"code":"CONFLICT"');
  });

  test("all roles on the system can be taken from one, and he is out", async () => {
    const engine = await startTestEngine();
    const { user } = (await addUser(engine, "eve"))["addUser"];
    const login = (await engine.post(LOGIN, { user: "eve", password: "another password" })).data!["login"];
    const take = "mutation ($id: ID!) { updateUser(id: $id, input: { roles: [] }) { user { roles } } }";
    expect(await engine.ask(take, { id: user.id })).toEqual({ updateUser: { user: { roles: [] } } });
    expect(code(await engine.post(ME, {}, login.accessToken))).toBe("UNAUTHENTICATED");
    expect(code(await engine.post(REFRESH, { token: login.refreshToken }))).toBe("UNAUTHENTICATED");
  });

  test("a changed password ends the sessions", async () => {
    const { post } = await startTestEngine();
    const { accessToken, refreshToken: token } = (await post(LOGIN, { user: "admin", password: ADMIN_PASSWORD })).data!["login"];
    const change = (currentPassword: string) =>
      post(
        "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { user { userName } } }",
        { input: { currentPassword, newPassword: "a new password" } },
        accessToken,
      );
    expect(code(await change("wrong"))).toBe("INVALID");
    expect((await change(ADMIN_PASSWORD)).errors).toBeUndefined();
    expect(code(await post(REFRESH, { token }))).toBe("UNAUTHENTICATED");
    expect(code(await post(ME, {}, accessToken))).toBe("UNAUTHENTICATED");
    const { data } = await post(LOGIN, { user: "admin", password: "a new password" });
    const { events } = (await post(EVENTS, {}, data!["login"].accessToken)).data as any;
    expect(events.nodes.map((event: { code: number }) => event.code)).toEqual(expect.arrayContaining([346, 347]));
  });

  test("passwords are in no query, no event and no plan", async () => {
    const engine = await startTestEngine();
    const { addUser: planned } = await engine.ask(
      `mutation { addUser(mode: PLAN, input: { userName: "eve", roles: ["UserRole"], password: "a secret word" }) { user { id } plan { changes { kind operation fields } } } }`,
    );
    const changes = [
      { kind: "User", operation: "CREATED", fields: ["id", "userName", "name", "lastName", "email", "tagIds"] },
      { kind: "Permission", operation: "CREATED", fields: ["id", "userId", "groupId", "roleId", "objectId"] },
    ];
    expect(planned).toEqual({ user: null, plan: { changes } });
    await addUser(engine, "eve", ["UserRole"], "a secret word");
    const all = await engine.ask("{ users { nodes { id userName name lastName email roles version } } events { nodes { description } } }");
    expect(JSON.stringify(all)).not.toMatch(/secret word|argon2/);
    expect(engine.defects).toEqual([]);
  });
});
