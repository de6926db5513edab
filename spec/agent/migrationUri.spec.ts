import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { migrationHandlers } from "../../agent/handlers/migration.ts";
import { parseCommand } from "../../agent/cli.ts";
import { createDispatch, type Handlers } from "../../agent/link/calls.ts";
import type { LibvirtSession } from "../../agent/libvirt/session.ts";
import { soundText } from "../../schema/hostlinkText.ts";
import { formatMigrationUri, parseMigrationUri } from "../../schema/migrationUri.ts";

const GOOD = [
  "qemu+tls://host1.example/system",
  "qemu+tcp://10.99.0.1:16509/system",
  "qemu+tcp://[fe80::1]/system",
  "qemu+ssh://root@host_1/system",
];
const EVIL = [
  "",
  "qemu:///system",
  "qemu+ext:///system?command=/bin/sh",
  "qemu+unix:///system?socket=/tmp/x",
  "qemu+ssh://host/system?command=x",
  "qemu+ssh://-oProxyCommand=x/system",
  "qemu+ssh://-l@host/system",
  "qemu+ssh://user:password@host/system",
  "qemu+tls://user@host/system",
  "qemu+tls://host/session",
  "qemu+tls://host/system/",
  "qemu+tls://host/system#x",
  "qemu+tls://host:0/system",
  "qemu+tls://host:70000/system",
  "qemu+tls://ho st/system",
  "qemu+tls://host/system\n",
  "qemu+tls://host\0/system",
  "xen+tls://host/system",
  "qemu+libssh2://host/system",
  `qemu+tls://${"x".repeat(5_000)}/system`,
];

describe("a URI for migrations", () => {
  it("names a transport, a host and its system daemon, and nothing else", () => {
    for (const uri of GOOD) expect(formatMigrationUri(parseMigrationUri(uri)!)).toBe(uri);
    for (const uri of EVIL) expect([uri, parseMigrationUri(uri)]).toEqual([uri, null]);
  });
  it("has no other form once it is read and written", () => {
    const part = fc.constantFrom(
      ..."qemu+tlscph:/@[]?#.%&= -_09azAZ\n\0".split(""),
      "system",
      "://",
      "qemu+tcp://h",
      "/system",
      "?command=",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const uri = parseMigrationUri(parts.join(""));
        if (uri)
          expect(formatMigrationUri(uri)).toMatch(/^qemu\+(tls|tcp|ssh):\/\/([\w.-]+@)?(\[[0-9a-f:.]+\]|[a-z0-9][\w.-]*)(:\d+)?\/system$/i);
      }),
      { numRuns: 2_000 },
    );
  });
  it("of another form is refused as INVALID before libvirt is asked for anything", async () => {
    const session = new Proxy({} as LibvirtSession, {
      get: () => {
        throw new Error("libvirt was asked");
      },
    });
    const dispatch = createDispatch(migrationHandlers(session) as unknown as Handlers, () => undefined);
    const migrate = (destinationUri: string) => {
      const call = { key: destinationUri.slice(0, 190) || "none", jobId: crypto.randomUUID(), step: "move", fence: 1 };
      const params = { vmId: crypto.randomUUID(), destinationUri, bandwidth: null, autoConverge: false, maximumDowntime: 1, call };
      return dispatch("vm.migrate", params, new AbortController().signal);
    };
    for (const uri of EVIL) await expect(migrate(uri)).rejects.toMatchObject({ code: "INVALID" });
    await expect(migrate(GOOD[0]!)).rejects.toMatchObject({ code: "INTERNAL", message: "libvirt was asked" });
  });
  it("of another form is not taken from the command line", () => {
    expect(parseCommand(["run", "--migration-uri", "qemu+ext:///system?command=x"])).toMatchObject({ name: "usage" });
    expect(parseCommand(["run", "--migration-uri", GOOD[0]!])).toMatchObject({ name: "run", migrationUri: GOOD[0] });
  });
});

describe("a sound text", () => {
  it("is well formed, has no controls, and is no longer than asked, whatever comes in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), fc.integer({ min: 1, max: 20 }), (text, most) => {
        const sound = soundText(`${text}\ud800${text}`, most);
        expect(sound.isWellFormed() && sound.length <= most && !/[\p{Cc}\u202a-\u202e]/u.test(sound)).toBe(true);
      }),
    );
    expect(soundText("Grüße, 世界 😀", 255)).toBe("Grüße, 世界 😀");
    expect(soundText("😀😀", 3)).toBe("😀");
  });
});
