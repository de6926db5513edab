import { describe, expect, test } from "vitest";
import { startTestEngine, type TestEngine } from "../support/engine.ts";
import { bareSocket, type BareSocket } from "../support/engineSocket.ts";

const open = async ({ url }: TestEngine, token?: string): Promise<BareSocket> =>
  bareSocket(url, token === undefined ? {} : { authorization: `Bearer ${token}` });
const ask = (bare: BareSocket, id: string, query: string) => bare.send({ id, type: "subscribe", payload: { query } });
const errorOf = ({ others }: BareSocket, id: string) =>
  others.find((message) => message.type === "error" && message.id === id)?.payload[0].extensions.code;
const USER = 'mutation { addUser(input: { userName: "eve", password: "another password", roles: ["UserRole"] }) { user { id } } }';

describe("A WebSocket", () => {
  test("without a token answers __typename and refuses the rest", async () => {
    const bare = await open(await startTestEngine());
    ask(bare, "1", "{ __typename }");
    ask(bare, "2", "{ me { id } }");
    ask(bare, "3", "subscription { changes { id } }");
    ask(bare, "4", "{ nothingOfThatName }");
    await expect.poll(() => bare.payloads).toEqual([{ data: { __typename: "Query" } }]);
    await expect
      .poll(() => ["2", "3", "4"].map((id) => errorOf(bare, id)))
      .toEqual(["UNAUTHENTICATED", "UNAUTHENTICATED", "UNAUTHENTICATED"]);
  });

  test("with a token that is not good is closed", async () => {
    const bare = await open(await startTestEngine(), "x");
    await expect.poll(() => bare.closed).toEqual({ code: 4403, reason: "Forbidden" });
  });

  test("answers queries and mutations as HTTP does", async () => {
    const engine = await startTestEngine();
    const bare = await open(engine, await engine.login());
    ask(bare, "1", "{ me { userName } }");
    await expect
      .poll(() => bare.payloads[0])
      .toEqual({
        data: { me: { userName: "admin@internal" } },
        extensions: { asOf: String(engine.engine.journal.snapshot().cursor), cost: 2 },
      });
    ask(bare, "2", USER);
    await expect.poll(() => bare.payloads[1]?.data.addUser.user.id).toEqual(expect.any(String));
    ask(bare, "3", "{ user }");
    await expect.poll(() => errorOf(bare, "3")).toBe("INVALID");
    ask(bare, "4", "query A { me { id } } query B { me { id } }");
    await expect.poll(() => errorOf(bare, "4")).toBe("INVALID");
    ask(bare, "5", "{");
    await expect.poll(() => errorOf(bare, "5")).toBe("INVALID");
  });

  test("ends with its token", async () => {
    const engine = await startTestEngine({ accessTokenMs: 2_000 });
    const bare = await open(engine, await engine.login());
    ask(bare, "1", "subscription { changes { id } }");
    expect(bare.closed).toBeNull();
    await expect.poll(() => bare.closed, { timeout: 4_000 }).toEqual({ code: 4403, reason: "Forbidden" });
  });

  test("ends with its user, with his right to log in, and with his session", async () => {
    const engine = await startTestEngine();
    const admin = await open(engine, await engine.login());
    const { addUser } = await engine.ask(USER);
    const change = (roles: string[]) =>
      engine.ask("mutation ($id: ID!, $roles: [String!]) { updateUser(id: $id, input: { roles: $roles }) { user { id } } }", {
        id: addUser.user.id,
        roles,
      });
    const closed = { code: 4403, reason: "Forbidden" };

    const demoted = await open(engine, await engine.login("eve", "another password"));
    await change(["ReadOnlyAdmin"]);
    await change(["QuotaConsumer"]);
    await expect.poll(() => demoted.closed).toEqual(closed);
    await change(["UserRole"]);

    const { data } = await engine.post('mutation { login(user: "eve", password: "another password") { accessToken refreshToken } }');
    const loggedOut = await open(engine, data!["login"].accessToken);
    await engine.post("mutation ($token: String!) { logout(refreshToken: $token) { loggedOut } }", { token: data!["login"].refreshToken });
    await expect.poll(() => loggedOut.closed).toEqual(closed);

    const removed = await open(engine, await engine.login("eve", "another password"));
    await engine.ask("mutation ($id: ID!) { removeUser(id: $id) { user { id } } }", { id: addUser.user.id });
    await expect.poll(() => removed.closed).toEqual(closed);
    expect(admin.closed).toBeNull();
  });

  test("that breaks the protocol is closed, and the others are unharmed", async () => {
    const engine = await startTestEngine();
    const token = await engine.login();
    const other = await open(engine, token);
    const malformed = await bareSocket(engine.url);
    malformed.socket.send("not JSON");
    const early = await bareSocket(engine.url);
    ask(early, "1", "{ __typename }");
    const twice = await open(engine, token);
    twice.send({ type: "connection_init" });
    const same = await open(engine, token);
    for (let time = 0; time < 2; time++) ask(same, "1", "subscription { changes { id } }");
    await expect.poll(() => [malformed, early, twice, same].map(({ closed }) => closed?.code)).toEqual([4400, 4401, 4429, 4409]);
    ask(other, "1", "{ __typename }");
    await expect.poll(() => other.payloads).toHaveLength(1);
    expect(engine.defects).toEqual([]);
  });

  test("is told why a subscription ends when the engine stops", async () => {
    const engine = await startTestEngine();
    const bare = await open(engine, await engine.login());
    ask(bare, "1", "subscription { changes { id } }");
    await engine.server.close();
    await expect.poll(() => bare.closed).toEqual({ code: 1001, reason: "The engine is stopping" });
  });
});
