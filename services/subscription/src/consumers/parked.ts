import type { Json, PostgresEventStore, RequestKey } from '@crossroads/eventsourcing';
import { MUTATION_TOPICS, type Mutations } from './mutations.js';

export interface Redriven {
  readonly redriven: number;
  /** Persons whose queue still stands. */
  readonly stillParked: number;
}

/** What an administrator does about parked mutations. */
export class Parked {
  constructor(
    private readonly store: Pick<PostgresEventStore, 'answerTo' | 'append'>,
    private readonly mutations: Pick<Mutations, 'redrive'>,
  ) {}

  /** Of one person, or all. The same request again is answered like the first; it does nothing more. */
  async redrive(personId: string | undefined, request: RequestKey): Promise<Redriven> {
    const kept = await this.store.answerTo(request);
    if (kept) return readAnswer(kept.answer);
    let [redriven, stillParked] = [0, 0];
    for (const topic of MUTATION_TOPICS) {
      const { handled, blocked } = await this.mutations.redrive(topic, personId);
      redriven += handled;
      stillParked += blocked;
    }
    await this.store.append([], { request, answer: { redriven, stillParked } });
    return { redriven, stillParked };
  }
}

const readAnswer = (answer: Json): Redriven => {
  const numberAt = (name: string): number =>
    Number(typeof answer === 'object' && answer !== null ? Reflect.get(answer, name) : Number.NaN);
  return { redriven: numberAt('redriven'), stillParked: numberAt('stillParked') };
};
