import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { progress } from '../whole-mesh.js';
import type { FaultWorld } from './fault-world.js';
import type { Fault } from './model.js';
import type { Injection } from './rounds.js';

interface Row {
  times: number;
  /** Seconds until changes were accepted and delivered again, each time that they were. */
  readonly seconds: number[];
  /** How often they were not. */
  stopped: number;
  readonly notes: string[];
}

/** What a run injected, how often, and what became of it. */
export class FaultTable {
  private readonly rows = new Map<string, Row>();
  private readonly skipped = new Map<string, string>();

  constructor(private readonly seed?: number) {}

  /** Injects faults under load, all at once, and waits until changes are accepted and delivered again. */
  async inject(world: FaultWorld, ...faults: readonly Pick<Injection, 'what' | 'inject'>[]): Promise<void> {
    const rows = await Promise.all(
      faults.map(async ({ what, inject }) => {
        const row = this.rows.get(what) ?? { times: 0, seconds: [], stopped: 0, notes: [] };
        this.rows.set(what, row);
        row.times++;
        const note = await inject().catch((error: unknown) => {
          row.stopped++;
          return `could not be injected: ${String(error)}`;
        });
        if (typeof note === 'string') row.notes.push(note);
        return row;
      }),
    );
    const seconds = await world.goesOn();
    for (const row of rows)
      if (seconds === undefined) row.stopped++;
      else row.seconds.push(seconds);
    progress(
      `${faults.map(({ what }) => what).join(' + ')}: ${seconds === undefined ? 'NOTHING WENT ON' : `went on after ${seconds.toFixed(1)} s`}`,
    );
  }

  skip(what: string, why: string): void {
    this.skipped.set(what, why);
    progress(`SKIPPED: ${what}: ${why}`);
  }

  /** After which faults nothing went on, or which could not be injected. */
  stopped(): string[] {
    return [...this.rows].filter(([, { stopped }]) => stopped > 0).map(([what]) => what);
  }

  /** Prints the table, and writes it to a file in a temporary folder, whose path is printed, too. */
  write(faults: readonly Fault[]): void {
    const lines = [
      '| injected | times | went on after, s (median, most) | notes |',
      '|---|---|---|---|',
      ...[...this.rows].map(([what, row]) => `| ${what} | ${row.times} | ${timesOf(row)} | ${row.notes.join('; ')} |`),
      ...[...this.skipped].map(([what, why]) => `| ${what} | 0 | skipped | ${why} |`),
      '',
      faults.length === 0
        ? 'Nothing was lost, doubled, reordered or leaked, and everything was recorded.'
        : `${faults.length} faults: ${[...Map.groupBy(faults, ({ kind }) => kind)].map(([kind, all]) => `${all.length} ${kind}`).join(', ')}`,
      ...(this.seed === undefined ? [] : [`Repeat the order of faults with FAULT_SEED=${this.seed}`]),
    ];
    const file = join(mkdtempSync(join(tmpdir(), 'crossroads-faults-')), 'faults.md');
    writeFileSync(file, `${lines.join('\n')}\n`);
    for (const line of lines) progress(line);
    progress(`written to ${file}`);
  }
}

const timesOf = ({ seconds, stopped }: Row): string => {
  const sorted = seconds.toSorted((a, b) => a - b);
  const [middle, most] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  const went = middle === undefined || most === undefined ? 'never' : `${middle.toFixed(1)}, ${most.toFixed(1)}`;
  return stopped > 0 ? `${went}; ${stopped} times NOT` : went;
};
