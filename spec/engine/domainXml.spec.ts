import { readFileSync, writeFileSync } from "node:fs";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import type { RowOf } from "../../src/domain/kinds.ts";
import { buildDomainXml } from "../../src/domain/vm/domainXml/build.ts";
import type { DomainDisk, DomainNic, DomainXmlInput } from "../../src/domain/vm/domainXml/input.ts";
import { newestMachineType } from "../../src/domain/vm/domainXml/platform.ts";
import { aCluster, aDisk, aHost, anAttachment, aNic, aQos, aVm, capabilities, GIB, uuid } from "../placement/rows.ts";
import { domainFaults, whyNoDomainSchema } from "../support/xmllint.ts";

/**
 * One golden file per feature, so that every change of the XML is seen in review. They are renewed by
 * `UPDATE_GOLDEN=1 npx vitest run --project fast spec/engine/domainXml.spec.ts`, and then read: a wrong file passes here.
 * What must not become wrong is said by the facts below, which look at the XML itself.
 */
const GOLDEN = new URL("./domainXml/", import.meta.url);

const disk = (n: number, attachment: Partial<RowOf<"DiskAttachment">> = {}, patch: Partial<RowOf<"Disk">> = {}): DomainDisk => {
  const id = uuid(0x500 + n);
  return {
    attachment: anAttachment({ id: uuid(0x800 + n), diskId: id, bootable: n === 0, ...attachment }),
    disk: aDisk({ id, ...patch }),
    path: `/srv/data/${uuid(0x600)}/images/${id}/${uuid(0x700)}`,
    qos: null,
  };
};
const nic = (n: number, patch: Partial<RowOf<"Nic">> = {}, bridge: string | null = "br-vm", mtu: number | null = 1_500): DomainNic => ({
  nic: aNic({ id: uuid(0x200 + n), name: `nic${n + 1}`, macAddress: `56:6f:00:00:00:0${n + 1}`, ...patch }),
  bridge,
  mtu,
  qos: null,
});
const emulated = aHost({ id: uuid(0x11), virtualization: "QEMU", capabilities: capabilities({ virtualization: "qemu" }) });
const kvm = aHost({ id: uuid(0x11) });
const input = (patch: Partial<DomainXmlInput> = {}): DomainXmlInput => ({
  vm: aVm(),
  cluster: aCluster(),
  host: kvm,
  cpuLimit: null,
  at: new Date("2026-07-01T12:00:00Z"),
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
  "cpu-shares": input({ vm: aVm({ cpuShares: 512 }) }),
  "no-rng": input({ vm: aVm({ rngDevice: null }) }),
  "hardware-rng": input({ vm: aVm({ rngDevice: { source: "HWRNG" } }) }),
  "serial-console": input({ vm: aVm({ console: { enabled: true } }) }),
  desktop: input({ vm: aVm({ type: "DESKTOP" }) }),
  "escaped-name": input({ vm: aVm({ name: `a<b>&"c" 'd' ü` }) }),
};

/** What a machine can be equipped with beside; each is looked at by itself. */
const EQUIPPED: Record<string, DomainXmlInput> = {
  "boot-menu": input({ vm: aVm({ bios: { type: "CLUSTER_DEFAULT", bootMenu: { enabled: true } } }) }),
  "cpu-pinned": input({
    vm: aVm({
      cpuShares: 512,
      cpuPinningPolicy: "MANUAL",
      cpu: { topology: { sockets: 1, cores: 2, threads: 1 }, cpuTune: { vcpuPins: [{ vcpu: 1, cpuSet: "0-3,^2" }] } },
    }),
  }),
  "cpu-of-host": input({ vm: aVm({ cpu: { topology: { sockets: 1, cores: 2, threads: 1 }, mode: "HOST_PASSTHROUGH" } }) }),
  "cpu-like-host": input({ vm: aVm({ cpu: { topology: { sockets: 1, cores: 2, threads: 1 }, mode: "HOST_MODEL" } }) }),
  "cpu-of-emulator": input({
    host: emulated,
    vm: aVm({ cpu: { topology: { sockets: 1, cores: 2, threads: 1 }, mode: "HOST_PASSTHROUGH" } }),
  }),
  "serial-of-vm": input({ vm: aVm({ serialNumber: { policy: "VM", value: null } }) }),
  "serial-of-host": input({
    host: aHost({ id: uuid(0x11), hardwareUuid: uuid(0xaa) }),
    vm: aVm({ serialNumber: { policy: "HOST", value: null } }),
  }),
  "serial-own": input({ vm: aVm({ serialNumber: { policy: "CUSTOM", value: "A<1>" } }) }),
  "serial-of-cluster": input({ cluster: aCluster({ serialNumber: { policy: "VM", value: null } }) }),
  "local-time": input({ vm: aVm({ timeZone: { name: "Europe/Berlin" } }) }),
  sound: input({ vm: aVm({ soundcardEnabled: true }) }),
  "sound-i440fx": input({ vm: aVm({ soundcardEnabled: true, bios: { type: "I440FX_SEA_BIOS" } }) }),
  watchdog: input({ vm: aVm({ watchdog: { model: "I6300ESB", action: "RESET" } }) }),
  "server-with-usb": input({ vm: aVm({ usb: { enabled: true, type: "NATIVE" } }) }),
  "desktop-without-usb": input({ vm: aVm({ type: "DESKTOP", usb: { enabled: false, type: null } }) }),
  "no-scsi": input({ vm: aVm({ virtioScsi: { enabled: false } }) }),
  queues: input({
    vm: aVm({ virtioScsiMultiQueuesEnabled: true, multiQueuesEnabled: true, cpu: { topology: { sockets: 2, cores: 4, threads: 1 } } }),
  }),
  "disk-errors": input({ disks: [disk(0, { passDiscard: false }, { propagateErrors: true })] }),
  "io-threads": input({ vm: aVm({ io: { threads: 2 } }), disks: [disk(0), disk(1), disk(2), disk(3, { interface: "SATA" })] }),
  screens: input({ vm: aVm({ display: { type: "VNC", videoType: "VIRTIO", monitors: 2, keyboardLayout: "de" } }) }),
  limits: input({
    cpuLimit: 50,
    disks: [
      { ...disk(0), qos: aQos({ type: "STORAGE", maxReadThroughput: 10, maxWriteThroughput: 5, maxIops: 100 }) },
      { ...disk(1), qos: aQos({ type: "STORAGE" }) },
    ],
    nics: [{ ...nic(0), qos: aQos({ type: "NETWORK", inboundAverage: 100, inboundPeak: 200, inboundBurst: 10 }) }],
  }),
  properties: input({
    vm: aVm({
      customProperties: [
        { name: "viodiskcache", value: "writethrough" },
        { name: "hugepages", value: "2048" },
        { name: "colour", value: `<"red">` },
      ],
    }),
  }),
};

/** An element as the parser gives it: attributes by `@name`, text by `#text`. */
type Node = any;
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  trimValues: false,
  isArray: (name) => ["disk", "interface", "controller", "feature", "timer"].includes(name),
});
const domainOf = (feature: string): Node => (parser.parse(buildDomainXml((FEATURES[feature] ?? EQUIPPED[feature])!)) as Node).domain;

