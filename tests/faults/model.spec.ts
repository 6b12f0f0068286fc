import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AcceptedMutation, type ArrivedDelivery, type FaultKind, faultsOf, type Run } from './model.js';

const SERVICE = 'person.identification.v1';
const PEOPLE = ['anna', 'bert', 'chris'];

/** Three people, of whom the fund has inscribed two and the office one. */
const entitled = [
  { subscriptionId: 'fund', institution: '1', dataService: SERVICE, persons: new Set(['anna', 'bert']) },
  { subscriptionId: 'office', institution: '2', dataService: SERVICE, persons: new Set(['bert']) },
];

const mutation = (person: string, revision: number): AcceptedMutation => ({
  person,
  dataService: SERVICE,
  sourceRevision: BigInt(revision),
  mark: `${person} moves to ${revision}`,
});

/** What a mesh without faults does with these mutations. A person's deliveries are in one partition. */
const perfect = (accepted: readonly AcceptedMutation[]): Run => {
  const sequences = new Map<string, bigint>();
  const arrived = accepted.flatMap((one) =>
    entitled
      .filter(({ persons }) => persons.has(one.person))
      .map(({ subscriptionId, institution }): ArrivedDelivery => {
        const partition = PEOPLE.indexOf(one.person) % 2;
        const lane = `${subscriptionId} ${partition}`;
        const sequence = (sequences.get(lane) ?? 0n) + 1n;
        sequences.set(lane, sequence);
        const ticket = `ticket ${lane} ${sequence}`;
        return { ...one, institution, partition, subscriptionId, sequence, ticket, hash: `${ticket} ${one.mark}` };
      }),
  );
  return { accepted, entitled, arrived, recorded: arrived.map(({ ticket }) => ticket) };
};

const ACCEPTED = [1, 2, 3, 4].flatMap((revision) => PEOPLE.map((person) => mutation(person, revision)));
const RUN = perfect(ACCEPTED);

const kindsOf = (run: Run): FaultKind[] => [...new Set(faultsOf(run).map(({ kind }) => kind))].toSorted();

/** The deliveries of one subscription numbered anew, as a subscription service would that did not notice the fault. */
const renumbered = (arrived: readonly ArrivedDelivery[]): ArrivedDelivery[] => {
  const last = new Map<string, bigint>();
  return arrived.map((one) => {
    const lane = `${one.subscriptionId} ${one.partition}`;
    const sequence = (last.get(lane) ?? 0n) + 1n;
    last.set(lane, sequence);
    return { ...one, sequence };
  });
};

const missing = (): never => {
  throw new RangeError('there is no such delivery');
};

const nth = (n: number): ArrivedDelivery => RUN.arrived[n] ?? missing();

describe('the model of deliveries', () => {
  it('a run without faults has none', () => {
    expect(faultsOf(RUN)).toEqual([]);
  });

  it('messages that a topic repeats are no fault', () => {
    const repeated = fc.array(fc.nat(RUN.arrived.length - 1), { maxLength: 5 });
    fc.assert(
      fc.property(repeated, (again) => {
        const arrived = RUN.arrived.flatMap((one, index) => [
          one,
          ...again.filter((n) => n <= index).flatMap((n) => RUN.arrived[n] ?? []),
        ]);
        expect(faultsOf({ ...RUN, arrived })).toEqual([]);
      }),
    );
  });

  it('sees each lost delivery, whichever it is', () => {
    for (const lost of RUN.arrived) {
      const arrived = renumbered(RUN.arrived.filter((one) => one !== lost));
      expect(faultsOf({ ...RUN, arrived })).toEqual([
        { kind: 'lost', what: expect.stringContaining(`${lost.mark} to ${lost.institution}`) },
      ]);
    }
  });

  it('sees a hole in the sequence', () => {
    expect(kindsOf({ ...RUN, arrived: RUN.arrived.filter((one) => one !== nth(0)) })).toEqual(['gap', 'lost']);
  });

  it('sees each delivery that came twice under two sequences', () => {
    for (const doubled of RUN.arrived) {
      const arrived = renumbered([...RUN.arrived, doubled]).map((one) => ({
        ...one,
        hash: `${one.hash} ${one.sequence}`,
      }));
      expect(kindsOf({ ...RUN, arrived })).toContain('doubled');
    }
  });

  it('sees one sequence with two contents', () => {
    expect(kindsOf({ ...RUN, arrived: [...RUN.arrived, { ...nth(0), hash: 'another' }] })).toEqual(['two contents']);
  });

  it('sees two deliveries of a person that changed places', () => {
    const ofAnna = RUN.arrived.filter(({ person, subscriptionId }) => person === 'anna' && subscriptionId === 'fund');
    const [one, other] = [ofAnna[0], ofAnna[1]];
    const swapped = RUN.arrived.map((it) => (it === one ? (other ?? it) : it === other ? (one ?? it) : it));
    expect(kindsOf({ ...RUN, arrived: renumbered(swapped) })).toEqual(['reordered']);
  });

  it('sees a delivery about somebody whom the subscriber has not inscribed', () => {
    const leaked = { ...nth(0), ...mutation('chris', 1), sequence: 99n, partition: 9, hash: 'leaked' };
    expect(kindsOf({ ...RUN, arrived: [...RUN.arrived, leaked] })).toContain('leaked');
  });

  it('sees a delivery on the topic of another institution', () => {
    const arrived = [...RUN.arrived, { ...nth(0), institution: '2' }];
    expect(kindsOf({ ...RUN, arrived })).toEqual(['leaked']);
  });

  it('sees a delivery of what nobody has accepted', () => {
    const run = { ...RUN, accepted: ACCEPTED.filter(({ mark }) => mark !== nth(0).mark) };
    expect(kindsOf(run)).toEqual(['never accepted']);
  });

  it('sees a delivery that is not in the access log, or twice in it', () => {
    expect(kindsOf({ ...RUN, recorded: RUN.recorded.slice(1) })).toEqual(['not recorded']);
    expect(kindsOf({ ...RUN, recorded: [...RUN.recorded, nth(0).ticket] })).toEqual(['recorded twice']);
  });

  it('lets only those mutations be lost that a restore of their source took away', () => {
    const { mark } = nth(0);
    const arrived = renumbered(RUN.arrived.filter((one) => one.mark !== mark));
    const accepted = ACCEPTED.map((one) => (one.mark === mark ? { ...one, isOptional: true } : one));
    expect(faultsOf({ ...RUN, accepted, arrived })).toEqual([]);
    expect(faultsOf({ ...RUN, accepted })).toEqual([]);
    expect(kindsOf({ ...RUN, arrived })).toEqual(['lost']);
  });
});
