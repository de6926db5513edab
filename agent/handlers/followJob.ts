import { pause } from "../backoff.ts";
import { ConnectionLost } from "../libvirt/connection.ts";
import type { Libvirt, Parameters } from "../libvirt/procedures.ts";
import type { LibvirtSession } from "../libvirt/session.ts";
import type { Domain } from "../libvirt/xdr.ts";
import type { HandlerContext } from "../link/calls.ts";

const POLL_MS = 500;

/** Waits for a call that is a job of the domain; tells its progress meanwhile, and aborts the job when the call is cancelled. */
export async function followJob(
  session: LibvirtSession,
  domain: Domain,
  job: Promise<void>,
  { signal, progress }: HandlerContext,
): Promise<void> {
  const ended = new AbortController();
  const follow = async (libvirt: Libvirt) => {
    let percent = 0;
    while (!ended.signal.aborted) {
      await pause(POLL_MS, signal.aborted ? ended.signal : AbortSignal.any([ended.signal, signal]));
      if (ended.signal.aborted) return;
      try {
        if (signal.aborted) await libvirt.abortJob(domain);
        const done = transferred(await libvirt.jobStats(domain));
        if (!done || ended.signal.aborted) continue;
        // What the guest dirties again is sent again: the figure must not go back for it.
        percent = Math.max(percent, done.percent);
        progress({ ...done, percent });
      } catch (error) {
        if (error instanceof ConnectionLost) return;
        // Neither a job that has not begun nor one that just ended is a failure of the job.
      }
    }
  };
  void session.dedicated(follow).catch(() => undefined); // with the daemon gone the job tells why
  try {
    await job;
  } finally {
    ended.abort();
  }
}

function transferred(stats: Parameters): { percent: number; remaining: number; processed: number } | null {
  const [total = 0, remaining = 0, processed = 0] = ["total", "remaining", "processed"].map((name) =>
    Number(stats.get(`data_${name}`) ?? 0),
  );
  return total === 0 ? null : { percent: Math.min(99, Math.floor((100 * (total - remaining)) / total)), remaining, processed };
}
