import { mkdir, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { GraphQLScalarType } from "graphql";
import { Arg, Field, Int, ObjectType, Query, Resolver } from "type-graphql";
import { describe, expect, inject, test } from "vitest";
import { ERROR_CODES, OvertError, type ErrorCode } from "../../src/errors.ts";
import { RESOLVERS } from "../../src/resolvers/schema.ts";
import { startTestEngine } from "../support/engine.ts";

const Odd = new GraphQLScalarType({
  name: "Odd",
  serialize: () => {
    throw new Error("secret of a scalar");
  },
});
@ObjectType()
class Broken {
  @Field() missing: string;
  @Field(() => Odd) odd: number;
}
@Resolver()
class Failing {
  @Query(() => Int, { nullable: true })
  refuse(@Arg("code", () => String) code: string): number {
    throw new OvertError(code as ErrorCode, "Refused.", [{ code: "WHY", message: "because", path: "input.x" }]);
  }
  @Query(() => Int, { nullable: true })
  crash(): number {
    throw new Error("SELECT secret FROM /etc/passwd");
  }
  @Query(() => Broken, { nullable: true })
  broken() {
    return { odd: 1 };
  }
  @Query(() => Int)
  positive(@Arg("n", () => Int, { defaultValue: 1 }) n: number) {
    return n;
  }
}
const start = () => startTestEngine({ resolvers: [...RESOLVERS, Failing] });

describe("Errors", () => {
  test("that are expected keep code, words, reasons and path", async () => {
    const { post, login, defects } = await start();
    const token = await login();
    for (const code of ERROR_CODES) {
      const { data, errors } = await post("query ($code: String!) { refuse(code: $code) }", { code }, token);
      expect(data).toEqual({ refuse: null });
      expect(errors).toEqual([
        {
          message: "Refused.",
          path: ["refuse"],
          locations: [{ line: 1, column: 26 }],
          extensions: { code, reasons: [{ code: "WHY", message: "because", path: "input.x" }] },
        },
      ]);
    }
    expect(defects).toEqual([]);
  });

  test("that are defects tell nothing, and are in the log under the id that the client is told", async () => {
    const { post, login, defects } = await start();
    const token = await login();
    const { errors } = await post("{ crash broken { missing odd } }", {}, token);
    expect(errors).toHaveLength(2);
    for (const { message, extensions } of errors!) {
      expect([message, extensions.code]).toEqual(["Internal error.", "INTERNAL"]);
      expect(defects.filter((line) => line.includes(extensions.correlationId!))).toHaveLength(1);
    }
    expect(JSON.stringify(errors)).not.toMatch(/SELECT|passwd|stack|secret|node_modules/);
    expect(defects.join()).toContain("SELECT secret");
  });

  test("of the request itself are INVALID", async () => {
    const { post, login, defects } = await start();
    const token = await login();
    const requests: [string, object][] = [
      ["{", {}],
      ["{ nothing }", {}],
      ["query ($n: Int!) { positive(n: $n) }", {}],
      ["query ($n: Int!) { positive(n: $n) }", { n: "x" }],
      ["query ($n: Int = 1) { positive(n: $n) }", { n: null }],
      ["{ positive(n: null) }", {}],
      ["query A { positive } query B { positive }", {}],
      ['{ hosts(search: "status = nonsense") { totalCount } }', {}],
      ['{ hosts(after: "nonsense") { totalCount } }', {}],
    ];
    for (const [query, variables] of requests) {
      const { errors } = await post(query, variables as Record<string, unknown>, token);
      expect(
        errors?.map(({ extensions }) => extensions.code),
        query,
      ).toEqual(["INVALID"]);
      expect(errors![0]!.extensions.reasons).toBeInstanceOf(Array);
    }
    expect(defects).toEqual([]);
  });

  test("of the transport have the same shape", async () => {
    const { url, login } = await start();
    const authorization = `Bearer ${await login()}`;
    const send = async (init: RequestInit) => {
      const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json", authorization }, ...init });
      const text = await response.text();
      return [response.status, JSON.parse(text).errors?.[0].extensions.code];
    };
    expect(await send({ body: "{" })).toEqual([400, "INVALID"]);
    expect(await send({ body: "[]" })).toEqual([400, "INVALID"]);
    expect(await send({ body: '[{"query":"{ __typename }"}]' })).toEqual([400, "INVALID"]);
    expect(await send({ body: "{}" })).toEqual([400, "INVALID"]);
    expect(await send({ body: '{"query":"{ __typename }"}', headers: { "content-type": "text/plain" } })).toEqual([400, "INVALID"]);
    expect(await send({ body: '{"query":"{ __typename }"}', headers: { "content-type": "application/json; charset=latin1" } })).toEqual([
      415,
      "INVALID",
    ]);
    expect(await send({ method: "PUT", body: '{"query":"{ __typename }"}' })).toEqual([405, "INVALID"]);
    expect(await send({ body: '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}' })).toEqual([200, "INVALID"]);
  });
});

describe("The server", () => {
  test("says whether it lives and is ready", async () => {
    const { url, engine } = await start();
    const get = async (path: string) => (await fetch(new URL(path, url))).status;
    expect([await get("/healthz"), await get("/readyz")]).toEqual([200, 200]);
    Object.assign(engine.database, { check: async () => "DATABASE_DOWN" });
    expect([await get("/healthz"), await get("/readyz")]).toEqual([200, 503]);
  });

  test("serves the dashboard at one path, and says of any other that there is nothing", async () => {
    const webDirectory = join(inject("specFolder"), randomUUID());
    await mkdir(join(webDirectory, "assets"), { recursive: true });
    await writeFile(join(webDirectory, "index.html"), "<title>Overt</title>");
    await writeFile(join(webDirectory, "assets", "main-1a2b.js"), "export {};");
    const { url } = await startTestEngine({ webDirectory });
    const get = async (path: string, accept = "text/html,application/xhtml+xml,*/*;q=0.8", method = "GET") => {
      const response = await fetch(new URL(path, url), { method, headers: { accept } });
      return { status: response.status, text: await response.text(), headers: response.headers };
    };
    for (const accept of ["text/html,*/*", "*/*", "application/json"])
      expect(await get("/?tab=x", accept)).toMatchObject({ status: 200, text: "<title>Overt</title>" });
    for (const path of ["/vms", "/hosts/1?tab=x", "/metrics", "/graphiql", "/graphql/", "/graphql/x", "/GraphQL", "/healthz/", "/assets"]) {
      const page = await get(path);
      expect([page.status, page.headers.get("content-type"), page.text], path).toEqual([
        404,
        "text/plain; charset=utf-8",
        "There is nothing here.\n",
      ]);
      const data = await get(path, "application/json");
      expect([data.status, JSON.parse(data.text).errors[0].extensions.code], path).toEqual([404, "NOT_FOUND"]);
      expect((await get(path, "*/*", "POST")).status, path).toBe(404);
    }
    const asset = await get("/assets/main-1a2b.js", "*/*");
    expect([asset.status, asset.headers.get("cache-control")]).toEqual([200, "public, max-age=31536000, immutable"]);
    expect((await get("/")).headers.get("content-security-policy")).toContain("default-src 'self'");
    for (const [path, accept] of [
      ["/assets/none.js", "*/*"],
      ["/none.json", "application/json"],
      ["/../package.json", "*/*"],
      ["/%2e%2e/package.json", "*/*"],
    ] as const)
      expect((await get(path, accept)).status, path).toBe(404);
    expect((await get("/healthz")).text).toBe("ok\n");
  });

  test("answers GraphQL and no page at /graphql", async () => {
    const { url } = await start();
    const response = await fetch(`${url}?query={__typename}`, { headers: { accept: "text/html" } });
    expect(response.headers.get("content-type")).not.toContain("html");
    const upgrade = await fetch(new URL("/elsewhere", url));
    expect([upgrade.status, upgrade.headers.get("x-powered-by")]).toEqual([404, null]);
  });

  test("reads one moment per query, and what a mutation wrote after it", async () => {
    const { ask } = await startTestEngine();
    const { a, b } = await ask(`mutation {
      a: addUser(input: { userName: "a", password: "long enough", roles: ["UserRole"] }) { user { userName } }
      b: addUser(input: { userName: "b", password: "long enough", roles: ["UserRole"] }) { user { userName } }
    }`);
    expect([a.user.userName, b.user.userName]).toEqual(["a@internal", "b@internal"]);
    const { users } = await ask("{ users { totalCount nodes { userName } } }");
    expect(users).toEqual({ totalCount: 3, nodes: ["a", "admin", "b"].map((name) => ({ userName: `${name}@internal` })) });
  });
});
