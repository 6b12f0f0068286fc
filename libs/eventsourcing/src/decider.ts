export type { UpcastersOf } from './upcasters.js';

/** A fact that has happened: a name in the past tense and plain JSON data. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

/** The rules of one type of stream. Pure, since it is called again after a lost race. */
export interface Decider<State, Command, Event extends DomainEvent> {
  initialState(): State;
  /** @throws Rejection. An empty array means that nothing changes. */
  decide(command: Command, state: State): Event[];
  evolve(state: State, event: Event): State;
}

/** A business rule rejected a command. `reason` is part of the API; what varies in `message` is in `metadata`. No personal data. */
export class Rejection<Reason extends string = string> extends Error {
  override readonly name = 'Rejection';

  constructor(
    readonly reason: Reason,
    message: string,
    readonly metadata: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** `instanceof` alone would leave the type of `reason` unknown. */
export const isRejection = (error: unknown): error is Rejection => error instanceof Rejection;
