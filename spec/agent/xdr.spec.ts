import { array, assert, integer, option, property, string, uuid as uuids } from "fast-check";
import { describe, expect, it } from "vitest";
import { TypedKind, type TypedParameter, uuidFromBytes, uuidToBytes, XdrReader, XdrWriter } from "../../agent/libvirt/xdr.ts";

const read = (writer: XdrWriter) => new XdrReader(writer.finish());

describe("XDR", () => {
  it("reads back every string, padded to four bytes", () => {
    assert(
      property(array(string({ unit: "grapheme" })), option(string()), (texts, last) => {
        const writer = new XdrWriter();
        for (const text of texts) writer.string(text);
        writer.optionalString(last);
        expect(writer.finish().length % 4).toBe(0);
        const reader = read(writer);
        expect(texts.map(() => reader.string())).toEqual(texts);
        expect(reader.optionalString()).toBe(last);
      }),
    );
  });
  it("reads back integers at the ends of their ranges", () => {
    const writer = new XdrWriter()
      .int(-(2 ** 31))
      .uint(2 ** 32 - 1)
      .hyper(-(2n ** 63n))
      .hyper(2n ** 63n - 1n)
      .double(-0.1);
    const reader = read(writer);
    expect([reader.int(), reader.uint(), reader.hyper(), reader.unsignedHyper(), reader.double()]).toEqual([
      -(2 ** 31),
      2 ** 32 - 1,
      -(2n ** 63n),
      2n ** 63n - 1n,
      -0.1,
    ]);
  });
  it("reads back a domain", () => {
    assert(
      property(uuids(), string(), integer({ min: -1, max: 2 ** 31 - 1 }), (uuid, name, id) => {
        expect(uuidFromBytes(uuidToBytes(uuid))).toBe(uuid);
        expect(read(new XdrWriter().domain({ uuid, name, id })).domain()).toEqual({ uuid, name, id });
      }),
    );
  });
  it("reads back typed parameters of every kind", () => {
    const parameters: TypedParameter[] = [
      { name: "int", kind: TypedKind.INT, value: -5 },
      { name: "uint", kind: TypedKind.UINT, value: 4_000_000_000 },
      { name: "long", kind: TypedKind.LLONG, value: -(2 ** 53) },
      { name: "ulong", kind: TypedKind.ULLONG, value: 2 ** 53 },
      { name: "double", kind: TypedKind.DOUBLE, value: 1.5 },
      { name: "boolean", kind: TypedKind.BOOLEAN, value: true },
      { name: "string", kind: TypedKind.STRING, value: "tcp://h2:49152" },
    ];
    expect([...read(new XdrWriter().typedParameters(parameters)).typedParameters()]).toEqual(
      parameters.map(({ name, value }) => [name, value]),
    );
  });
  it("throws instead of reading past the end", () => {
    expect(() => new XdrReader(new Uint8Array(2)).int()).toThrow(RangeError);
    expect(() => new XdrReader(new Uint8Array([0, 0, 0, 9, 65])).string()).toThrow(RangeError);
    expect(() => new XdrReader(new Uint8Array([255, 255, 255, 255])).array(() => 0)).toThrow(RangeError);
  });
});
