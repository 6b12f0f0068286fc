import { Clock } from '@crossroads/configuration';
import { type GetOwnPersonResponse, OwnFact } from '@crossroads/contracts/person/v1/citizen_service';
import { datePartsOf, toWire } from '@crossroads/identifiers';
import { OwnLooks, personsAsOne, type SignedIn } from '@crossroads/sign-in';
import { Injectable } from '@nestjs/common';
import { type KnownNumber, unknownSsin } from '../number/number.decider.js';
import { Numbers } from '../number/numbers.js';
import { FACTS, FIELD_GROUPS, type HeldFact } from '../person/facts.js';
import type { Field } from '../person/field.js';
import { Persons } from '../person/persons.js';

/** What the registry keeps about somebody, for that person. */
@Injectable()
export class OwnPersons {
  constructor(
    private readonly numbers: Numbers,
    private readonly persons: Persons,
    private readonly looks: OwnLooks,
    private readonly clock: Clock,
  ) {}

  /** The look is durable before the answer. @throws Rejection `UNKNOWN_SSIN`, also of a person who was erased */
  async get(signedIn: SignedIn): Promise<GetOwnPersonResponse> {
    const asked = await this.numbers.find(signedIn.ssin);
    if (asked.state.status === 'absent') throw unknownSsin();
    const connected = [...(await this.numbers.withReplacements([asked])).values()].flatMap(({ state }) =>
      state.status === 'absent' ? [] : [state],
    );
    const ids = await this.idsOf(asked.state, connected);
    const loaded = await this.persons.loadAll(ids);
    const states = ids.flatMap((id) => loaded.get(id)?.state ?? []);
    if (states[0] === undefined || states[0].forgotten) throw unknownSsin();
    await this.looks.record(signedIn, ids[0], 'main');
    // Of somebody who is not, or not yet, one with another person, the numbers of that other person are not shown.
    const own = connected.filter(({ ownPersonId }) => ids.includes(ownPersonId));
    const replaced = own.filter(({ status }) => status === 'replaced');
    // The last of one's own numbers, where the one that replaces it is still somebody else's.
    const present =
      own.find(({ status }) => status === 'active') ?? (asked.state.status === 'replaced' ? asked.state : undefined);
    return {
      ssin: present?.ssin ?? '',
      replacedSsins: replaced.flatMap((one) => (one.ssin === undefined || one === present ? [] : [one.ssin])).sort(),
      facts: inOrder(states.flatMap(({ facts }) => facts)).map(ownFact),
    };
  }

  /** As whom the person is shown what is their own: see `personsAsOne`. */
  private async idsOf(
    { personId, ownPersonId }: KnownNumber,
    connected: readonly KnownNumber[],
  ): Promise<readonly [string, ...string[]]> {
    const joined = connected.filter((one) => one.personId === personId && one.ownPersonId !== personId);
    const merged = [...new Set(joined.map((one) => one.ownPersonId))];
    const states = await this.persons.loadAll(merged);
    const merges = await Promise.all(
      merged.map(async (id) => ({
        personId: id,
        mergeTime: await this.persons.mergedAt(id),
        contested: states.get(id)?.state.contested === true,
      })),
    );
    return personsAsOne({ personId, ownPersonId, merges }, this.clock.now());
  }
}

const inOrder = (facts: readonly HeldFact[]): HeldFact[] =>
  FIELD_GROUPS.flatMap((group) =>
    facts
      .filter((fact) => fact.group === group)
      .sort((a, b) => (b.period.start ?? '').localeCompare(a.period.start ?? '')),
  );

const ownFact = ({ group, value, period, recordedAt, reporter }: HeldFact): OwnFact => {
  const { message, record } = FACTS[group];
  const { startDate, endDate } = toWire(period);
  // The compiler does not see that group and value belong together.
  const written = (record as Field<unknown, unknown>).write(value);
  return OwnFact.fromPartial({
    fact: {
      period: {
        ...(startDate === undefined ? {} : { startDate: datePartsOf(startDate) }),
        ...(endDate === undefined ? {} : { endDate: datePartsOf(endDate) }),
      },
      fact: { $case: message, value: written } as NonNullable<NonNullable<OwnFact['fact']>['fact']>,
    },
    ...(recordedAt === undefined ? {} : { recordedTime: new Date(recordedAt) }),
    reporter: reporter ?? '',
  });
};
