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
  filterWriteMs: number;
  /** Elements and chains that came or went. */
  filterObjects: number;
  filterTransactions: number;
  /** Requests to connection tracking. */
  forgets: number;
}

/** All zero. */
export function newMeter(): Meter {
  return {
    ipvsWriteMs: 0,
    addressWriteMs: 0,
    readMs: 0,
    ipvsMessages: 0,
    addressMessages: 0,
    filterWriteMs: 0,
    filterObjects: 0,
    filterTransactions: 0,
    forgets: 0,
  };
}

/** `kernel`, with what it does added to `meter`. */
export function metered(kernel: Kernel, meter: Meter): Kernel {
  const { ipvs, link, filter, conntrack, nodeAddresses } = kernel;
  const read = <T>(work: Promise<T>): Promise<T> => timed(work, (ms) => (meter.readMs += ms));
  return {
    ipvs: {
      info: () => ipvs.info(),
      timeouts: () => ipvs.timeouts(),
      setTimeouts: (timeouts) => ipvs.setTimeouts(timeouts),
      services: () => read(ipvs.services()),
      eachService: (visit) => read(ipvs.eachService(visit)),
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
    filter: {
      configure: (settings) => filter.configure(settings),
      read: () => read(filter.read()),
      setPodRanges: () => read(filter.setPodRanges()),
      replace: (objects) => {
        meter.filterObjects += objects.length;
        meter.filterTransactions++;
        return timed(filter.replace(objects), (ms) => (meter.filterWriteMs += ms));
      },
      write: (operations) => {
        meter.filterObjects += operations.length;
        meter.filterTransactions++;
        return timed(filter.write(operations), (ms) => (meter.filterWriteMs += ms));
      },
      onForeignChange: (listener) => filter.onForeignChange(listener),
      close: () => filter.close(),
    },
    conntrack: {
      forget: (operations) => {
        meter.forgets += operations.length;
        return conntrack.forget(operations);
      },
      close: () => conntrack.close(),
    },
    nodeAddresses,
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
