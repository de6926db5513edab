import { describe, expect, test } from "vitest";
import { badDeprecations, breakingChanges, undescribed } from "../../scripts/schemaRules.ts";

describe("What has no description", () => {
  test("is found in every corner of a schema", () => {
    const sdl = `
      directive @risk(level: Int) on FIELD_DEFINITION
      scalar Time
      enum Color { RED }
      input Wish { color: Color }
      interface Node { id: ID }
      type Thing implements Node { id: ID }
      union Any = Thing
      type Query { thing(wish: Wish): Any }`;
    expect(undescribed(sdl).toSorted()).toEqual(
      [
        "@risk",
        "@risk(level:)",
        "Any",
        "Color",
        "Color.RED",
        "Node",
        "Node.id",
        "Query",
        "Query.thing",
        "Query.thing(wish:)",
        "Thing",
        "Thing.id",
        "Time",
        "Time @specifiedBy",
        "Wish",
        "Wish.color",
      ].toSorted(),
    );
  });

  test("is not what says a word about itself", () => {
    expect(undescribed('"Of all." type Query { "Now." time: Time } "When." scalar Time @specifiedBy(url: "https://example.org")')).toEqual(
      [],
    );
  });
});

describe("A change of the schema", () => {
  const REASON = "2027-03-01: use `Vm.host`.";
  const schemaOf = (deprecated = "") => `
    enum Color { RED BLUE ${deprecated} }
    input Wish { color: Color size: Int ${deprecated} }
    type Old { id: ID }
    type Vm { host: ID node: ID ${deprecated} old: Old ${deprecated} }
    type Query { vm(wish: Wish, id: ID ${deprecated}): Vm }`;
  const later = `
    enum Color { RED }
    input Wish { color: Color }
    type Vm { host: ID }
    type Query { vm(wish: Wish): Vm }`;

  test("that takes something away is refused", () => {
    const told = breakingChanges(schemaOf(), later, "2030-01-01").join("\n");
    for (const gone of ["Vm.node", "Vm.old", "Old was removed", "BLUE", "Wish.size", "Query.vm arg id"]) expect(told).toContain(gone);
  });

  test("that makes an answer nullable, an argument required or a type another one is refused", () => {
    const before = "type Query { a: Int! b(c: Int): Int }";
    expect(breakingChanges(before, "type Query { a: Int b(c: Int): Int }", "2030-01-01")).toHaveLength(1);
    expect(breakingChanges(before, "type Query { a: Int! b(c: Int!): Int }", "2030-01-01")).toHaveLength(1);
    expect(breakingChanges(before, "type Query { a: Int! b(c: Int): String }", "2030-01-01")).toHaveLength(1);
    expect(breakingChanges(before, "type Query { a: Int! b(c: Int, d: Int): Int e: Int }", "2030-01-01")).toEqual([]);
  });

  test("is taken when it was told in the release before, and its day has come", () => {
    const told = schemaOf(`@deprecated(reason: "${REASON}")`);
    expect(breakingChanges(told, later, "2027-03-01")).toEqual([]);
    expect(breakingChanges(told, later, "2027-02-28")).not.toEqual([]);
    expect(breakingChanges(schemaOf('@deprecated(reason: "It is old.")'), later, "2030-01-01")).not.toEqual([]);
  });

  test("is told with its day and a successor that there is", () => {
    expect(badDeprecations(schemaOf(`@deprecated(reason: "${REASON}")`))).toEqual([]);
    expect(badDeprecations(schemaOf("@deprecated"))).toHaveLength(5);
    expect(badDeprecations(schemaOf('@deprecated(reason: "2027-03-01: use `Vm.place`.")'))[0]).toMatch(/there is no Vm\.place$/);
  });
});
