/** A person of whom a source has lost changes that a consumer has taken. */
export interface LostPerson {
  readonly dataService: string;
  readonly personId: string;
  /** The highest `source_revision` that was lost. */
  readonly sourceRevision: bigint;
  /** How many changes were lost. */
  readonly changes: number;
}

/** How a resync prints one, and `main.js reassert` reads it. */
export const lostLine = ({ dataService, personId, sourceRevision, changes }: LostPerson): string =>
  `lost ${dataService} ${personId} ${sourceRevision} ${changes}`;

const LOST_LINE =
  /^lost (?<dataService>[a-z0-9.-]{1,100}) (?<personId>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) (?<sourceRevision>\d{1,18}) (?<changes>\d{1,9})$/;

/**
 * The persons in what resyncs have printed, of one or several consumers and partitions: each person of a data service once, with the
 * highest revision. Lines that do not begin with `lost` are passed over.
 * @throws for a line that begins so and goes on otherwise; when there is none
 */
export const lostPersonsIn = (printed: string): LostPerson[] => {
  const found = new Map<string, LostPerson>();
  for (const [index, text] of printed.split('\n').entries()) {
    const line = text.trimEnd();
    if (!line.startsWith('lost ')) continue;
    const { dataService = '', personId = '', sourceRevision = '', changes = '' } = LOST_LINE.exec(line)?.groups ?? {};
    if (personId === '')
      throw new Error(`line ${index + 1} is not "lost <data service> <personId> <source_revision> <changes>"`);
    const one = { dataService, personId, sourceRevision: BigInt(sourceRevision), changes: Number(changes) };
    const key = `${dataService} ${personId}`;
    const before = found.get(key);
    if (before === undefined || before.sourceRevision < one.sourceRevision) found.set(key, one);
  }
  if (found.size === 0)
    throw new Error('there is no line that begins with "lost": it is not what a resync has printed');
  return [...found.values()];
};
