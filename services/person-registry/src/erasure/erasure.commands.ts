import { randomUUID } from 'node:crypto';
import { Commands, Rejection, type StreamAppend } from '@crossroads/eventsourcing';
import { ErasureReason, erasureReasonToJSON } from '@crossroads/contracts/person/v1/erasure_service';
import { Tombstones } from '@crossroads/privacy';
import { reasonCodeOf } from '@crossroads/service';
import { ERASING_SERVICES, personRegistry } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { unknownSsin } from '../number/number.decider.js';
import { Numbers, statesOf } from '../number/numbers.js';
import type { Origin } from '../person/person.commands.js';
import { Persons, type PersonStream } from '../person/persons.js';
import type { ErasureReasonCode } from './erasure.decider.js';
import { Erasures } from './erasures.js';

/** Orders erasures, and notes which service has carried them out. */
@Injectable()
export class ErasureCommands {
  constructor(
    private readonly commands: Commands,
    private readonly numbers: Numbers,
    private readonly persons: Persons,
    private readonly erasures: Erasures,
    private readonly tombstones: Tombstones,
  ) {}

  /** Of the person of a number, and of all who are one with this person. Gives the id of the order. @throws Rejection UNKNOWN_SSIN */
  order(ssin: string, reason: ErasureReason, { request, reporter }: Origin): Promise<string> {
    return this.commands
      .execute({
        request,
        decide: async () => {
          const persons = await this.personsOf(ssin);
          const living = persons.filter(({ state }) => state.erasureId === undefined);
          const ordered = persons.find(({ state }) => state.erasureId !== undefined)?.state.erasureId;
          if (living.length === 0 && ordered !== undefined) return { appends: [], answer: { erasureId: ordered } };
          const erasureId = randomUUID();
          const order = { erasureId, reason: erasureReasonToJSON(reason), orderedBy: reporter };
          const personIds = living.map(({ streamId }) => streamId);
          const erasedAt = new Date();
          return {
            appends: await Promise.all([
              this.ordered(erasureId, personIds, order),
              ...living.map((person) => this.persons.append(person, [{ type: 'PersonErasureOrdered', data: order }])),
            ]),
            answer: { erasureId },
            // The registry's own: its job destroys the keys.
            writeRows: (tx) =>
              this.tombstones.add(
                tx,
                personIds.map((personId) => ({ personId, erasedAt, reason: reasonCodeOf(reason) })),
              ),
          };
        },
      })
      .then(({ erasureId }) => erasureId);
  }

  /** Idempotent. @throws Rejection NO_ERASURE_ORDERED */
  async acknowledge(personId: string, service: string = personRegistry.name): Promise<void> {
    await this.commands.execute({
      decide: async () => {
        const { erasureId } = (await this.persons.load(personId)).state;
        if (erasureId === undefined)
          throw new Rejection<ErasureReasonCode>('NO_ERASURE_ORDERED', 'the erasure of this person was not ordered');
        const erasure = await this.erasures.load(erasureId);
        const events = this.erasures.decide({ type: 'AcknowledgeErasure', service, personId }, erasure);
        return { appends: [await this.erasures.append(erasure, events)], answer: null };
      },
      // All services acknowledge at about the same time.
      retry: { attempts: 20, jitterMs: 20 },
    });
  }

  private ordered(
    erasureId: string,
    personIds: readonly string[],
    { reason, orderedBy }: { readonly reason: string; readonly orderedBy: string },
  ): Promise<StreamAppend> {
    const erasure = { streamId: erasureId, revision: 0n };
    const data = { personIds, services: ERASING_SERVICES, reason, orderedBy };
    return this.erasures.append(erasure, [{ type: 'ErasureOrdered', data }]);
  }

  /** Everybody to whom a number belongs that replaces this one, or is replaced by it. */
  private async personsOf(ssin: string): Promise<PersonStream[]> {
    const number = await this.numbers.find(ssin);
    if (number.state.status === 'absent') throw unknownSsin();
    const states = statesOf(await this.numbers.withReplacements([number]));
    const personIds = [...states.values()].flatMap((state) =>
      state.status === 'absent' ? [] : [state.personId, state.ownPersonId],
    );
    return [...(await this.persons.loadAll([...new Set(personIds)])).values()];
  }
}
