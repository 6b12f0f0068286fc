/** Something that happened: a past-tense name and plain JSON data. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

/** The rules of one kind of stream: pure, so that it may be asked again after a lost race. */
export interface Decider<State, Command, Event extends DomainEvent> {
  initialState(): State;
  /** @throws Rejection when a rule refuses. An empty array means that nothing changes. */
  decide(command: Command, state: State): Event[];
  evolve(state: State, event: Event): State;
}

/** A rule said no. `reason` is API; all that varies in `message` stands in `metadata`, and neither names a person. */
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

/** As `instanceof` says it, which alone leaves the type of the reason open. */
export const isRejection = (error: unknown): error is Rejection => error instanceof Rejection;
