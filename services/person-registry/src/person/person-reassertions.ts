import { Commands, isRejection } from '@crossroads/eventsourcing';
import type { LostPerson } from '@crossroads/messaging';
import type { Reassertions } from '@crossroads/service';
import { Injectable } from '@nestjs/common';
import { Numbers } from '../number/numbers.js';
import { IDENTIFICATION } from './identification.js';
import type { PersonReason } from './person.decider.js';
import { Persons, type PersonStream } from './persons.js';

type Outcome = 'stated again' | 'stated before' | 'erased' | 'not known';

const AT_A_TIME = 20;
const REPORT_INTERVAL_MS = 1_000;

/**
 * States persons again after the database was restored: with a `source_revision` above the highest that a consumer has seen, so that
 * subscribers overwrite what they hold. What was stated above that revision already is not stated again.
 */
@Injectable()
export class PersonReassertions implements Reassertions {
  constructor(
    private readonly commands: Commands,
    private readonly persons: Persons,
    private readonly numbers: Numbers,
  ) {}

  /** @throws when events of another data service were lost: those their source reports again */
  async reassert(lost: readonly LostPerson[], say: (line: string) => void): Promise<void> {
    const others = lost.filter(({ dataService }) => dataService !== IDENTIFICATION).length;
    if (others > 0)
      throw new Error(
        `${others} lines are not of ${IDENTIFICATION}: the source of a data service states its own persons`,
      );
    const outcomes = new Map<Outcome, string[]>();
    let done = 0;
    const progress = setInterval(() => say(`${done} of ${lost.length} persons`), REPORT_INTERVAL_MS);
    try {
      for (let from = 0; from < lost.length; from += AT_A_TIME)
        await Promise.all(
          lost.slice(from, from + AT_A_TIME).map(async (one) => {
            const outcome = await this.reassertOne(one);
            outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), one.personId]);
            done++;
          }),
        );
    } finally {
      clearInterval(progress);
    }
    for (const outcome of ['stated again', 'stated before', 'erased', 'not known'] as const)
      say(`${outcome}: ${outcomes.get(outcome)?.length ?? 0} persons`);
    const unknown = outcomes.get('not known') ?? [];
    if (unknown.length === 0) return;
    say('Their registration was lost, too. Who reported them has to register them again; they get other ids:');
    for (const personId of unknown) say(personId);
  }

  private async reassertOne({ personId, sourceRevision: seen }: LostPerson): Promise<Outcome> {
    try {
      return await this.commands.execute({
        decide: async () => {
          const person = await this.present(personId);
          if (person.revision === 0n) return { appends: [], answer: 'not known' as const };
          const ssin = await this.numberOf(person.streamId);
          const events = this.persons.decide({ type: 'ReassertPerson', ssin, seen }, person);
          const answer = events.length === 0 ? ('stated before' as const) : ('stated again' as const);
          return { appends: [await this.persons.append(person, events)], answer };
        },
      });
    } catch (error) {
      if (isRejection(error) && error.reason === ('PERSON_FORGOTTEN' satisfies PersonReason)) return 'erased';
      throw error;
    }
  }

  /** Of a person who was merged into another, the other: the numbers of both lead there. */
  private async present(personId: string): Promise<PersonStream> {
    const person = await this.persons.load(personId);
    const { forgotten, mergedInto } = person.state;
    return mergedInto === undefined || forgotten ? person : this.present(mergedInto);
  }

  /** The number that leads to the person now. One that was released since leads nowhere. */
  private async numberOf(personId: string): Promise<string> {
    const reported = await this.persons.reportedUnder(personId);
    for (const ssin of reported) {
      const present = await this.numbers.presentOf(ssin);
      if (present?.personId === personId) return present.ssin ?? ssin;
    }
    return reported[0] ?? '';
  }
}
