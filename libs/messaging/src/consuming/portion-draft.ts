import type { ReadLog } from '@crossroads/eventsourcing';
import type { CloudEvent } from '../broker/broker.js';
import type { Portion } from './portions.js';

/** The logs of which a partition was read, by their ids. */
export type Logs = ReadonlyMap<string, ReadLog>;

/** The next portion of a partition, and where it leads. */
export class PortionDraft {
  readonly events: CloudEvent[] = [];
  private readonly reached = new Map<string, ReadLog>();

  constructor(
    private readonly partition: number,
    private readonly from: Logs,
  ) {}

  /** How far a log will have been read. */
  logOf(source: string, logId: string): ReadLog {
    return this.reached.get(logId) ?? this.before(source, logId);
  }

  add(event: CloudEvent, to?: ReadLog): void {
    this.events.push(event);
    if (to) this.move(to);
  }

  move(to: ReadLog): void {
    this.reached.set(to.place.logId, to);
  }

  get portion(): Portion {
    const moves = [...this.reached.values()].map(({ source, place: to }) => ({
      from: this.before(source, to.logId),
      to,
    }));
    return { partition: this.partition, events: this.events, moves };
  }

  /** What is true once the portion is taken. */
  get logs(): Logs {
    return new Map([...this.from, ...this.reached]);
  }

  private before(source: string, logId: string): ReadLog {
    const beginning = { logId, partition: this.partition, position: 0n, hash: '' };
    return this.from.get(logId) ?? { source, generation: 0, place: beginning };
  }
}
