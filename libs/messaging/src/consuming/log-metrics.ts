import { counter, observe } from '@crossroads/telemetry';

const gaps = counter('crossroads.log.gaps_filled');
const trimmed = counter('crossroads.log.trimmed');
const withheld = counter('crossroads.log.withheld');

/** What happened to the log that a topic comes from. */
export const logMetrics = (topic: string) => ({
  gapFilled: () => gaps.add(1, { topic }),
  trimmed: () => trimmed.add(1, { topic }),
  withheld: (events: number) => withheld.add(events, { topic }),
});

/** What is observed of the consumer of a topic. */
export interface ConsumerState {
  /** Partitions whose log has forked. */
  forked(): number;
  /** Events that the broker did not deliver, since the consumer has started. */
  withheld(): number;
  /** Age of the oldest event that was received and is not taken yet. */
  lagSeconds(): number;
}

/** Returns a function that stops observing. */
export const observeConsumer = (topic: string, state: ConsumerState): (() => void) => {
  const stops = [
    observe('crossroads.log.forked', () => [{ value: state.forked(), of: { topic } }]),
    observe('crossroads.consumer.lag.seconds', () => [{ value: state.lagSeconds(), of: { topic } }]),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
