/** XDR (RFC 4506) as libvirt's RPC uses it: big endian, every item padded to four bytes. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A domain as libvirt names it on the wire; `id` is -1 when it does not run. */
export interface Domain {
  name: string;
  uuid: string;
  id: number;
}

type TypedValue = number | bigint | boolean | string;
export interface TypedParameter {
  name: string;
  /** One of `TypedKind`; decides the encoding of `value`. */
  kind: number;
  value: TypedValue;
}
/** virTypedParameterType */
export const TypedKind = { INT: 1, UINT: 2, LLONG: 3, ULLONG: 4, DOUBLE: 5, BOOLEAN: 6, STRING: 7 } as const;

const padded = (length: number) => (length + 3) & ~3;

export const uuidToBytes = (uuid: string) =>
  Uint8Array.from(uuid.replaceAll("-", "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
export function uuidFromBytes(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export class XdrWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  #grow(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
  int(value: number): this {
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
    return this;
  }
  uint(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
    return this;
  }
  hyper(value: bigint): this {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, value);
    return this;
  }
  double(value: number): this {
    const at = this.#grow(8);
    this.#view.setFloat64(at, value);
    return this;
  }
  /** Fixed-length opaque. */
  opaque(bytes: Uint8Array): this {
    const at = this.#grow(padded(bytes.length));
    this.#bytes.set(bytes, at);
    return this;
  }
  string(text: string): this {
    const bytes = encoder.encode(text);
    return this.uint(bytes.length).opaque(bytes);
  }
  /** `remote_string`: a string that may be NULL. */
  optionalString(text: string | null): this {
    return text === null ? this.uint(0) : this.uint(1).string(text);
  }
  domain({ name, uuid, id }: Domain): this {
    return this.string(name).opaque(uuidToBytes(uuid)).int(id);
  }
  typedParameters(parameters: readonly TypedParameter[]): this {
    this.uint(parameters.length);
    for (const { name, kind, value } of parameters) {
      this.string(name).int(kind);
      if (kind === TypedKind.STRING) this.string(String(value));
      else if (kind === TypedKind.DOUBLE) this.double(Number(value));
      else if (kind === TypedKind.LLONG || kind === TypedKind.ULLONG) this.hyper(BigInt.asIntN(64, BigInt(value)));
      else this.int(Number(value) | 0);
    }
    return this;
  }
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Reads over a message; throws RangeError past its end. */
export class XdrReader {
  #view: DataView;
  #at = 0;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  #skip(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }
  int(): number {
    return this.#view.getInt32(this.#skip(4));
  }
  uint(): number {
    return this.#view.getUint32(this.#skip(4));
  }
  hyper(): bigint {
    return this.#view.getBigInt64(this.#skip(8));
  }
  unsignedHyper(): bigint {
    return this.#view.getBigUint64(this.#skip(8));
  }
  double(): number {
    return this.#view.getFloat64(this.#skip(8));
  }
  /** A view of the message, not a copy. */
  opaque(length: number): Uint8Array {
    const at = this.#skip(padded(length));
    if (at + length > this.bytes.length) throw new RangeError("XDR item reaches past the end of its message");
    return this.bytes.subarray(at, at + length);
  }
  string(): string {
    return decoder.decode(this.opaque(this.uint()));
  }
  optionalString(): string | null {
    return this.uint() ? this.string() : null;
  }
  domain(): Domain {
    return { name: this.string(), uuid: uuidFromBytes(this.opaque(16)), id: this.int() };
  }
  array<T>(item: () => T): T[] {
    const count = this.uint();
    if (count > this.bytes.length) throw new RangeError("XDR array is longer than its message");
    return Array.from({ length: count }, item);
  }
  /** Numbers above 2^53 lose precision: nothing the agent reads comes near. */
  typedParameters(): Map<string, number | boolean | string> {
    return new Map(this.array(() => [this.string(), this.#typedValue(this.int())] as const));
  }
  #typedValue(kind: number): number | boolean | string {
    switch (kind) {
      case TypedKind.INT:
        return this.int();
      case TypedKind.UINT:
        return this.uint();
      case TypedKind.LLONG:
        return Number(this.hyper());
      case TypedKind.ULLONG:
        return Number(this.unsignedHyper());
      case TypedKind.DOUBLE:
        return this.double();
      case TypedKind.BOOLEAN:
        return this.int() !== 0;
      case TypedKind.STRING:
        return this.string();
      default:
        throw new RangeError(`typed parameter of unknown kind ${kind}`);
    }
  }
}