describe("The domain's XML says", () => {
  const id = uuid(0x100);
  test("whose it is by id alone: the name, which libvirt makes files and sockets of, is the id, and the title what people call it", () => {
    for (const [feature, { vm }] of Object.entries(FEATURES)) {
      const domain = domainOf(feature);
      expect([feature, domain.name, domain.uuid, domain.title]).toEqual([feature, id, id, expect.any(String)]);
      expect(domain.metadata["overt:vm"]["@id"]).toBe(vm.id);
    }
    expect(domainOf("kvm").title).toBe(aVm().name);
    const titled = (name: string) => (parser.parse(buildDomainXml(input({ vm: aVm({ name }) }))) as Node).domain.title;
    expect(titled("one\ntwo\r\nthree")).toBe("one two three");
  });

  test("how it is run: emulated or not, memory, processors and their one exact model", () => {
    expect([domainOf("kvm")["@type"], domainOf("emulation")["@type"]]).toEqual(["kvm", "qemu"]);
    for (const feature of Object.keys(FEATURES)) {
      const { memory, currentMemory, vcpu, cpu } = domainOf(feature);
      expect([memory["@unit"], memory["#text"], currentMemory["#text"]]).toEqual(["KiB", String(GIB / 1024), String(GIB / 1024)]);
      const { "@sockets": sockets, "@cores": cores, "@threads": threads } = cpu.topology;
      expect(Number(vcpu["#text"])).toBe(sockets * cores * threads);
      expect([cpu["@mode"], cpu["@match"], cpu.model["@fallback"]]).toEqual(["custom", "exact", "forbid"]);
    }
    const models = ["kvm", "emulation", "cpu-of-cluster", "cpu-custom"].map((feature) => domainOf(feature).cpu.model["#text"]);
    expect(models).toEqual(["Nehalem", "qemu64", "EPYC", "Haswell-noTSX"]);
    expect(["kvm", "cpu-shares"].map((feature) => domainOf(feature).cputune?.shares)).toEqual([undefined, "512"]);
  });

  test("what it boots: machine, firmware, kernel, and the order of its devices", () => {
    const machines = ["kvm", "i440fx", "custom-machine"].map((feature) => domainOf(feature).os.type["@machine"]);
    expect(machines).toEqual(["pc-q35-7.2", "pc-i440fx-7.2", "pc-i440fx-6.2"]);
    const firmware = ["kvm", "uefi", "uefi-of-cluster"].map((feature) => domainOf(feature).os["@firmware"]);
    expect(firmware).toEqual([undefined, "efi", "efi"]);
    const { kernel, initrd, cmdline } = domainOf("direct-boot").os;
    expect([kernel, initrd, cmdline]).toEqual(["/var/lib/overt/vmlinux", "/var/lib/overt/initrd.img", 'console=ttyS0 a="<&>"']);
    const order = (feature: string) => {
      const { disk: disks = [], interface: nics = [] } = domainOf(feature).devices;
      return [
        ...disks.map((one: Node) => [one.target["@dev"], one.boot?.["@order"]]),
        ...nics.map((one: Node) => [one.mac["@address"], one.boot?.["@order"]]),
      ];
    };
    expect(order("kvm")).toEqual([["vda", "1"], ["56:6f:00:00:00:01", undefined]]); // prettier-ignore
    expect(order("boot-network-first")).toEqual([["vda", "3"], ["56:6f:00:00:00:01", "1"], ["56:6f:00:00:00:02", "2"]]); // prettier-ignore
  });

  test("which disks it has: file, format, bus, read-only, and nothing kept in the host's cache", () => {
    const disks = domainOf("disks").devices.disk.map(({ source, driver, target, readonly, serial }: Node) => ({
      file: source["@file"].split("/").at(-2),
      type: driver["@type"],
      at: `${target["@bus"]} ${target["@dev"]}`,
      readOnly: readonly !== undefined,
      serial,
    }));
    const image = (n: number) => ({ file: uuid(0x500 + n), serial: uuid(0x500 + n) });
    expect(disks).toEqual([
      { ...image(0), type: "qcow2", at: "virtio vda", readOnly: false },
      { ...image(1), type: "raw", at: "virtio vdb", readOnly: false },
      { ...image(2), type: "qcow2", at: "scsi sda", readOnly: true },
      { ...image(3), type: "raw", at: "sata sdb", readOnly: false },
    ]);
    for (const { driver, source, alias, serial } of domainOf("disks").devices.disk) {
      expect([driver["@cache"], driver["@io"], driver["@error_policy"], driver["@discard"]]).toEqual(["none", "threads", "stop", "unmap"]);
      expect([source["@file"], alias["@name"]]).toEqual([`/srv/data/${uuid(0x600)}/images/${serial}/${uuid(0x700)}`, `ua-${serial}`]);
    }
  });

  test("which NICs it has: address, bridge, model, cable", () => {
    const nics = domainOf("nics").devices.interface.map(({ mac, source, model, link, mtu, ...rest }: Node) => [
      mac["@address"],
      rest["@type"],
      source?.["@bridge"],
      model["@type"],
      link["@state"],
      mtu?.["@size"],
    ]);
    expect(nics).toEqual([
      ["56:6f:00:00:00:01", "bridge", "br-vm", "virtio", "up", "1500"],
      ["56:6f:00:00:00:02", "bridge", "br-dmz", "e1000e", "down", "9000"],
      ["56:6f:00:00:00:03", "ethernet", undefined, "rtl8139", "down", undefined],
    ]);
    const aliases = domainOf("nics").devices.interface.map(({ alias }: Node) => alias["@name"]);
    expect(aliases).toEqual([0, 1, 2].map((n) => `ua-${uuid(0x200 + n)}`));
  });

  test("what time and what power it has: a clock in UTC, timers under KVM, ACPI, and a small cache where it is emulated", () => {
    for (const feature of Object.keys(FEATURES)) {
      const { clock, features } = domainOf(feature);
      expect([feature, clock["@offset"], features.acpi, features.apic]).toEqual([feature, "utc", "", ""]);
    }
    const timers = (feature: string) => (domainOf(feature).clock.timer ?? []).map((timer: Node) => Object.values(timer).join(" "));
    expect([timers("kvm"), timers("emulation")]).toEqual([["rtc catchup", "pit delay", "hpet no"], []]);
    const cache = (feature: string) => domainOf(feature).features.tcg?.["tb-cache"];
    expect([cache("kvm"), cache("emulation")]).toEqual([undefined, { "@unit": "MiB", "#text": "32" }]);
    const secureBoot = domainOf("uefi").os.firmware.feature.map((one: Node) => `${one["@name"]} ${one["@enabled"]}`);
    expect(secureBoot).toEqual(["enrolled-keys no", "secure-boot no"]);
  });

  test("which screen it has: VNC where the host's own settings say, on a port that is free", () => {
    for (const feature of ["kvm", "desktop"]) {
      const { "@type": type, "@port": port, "@autoport": auto, "@listen": address, listen } = domainOf(feature).devices.graphics;
      expect([type, port, auto, address, listen]).toEqual(["vnc", "-1", "yes", undefined, { "@type": "address" }]);
    }
    const video = (feature: string) => domainOf(feature).devices.video.model;
    expect(video("kvm")).toEqual({ "@type": "vga", "@vram": "16384", "@heads": "1" });
    expect(video("desktop")).toEqual({ "@type": "virtio", "@heads": "1" });
    // Given, because libvirt would give it too late to match a saved memory.
    expect(domainOf("desktop").devices.input.address).toEqual({ "@type": "usb", "@bus": "0", "@port": "1" });
  });

  test("which buses it has: SCSI and serial always, and on q35 a port for each device and eight to spare", () => {
    const buses = (feature: string) =>
      domainOf(feature).devices.controller.map((one: Node) => [one["@type"], one["@model"]].join(" ").trim());
    const without = (feature: string) => buses(feature).filter((bus: string) => bus !== "pci pcie-root-port");
    expect(without("kvm")).toEqual(["pci pcie-root", "scsi virtio-scsi", "virtio-serial", "usb none"]);
    expect(buses("i440fx")).toEqual(["pci pci-root", "scsi virtio-scsi", "virtio-serial", "usb none"]);
    const ports = (feature: string) => buses(feature).length - without(feature).length;
    // Four fixed devices; virtio disks and NICs; eight.
    expect([ports("empty"), ports("kvm"), ports("disks")]).toEqual([12, 14, 15]);
  });

  test("which other devices it has: agent channel, balloon, random numbers, console, tablet", () => {
    const facts = (feature: string) => {
      const { channel, memballoon, rng, serial, input: tablet, controller } = domainOf(feature).devices;
      return {
        agent: channel.target["@name"],
        balloon: memballoon["@model"],
        period: memballoon.stats?.["@period"],
        rng: rng?.backend["#text"],
        serial: serial?.["@type"],
        tablet: tablet?.["@type"],
        usb: controller.find((one: Node) => one["@type"] === "usb")["@model"],
      };
    };
    const usual = { agent: "org.qemu.guest_agent.0", balloon: "virtio", period: "5", rng: "/dev/urandom", usb: "none" };
    expect(facts("kvm")).toEqual(usual);
    expect(facts("no-balloon")).toEqual({ ...usual, balloon: "none", period: undefined });
    expect(facts("no-balloon-in-cluster")).toEqual({ ...usual, balloon: "none", period: undefined });
    expect(facts("no-rng")).toEqual({ ...usual, rng: undefined });
    expect(facts("hardware-rng")).toEqual({ ...usual, rng: "/dev/hwrng" });
    expect(facts("serial-console")).toEqual({ ...usual, serial: "pty" });
    expect(facts("desktop")).toEqual({ ...usual, tablet: "tablet", usb: "qemu-xhci" });
  });

  test("what it is equipped with, and only where that is asked for", () => {
    const plain = domainOf("kvm");
    expect([plain.os.bootmenu, plain.sysinfo, plain.os.smbios, plain.iothreads, plain.memoryBacking, plain.cputune]).toEqual(
      Array.from({ length: 6 }),
    );
    expect([plain.devices.sound, plain.devices.watchdog, plain.metadata["overt:vm"]["overt:custom"]]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(domainOf("boot-menu").os.bootmenu["@enable"]).toBe("yes");
    expect(domainOf("cpu-pinned").cputune).toMatchObject({ shares: "512", vcpupin: { "@vcpu": "1", "@cpuset": "0-3,^2" } });
    const modes = ["cpu-of-host", "cpu-like-host", "cpu-of-emulator"].map((feature) => domainOf(feature).cpu);
    expect(modes.map((cpu) => [cpu["@mode"], cpu.model])).toEqual(
      ["host-passthrough", "host-model", "maximum"].map((mode) => [mode, undefined]),
    );
    const serial = (feature: string) => [domainOf(feature).sysinfo.system.entry["#text"], domainOf(feature).os.smbios["@mode"]];
    expect(["serial-of-vm", "serial-of-host", "serial-own", "serial-of-cluster"].map(serial)).toEqual(
      [id, uuid(0xaa), "A<1>", id].map((text) => [text, "sysinfo"]),
    );
    // Summer time.
    expect(domainOf("local-time").clock).toMatchObject({ "@offset": "variable", "@adjustment": "7200", "@basis": "utc" });
    expect(["sound", "sound-i440fx"].map((feature) => domainOf(feature).devices.sound["@model"])).toEqual(["ich9", "ich6"]);
    expect(domainOf("watchdog").devices.watchdog).toEqual({ "@model": "i6300esb", "@action": "reset" });
    const controller = (feature: string, type: string) => domainOf(feature).devices.controller.find((one: Node) => one["@type"] === type);
    expect(["server-with-usb", "desktop-without-usb"].map((feature) => controller(feature, "usb")["@model"])).toEqual([
      "qemu-xhci",
      "none",
    ]);
    expect(controller("no-scsi", "scsi")).toBeUndefined();
    expect(controller("queues", "scsi").driver).toEqual({ "@queues": "8" });
    expect(domainOf("queues").devices.interface[0].driver).toEqual({ "@queues": "4" });
    expect([domainOf("io-threads").iothreads, controller("io-threads", "scsi").driver]).toEqual(["2", { "@iothread": "1" }]);
    expect(domainOf("io-threads").devices.disk.map(({ driver }: Node) => driver["@iothread"])).toEqual(["1", "2", "1", undefined]);
    const [lenient] = domainOf("disk-errors").devices.disk;
    expect([lenient.driver["@error_policy"], lenient.driver["@discard"]]).toEqual(["report", "ignore"]);
    const { video, graphics } = domainOf("screens").devices;
    expect([video.model, graphics["@keymap"]]).toEqual([{ "@type": "virtio", "@heads": "2" }, "de"]);
    const limited = domainOf("limits");
    expect(limited.cputune).toMatchObject({ period: "100000", quota: "50000" });
    expect(limited.devices.disk[0].iotune).toMatchObject({ read_bytes_sec: "10485760", write_bytes_sec: "5242880", total_iops_sec: "100" });
    expect(limited.devices.disk[1].iotune).toBeUndefined();
    // 100 Mbit/s are 12.5 million bytes.
    expect(limited.devices.interface[0].bandwidth.inbound).toEqual({ "@average": "12207", "@peak": "24414", "@burst": "10240" });
    expect(limited.devices.interface[0].bandwidth.outbound).toBeUndefined();
    const { devices, memoryBacking, metadata } = domainOf("properties");
    expect(devices.disk[0].driver["@cache"]).toBe("writethrough");
    expect(memoryBacking.hugepages.page).toMatchObject({ "@size": "2048", "@unit": "KiB" });
    expect(metadata["overt:vm"]["overt:custom"].at(-1)).toEqual({ "@name": "colour", "@value": `<"red">` });
  });

  test("what becomes of it: gone with its power-off or its crash, and anew at a reboot", () => {
    for (const feature of Object.keys(FEATURES)) {
      const { on_poweroff, on_reboot, on_crash } = domainOf(feature);
      expect([on_poweroff, on_reboot, on_crash]).toEqual(["destroy", "restart", "destroy"]);
    }
  });
});

const missing = whyNoDomainSchema();

describe.for(Object.entries({ ...FEATURES, ...EQUIPPED }))("The domain of the feature %s", ([feature, asked]) => {
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
  const domain = (
    parser.parse(buildDomainXml(input({ vm: aVm({ name, os: os({ kernel: "/k", cmdline: `x="1 < 2 && 3"\u0000\u0007` }) }) }))) as Node
  ).domain;
  expect(domain.title).toBe(name);
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
