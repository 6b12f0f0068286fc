import { readdirSync, readFileSync } from 'node:fs';

/** Processor milliseconds, in steps of 10. Those of servers are there where this process has started them. */
export interface ProcessorTimes {
  readonly subscription: number;
  readonly kafka: number;
  readonly postgres: number;
  /** This process: stand-ins of the sources and of the directory, and the subscriber. */
  readonly bench: number;
}

const TICK_MS = 10;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly ownMs: number;
  /** Of its children that have ended. */
  readonly endedMs: number;
}

/** By Linux's `/proc`. @param service process id of the measured service */
export const processorTimes = (service: number | undefined): ProcessorTimes => {
  const processes = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (processOf(Number(name)) ?? []) : []));
  const children = processes.filter(({ parent }) => parent === process.pid);
  const of = (name: string) => children.filter((one) => one.name === name);
  const sum = (some: readonly Process[]) => some.reduce((ms, { ownMs }) => ms + ownMs, 0);
  const servers = of('postgres');
  const backends = processes.filter(({ parent }) => servers.some(({ pid }) => pid === parent));
  const { user, system } = process.cpuUsage();
  return {
    subscription: sum(processes.filter(({ pid }) => pid === service)),
    kafka: sum(of('java')),
    postgres: sum(servers) + sum(backends) + servers.reduce((ms, { endedMs }) => ms + endedMs, 0),
    bench: (user + system) / 1_000,
  };
};

const processOf = (pid: number): Process | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name is in parentheses, and may contain some itself.
    const [begin, end] = [stat.indexOf('('), stat.lastIndexOf(')')];
    const fields = stat.slice(end + 2).split(' ');
    const ticks = (...places: readonly number[]) =>
      places.reduce((ms, place) => ms + Number(fields[place]) * TICK_MS, 0);
    return {
      pid,
      parent: Number(fields[1]),
      name: stat.slice(begin + 1, end),
      ownMs: ticks(11, 12),
      endedMs: ticks(13, 14),
    };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
};

/** What each process used for one unit of work, in milliseconds, and all together. */
export const perUnit = (before: ProcessorTimes, after: ProcessorTimes, units: number): string => {
  const costs = (['subscription', 'postgres', 'kafka', 'bench'] as const).map(
    (name) => [name, (after[name] - before[name]) / units] as const,
  );
  const all = costs.reduce((sum, [, ms]) => sum + ms, 0);
  return `${costs.map(([name, ms]) => `${name} ${ms.toFixed(3)}`).join(', ')}, all ${all.toFixed(3)}`;
};
