const GIB = 1024 ** 3;

/** oVirt's own sizes: memory in bytes, and virtual processors as sockets of one core. */
export const PREDEFINED_INSTANCE_TYPES = (
  [
    ["Tiny", 0.5, 1],
    ["Small", 2, 1],
    ["Medium", 4, 2],
    ["Large", 8, 2],
    ["XLarge", 16, 4],
  ] as const
).map(([name, gib, sockets]) => ({
  name,
  description: `${name} instance type`,
  memory: gib * GIB,
  memoryPolicy: { guaranteed: gib * GIB, ballooning: true },
  cpu: { topology: { sockets, cores: 1, threads: 1 }, mode: null, cpuTune: null },
}));
