import { existsSync } from "node:fs";
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { must } from "./command.ts";
import type { Say } from "./install.ts";

/** Files with which a VM boots the tiny guest directly: an uncompressed ELF kernel and its initial RAM disk. */
export interface Guest {
  kernel: string;
  initrd: string;
}

const ROOTFS = join(import.meta.dirname, "guest/rootfs");
const META_PACKAGE = "linux-image-cloud-amd64";
const USERLAND = ["busybox-static", "qemu-guest-agent", "libglib2.0-0", "libudev1", "liburing2", "libnuma1", "libpcre2-8-0", "libc6"];
const LIBRARIES = [
  "libc.so.6",
  "libm.so.6",
  "ld-linux-x86-64.so.2",
  "libglib-2.0.so.0",
  "libgmodule-2.0.so.0",
  "libudev.so.1",
  "liburing.so.2",
  "libnuma.so.1",
  "libpcre2-8.so.0",
];
const MODULES = [
  ..."virtio_pci virtio_blk virtio_scsi sd_mod sr_mod virtio_net virtio_console virtio_balloon virtio_rng virtio_mem".split(" "),
  ..."isofs evdev button".split(" "),
];
const EMPTY_FOLDERS = "bin sbin usr/bin proc sys dev run tmp mnt root lib64 lib/x86_64-linux-gnu lib/modules var/run/qga".split(" ");
const MULTIARCH = "lib/x86_64-linux-gnu";

/** How the legacy LZ4 frame of Debian 12's kernels begins. */
const LZ4_MAGIC = "02214c18";

const cacheDirectory = () => process.env.OVERT_LAB_CACHE ?? "/var/cache/overt-lab";

/**
 * The guest of the lab: Debian's cloud kernel, busybox and the QEMU guest agent, 128 MiB of memory, agent after some 5 s
 * under TCG. Built once into the cache folder from downloaded (not installed) packages; two builds at once do no harm.
 */
export async function buildGuest(say: Say = () => undefined): Promise<Guest> {
  const target = join(cacheDirectory(), `guest-${await recipeHash()}`);
  const guest = { kernel: join(target, "vmlinux"), initrd: join(target, "initrd.img") };
  if (existsSync(guest.initrd)) return guest;
  say("Building the tiny guest (kernel, busybox, guest agent) ...");
  await mkdir(cacheDirectory(), { recursive: true });
  const work = await mkdtemp(join(cacheDirectory(), "build-"));
  try {
    await build(work);
    await rename(join(work, "out"), target).catch((error: unknown) => {
      if (!existsSync(guest.initrd)) throw error; // otherwise another build was first
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return guest;
}

/** Changes whenever anything the guest is made of changes in this repository. */
async function recipeHash(): Promise<string> {
  const hash = createHash("sha256").update(await readFile(import.meta.filename));
  const entries = await readdir(ROOTFS, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.toSorted()) hash.update(file.slice(ROOTFS.length)).update(await readFile(file));
  return hash.digest("hex").slice(0, 12);
}

async function build(work: string): Promise<void> {
  const packages = join(work, "packages");
  const userland = join(work, "userland");
  const kernel = join(work, "kernel");
  const root = join(work, "root");
  const out = join(work, "out");
  for (const folder of [packages, userland, kernel, root, out]) await mkdir(folder);

  await chmod(packages, 0o777); // apt downloads as user _apt where it can
  const kernelPackage = await download(packages).catch(async () => {
    await must(["apt-get", "update", "-q"]); // the package lists were missing or too old
    return download(packages);
  });
  for (const file of await readdir(packages)) {
    await must(["dpkg", "-x", join(packages, file), file.startsWith("linux-image") ? kernel : userland]);
  }
  const version = kernelPackage.slice("linux-image-".length);
  await fillRoot(root, userland);
  await addModules(root, kernel, version);
  const entries = (await readdir(root, { recursive: true })).toSorted().join("\n");
  const archive = join(work, "initrd.cpio");
  await must(["cpio", "--create", "--format=newc", "--quiet", "--file", archive], { cwd: root, input: entries });
  await writeFile(join(out, "initrd.img"), gzipSync(await readFile(archive), { level: 1 })); // cheap to inflate under TCG
  await extractKernel(join(kernel, "boot", `vmlinuz-${version}`), join(out, "vmlinux"));
}

/** Fetches the packages into the folder; answers the name of the kernel's. */
async function download(folder: string): Promise<string> {
  const depends = await must(["apt-cache", "depends", META_PACKAGE]);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (!name) throw new Error(`${META_PACKAGE} names no kernel package.`);
  await must(["apt-get", "download", "-q", name, ...USERLAND], { cwd: folder });
  return name;
}

async function fillRoot(root: string, userland: string): Promise<void> {
  await cp(ROOTFS, root, { recursive: true });
  for (const folder of EMPTY_FOLDERS) await mkdir(join(root, folder), { recursive: true });
  await copyFile(join(userland, "bin/busybox"), join(root, "bin/busybox"));
  await copyFile(join(userland, "usr/sbin/qemu-ga"), join(root, "usr/sbin/qemu-ga"));
  const files = await readdir(userland, { recursive: true });
  for (const library of LIBRARIES) {
    const found = files.find((file) => basename(file) === library);
    if (!found) throw new Error(`The guest's packages hold no ${library}.`);
    await copyFile(join(userland, found), join(root, MULTIARCH, library));
  }
  await copyFile(join(root, MULTIARCH, "ld-linux-x86-64.so.2"), join(root, "lib64/ld-linux-x86-64.so.2"));
  for (const applet of (await must([join(root, "bin/busybox"), "--list-full"])).trim().split("\n")) {
    const path = join(root, applet);
    if (existsSync(path)) continue; // ours, or busybox itself
    await symlink("/bin/busybox", path);
  }
  await symlink("/bin/busybox", join(root, "init"));
}

/** Copies the modules with all they depend on, flat; `order` is the order in which they load. */
async function addModules(root: string, kernel: string, version: string): Promise<void> {
  await must(["depmod", "-b", kernel, version]);
  const order: string[] = [];
  for (const module of MODULES) {
    const plan = await must(["modprobe", "-d", kernel, "-S", version, "--show-depends", module]);
    for (const line of plan.split("\n")) {
      const path = /^insmod (\S+)/.exec(line)?.[1];
      if (!path || order.includes(basename(path))) continue;
      await copyFile(path, join(root, "lib/modules", basename(path)));
      order.push(basename(path));
    }
  }
  await writeFile(join(root, "lib/modules/order"), order.join("\n") + "\n");
}

/**
 * Writes the ELF kernel that is packed in a bzImage: qemu boots it by PVH and saves the inflating, some seconds under
 * TCG. The offsets are those of the Linux/x86 boot protocol.
 */
async function extractKernel(image: string, target: string): Promise<void> {
  const bzImage = await readFile(image);
  const setupSectors = bzImage[0x1f1] || 4;
  const start = (setupSectors + 1) * 512 + bzImage.readUInt32LE(0x248);
  const payload = bzImage.subarray(start, start + bzImage.readUInt32LE(0x24c));
  const magic = payload.subarray(0, 4).toString("hex");
  if (magic !== LZ4_MAGIC) throw new Error(`The kernel is compressed in an unknown way (${magic}).`);
  await writeFile(`${target}.lz4`, payload.subarray(0, -4)); // the last four bytes are the inflated size
  await must(["lz4", "-d", "-q", "--rm", `${target}.lz4`, target]);
  const elf = await readFile(target);
  if (elf.subarray(0, 4).toString("latin1") !== "\x7fELF") throw new Error("The kernel image holds no ELF kernel.");
}
