import { readFileSync, writeFileSync } from "node:fs";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import type { RowOf } from "../../src/domain/kinds.ts";
import { buildDomainXml } from "../../src/domain/vm/domainXml/build.ts";
import type { DomainDisk, DomainNic, DomainXmlInput } from "../../src/domain/vm/domainXml/input.ts";
import { newestMachineType } from "../../src/domain/vm/domainXml/platform.ts";
import { aCluster, aDisk, aHost, anAttachment, aNic, aVm, capabilities, GIB, uuid } from "../placement/rows.ts";
import { domainFaults, whyNoDomainSchema } from "../support/xmllint.ts";

/** One golden file per feature. `UPDATE_GOLDEN=1` writes them anew: then read the difference. */
const GOLDEN = new URL("./domainXml/", import.meta.url);

const disk = (n: number, attachment: Partial<RowOf<"DiskAttachment">> = {}, patch: Partial<RowOf<"Disk">> = {}): DomainDisk => {
  const id = uuid(0x500 + n);
  return {
    attachment: anAttachment({ id: uuid(0x800 + n), diskId: id, bootable: n === 0, ...attachment }),
    disk: aDisk({ id, ...patch }),
    path: `/srv/data/${uuid(0x600)}/images/${id}/${uuid(0x700)}`,
  };
};
const nic = (n: number, patch: Partial<RowOf<"Nic">> = {}, bridge: string | null = "br-vm", mtu: number | null = 1_500): DomainNic => ({
  nic: aNic({ id: uuid(0x200 + n), name: `nic${n + 1}`, macAddress: `56:6f:00:00:00:0${n + 1}`, ...patch }),
  bridge,
  mtu,
});
const emulated = aHost({ id: uuid(0x11), virtualization: "QEMU", capabilities: capabilities({ virtualization: "qemu" }) });
const kvm = aHost({ id: uuid(0x11) });
const input = (patch: Partial<DomainXmlInput> = {}): DomainXmlInput => ({
  vm: aVm(),
  cluster: aCluster(),
  host: kvm,
  disks: [disk(0)],
  nics: [nic(0)],
  ...patch,
});
const os = (patch: Partial<RowOf<"Vm">["os"]>) => ({ ...aVm().os, ...patch });

const FEATURES: Record<string, DomainXmlInput> = {
  kvm: input(),
  emulation: input({ host: emulated }),
  empty: input({ disks: [], nics: [] }),
  i440fx: input({ vm: aVm({ bios: { type: "I440FX_SEA_BIOS" } }) }),
  uefi: input({ vm: aVm({ bios: { type: "Q35_OVMF" } }) }),
  "uefi-of-cluster": input({ cluster: aCluster({ biosType: "Q35_OVMF" }) }),
  "custom-machine": input({ vm: aVm({ customEmulatedMachine: "pc-i440fx-6.2" }) }),
  "cpu-of-cluster": input({ cluster: aCluster({ cpu: { architecture: "X86_64", type: "EPYC" } }) }),
  "cpu-custom": input({
    vm: aVm({ customCpuModel: "Haswell-noTSX", cpu: { topology: { sockets: 2, cores: 4, threads: 2 } } }),
    cluster: aCluster({ cpu: { architecture: "X86_64", type: "EPYC" } }),
  }),
  "direct-boot": input({
    vm: aVm({ os: os({ kernel: "/var/lib/overt/vmlinux", initrd: "/var/lib/overt/initrd.img", cmdline: 'console=ttyS0 a="<&>"' }) }),
  }),
  "boot-network-first": input({ vm: aVm({ os: os({ boot: { devices: ["NETWORK", "CDROM", "HD"] } }) }), nics: [nic(1), nic(0)] }),
  disks: input({
    disks: [
      disk(1, {}, { format: "RAW" }),
      disk(0),
      disk(2, { interface: "VIRTIO_SCSI", readOnly: true }),
      disk(3, { interface: "SATA" }, { format: "RAW" }),
    ],
  }),
  nics: input({
    nics: [nic(2, { interface: "RTL8139" }, null, null), nic(1, { interface: "E1000E", linked: false }, "br-dmz", 9_000), nic(0)],
  }),
  "no-balloon": input({ vm: aVm({ memoryPolicy: { guaranteed: GIB, ballooning: false } }) }),
  "no-balloon-in-cluster": input({ cluster: aCluster({ ballooningEnabled: false }) }),
  "no-rng": input({ vm: aVm({ rngDevice: null }) }),
  "hardware-rng": input({ vm: aVm({ rngDevice: { source: "HWRNG" } }) }),
  "serial-console": input({ vm: aVm({ console: { enabled: true } }) }),
  desktop: input({ vm: aVm({ type: "DESKTOP" }) }),
  "escaped-name": input({ vm: aVm({ name: `a<b>&"c" 'd' ü` }) }),
};

