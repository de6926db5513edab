/**
 * The binary frame of the host link: one statistics sample of a host and of all its VMs, as columns.
 *
 * Little endian. u16 magic 0x564F, u8 version 1, u8 number of host metrics H, u16 number of VM metrics M, u16 reserved,
 * u32 slot generation, u32 number of VMs N, f64 time (Unix ms); then H f32 host values, then M columns of N f32.
 * A value that is not known is NaN. The order of the VMs is that of the last `slots` notification with that generation.
 */

/** Host values, in frame order. Percent of all CPUs; load of one minute; bytes; bytes per second. */
export const HOST_METRICS = [
  "cpuUser",
  "cpuSystem",
  "cpuIdle",
  "load",
  "memoryUsed",
  "memoryFree",
  "swapUsed",
  "ksmShared",
  "networkReceived",
  "networkSent",
] as const;
/** VM values, in column order. Percent of the VM's vCPUs; bytes; bytes per second. */
export const VM_METRICS = [
  "cpuUsage",
  "memoryUsed",
  "memoryFree",
  "networkReceived",
  "networkSent",
  "diskRead",
  "diskWritten",
  "uptime",
] as const;
export type HostMetric = (typeof HOST_METRICS)[number];
export type VmMetric = (typeof VM_METRICS)[number];

const MAGIC = 0x564f;
const VERSION = 1;
const HEADER_BYTES = 24;

export interface StatisticsSample {
  generation: number;
  /** Unix ms at which the host was read. */
  at: number;
  /** One value per HOST_METRICS. */
  host: Float32Array;
  /** VM_METRICS columns one after another, each as long as the slot table. */
  vms: Float32Array;
  vmCount: number;
}

export function encodeSample(sample: StatisticsSample): Uint8Array {
  const { host, vms, vmCount } = sample;
  const frame = new Uint8Array(HEADER_BYTES + 4 * (host.length + vms.length));
  const view = new DataView(frame.buffer);
  view.setUint16(0, MAGIC, true);
  view.setUint8(2, VERSION);
  view.setUint8(3, host.length);
  view.setUint16(4, VM_METRICS.length, true);
  view.setUint32(8, sample.generation, true);
  view.setUint32(12, vmCount, true);
  view.setFloat64(16, sample.at, true);
  new Float32Array(frame.buffer, HEADER_BYTES, host.length).set(host);
  new Float32Array(frame.buffer, HEADER_BYTES + 4 * host.length).set(vms);
  return frame;
}

/** Null when the frame is not one of ours: wrong magic or version, or a length that does not fit its counts. */
export function decodeSample(frame: Uint8Array): StatisticsSample | null {
  if (frame.length < HEADER_BYTES) return null;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (view.getUint16(0, true) !== MAGIC || view.getUint8(2) !== VERSION) return null;
  const hostMetrics = view.getUint8(3);
  const vmMetrics = view.getUint16(4, true);
  const vmCount = view.getUint32(12, true);
  if (hostMetrics !== HOST_METRICS.length || vmMetrics !== VM_METRICS.length) return null;
  if (frame.length !== HEADER_BYTES + 4 * (hostMetrics + vmMetrics * vmCount)) return null;
  // A copy that starts at 0 of its own memory: floats must be aligned, and a Buffer of Node (whose slice() copies nothing) lies anywhere in a pool.
  const body = new Uint8Array(frame.subarray(HEADER_BYTES));
  return {
    generation: view.getUint32(8, true),
    at: view.getFloat64(16, true),
    host: new Float32Array(body.buffer, 0, hostMetrics),
    vms: new Float32Array(body.buffer, 4 * hostMetrics, vmMetrics * vmCount),
    vmCount,
  };
}
