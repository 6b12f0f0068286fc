import { deepStrictEqual, strictEqual } from 'node:assert';
import { type Decider, type DomainEvent, isRejection } from '@crossroads/eventsourcing';

/** `given(past).when(command).then(events)`, or `.thenRejected(reason)`, or `.thenNothing()`. */
export const deciderSpec =
  <State, Command, Event extends DomainEvent>(decider: Decider<State, Command, Event>) =>
  (...past: readonly Event[]) => ({
    when: (command: Command) => {
      const decide = () => decider.decide(command, past.reduce(decider.evolve, decider.initialState()));
      return {
        then: (...expected: readonly Event[]): void => deepStrictEqual(decide(), expected),
        thenNothing: (): void => deepStrictEqual(decide(), []),
        thenRejected: (reason: string): void => strictEqual(reasonOf(decide), reason),
      };
    },
  });

/** The reason of the `Rejection` that `work` throws. Other errors are rethrown. */
export const reasonOf = (code: () => unknown): string => {
  try {
    code();
  } catch (error) {
    if (isRejection(error)) return error.reason;
    throw error;
  }
  throw new Error('expected a rejection, but it was accepted');
};