const missing = whyNoDomainSchema();

describe.for(Object.entries(FEATURES))("The domain of the feature %s", ([feature, asked]) => {
  const xml = buildDomainXml(asked);
  const golden = new URL(`${feature}.xml`, GOLDEN);

  test("is the golden file to the letter", () => {
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden, `${xml}\n`);
    expect(`${xml}\n`).toBe(readFileSync(golden, "utf8"));
  });

  test("is valid by libvirt's schema", ({ skip }) => {
    skip(missing !== null, missing ?? "");
    expect(domainFaults(xml)).toBeNull();
  });
});

test("The same input gives the same text, and the input stays as it was", () => {
  const asked = structuredClone(input({ disks: [disk(1), disk(0)], nics: [nic(1), nic(0)] }));
  const before = structuredClone(asked);
  expect(buildDomainXml(asked)).toBe(buildDomainXml(asked));
  expect(asked).toEqual(before);
});

test("Names and command lines come through XML as they went in, and characters that XML cannot carry do not break it", () => {
  const name = `<&>"']]> & ünï`;
  const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false, processEntities: true, trimValues: false });
  const read = (xml: string) => (parser.parse(xml) as { domain: { name: string; os: { cmdline: string } } }).domain;
  const domain = read(buildDomainXml(input({ vm: aVm({ name, os: os({ kernel: "/k", cmdline: `x="1 < 2 && 3"\u0000\u0007` }) }) })));
  expect(domain.name).toBe(name);
  expect(domain.os.cmdline).toBe(`x="1 < 2 && 3"`);
});

test("The newest machine type of a chipset is chosen by number, not by letter", () => {
  const upstream = ["pc-q35-10.0", "pc-q35-9.2", "q35", "pc-i440fx-10.0", "pc", "microvm"];
  expect(newestMachineType("q35", upstream)).toBe("pc-q35-10.0");
  expect(newestMachineType("i440fx", upstream)).toBe("pc-i440fx-10.0");
  expect(newestMachineType("q35", ["pc-q35-rhel8.6.0", "pc-q35-rhel9.4.0", "pc-q35-rhel9.2.0"])).toBe("pc-q35-rhel9.4.0");
  expect(newestMachineType("q35", ["pc", "q35"])).toBe("q35");
  expect(newestMachineType("i440fx", ["q35"])).toBeNull();
});

test("More than 26 disks get names of two letters", () => {
  const xml = buildDomainXml(input({ disks: Array.from({ length: 28 }, (_none, n) => disk(n)) }));
  expect([...xml.matchAll(/<target dev="(vd\w+)"/gu)].map((match) => match[1]).slice(-3)).toEqual(["vdz", "vdaa", "vdab"]);
});

const portsWith = (disks: number) =>
  buildDomainXml(input({ disks: Array.from({ length: disks }, (_none, n) => disk(n)) })).match(/model="pcie-root-port"/gu)!.length;
test("There are as many free ports for hot-plug however many disks the VM has", () => {
  expect(portsWith(20) - portsWith(1)).toBe(19);
});
