import type { Hypervisor } from "./hypervisor.ts";
import type { Link } from "./link.ts";
import { createSampler } from "./statistics.ts";

export interface Ticker {
  start(intervalMs: number): void;
  stop(): void;
}

/** Sends a sample per interval while it runs; hosts that start together are spread over the interval. */
export function createTicker(link: () => Link, hypervisor: Hypervisor): Ticker {
  const sampler = createSampler(hypervisor);
  let first: NodeJS.Timeout | undefined;
  let ticks: NodeJS.Timeout | undefined;
  const tick = () => {
    const { slots, frame } = sampler.sample(Date.now());
    if (slots !== null) link().notify("slots", slots);
    link().sendFrame(frame);
  };
  const stop = () => {
    clearTimeout(first);
    clearInterval(ticks);
    sampler.renew();
  };
  const start = (intervalMs: number) => {
    stop();
    first = setTimeout(() => {
      tick();
      ticks = setInterval(tick, intervalMs);
    }, Math.random() * intervalMs);
  };
  return { start, stop };
}
