/** A kernel whose calls are timed and whose messages are counted. Changes nothing. */
import type { Kernel } from "../../src/agent/kernel.ts";

/** Where the time of the kernel's side went, in milliseconds. */
export interface Meter {
  ipvsWriteMs: number;
  addressWriteMs: number;
  readMs: number;
  /** Writing messages. */
  ipvsMessages: number;
  addressMessages: number;
}

/** All zero. */
export function newMeter(): Meter {
  return { ipvsWriteMs: 0, addressWriteMs: 0, readMs: 0, ipvsMessages: 0, addressMessages: 0 };
}

/** `kernel`, with what it does added to `meter`. */
export function metered({ ipvs, link }: Kernel, meter: Meter): Kernel {
  const read = <T>(work: Promise<T>): Promise<T> => timed(work, (ms) => (meter.readMs += ms));
  return {
    ipvs: {
      info: () => ipvs.info(),
      timeouts: () => ipvs.timeouts(),
      setTimeouts: (timeouts) => ipvs.setTimeouts(timeouts),
      services: () => read(ipvs.services()),
      destinations: (keys) => read(ipvs.destinations(keys)),
      hasScheduler: (name) => read(ipvs.hasScheduler(name)),
      write: (operations) => {
        meter.ipvsMessages += operations.length;
        return timed(ipvs.write(operations), (ms) => (meter.ipvsWriteMs += ms));
      },
      close: () => ipvs.close(),
    },
    link: {
      ensure: () => read(link.ensure()),
      addresses: () => read(link.addresses()),
      write: (operations) => {
        meter.addressMessages += operations.length;
        return timed(link.write(operations), (ms) => (meter.addressWriteMs += ms));
      },
      close: () => link.close(),
    },
  };
}

async function timed<T>(work: Promise<T>, add: (ms: number) => void): Promise<T> {
  const startMs = performance.now();
  try {
    return await work;
  } finally {
    add(performance.now() - startMs);
  }
}
