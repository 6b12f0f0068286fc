import { counter, observe } from '@crossroads/telemetry';

const gaps = counter('crossroads.log.gaps_filled');
const trimmed = counter('crossroads.log.trimmed');

/** What happened to the log that a topic comes from. */
export const logMetrics = (topic: string) => ({
  gapFilled: () => gaps.add(1, { topic }),
  trimmed: () => trimmed.add(1, { topic }),
});

/** What is observed of the consumer of a topic. */
export interface ConsumerState {
  /** Partitions whose log has forked. */
  forked(): number;
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
