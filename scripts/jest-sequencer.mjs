import TestSequencer from '@jest/test-sequencer';

/** The specs that take longest, of which the last would otherwise run alone. */
const LONGEST = /\/(one-mesh|telemetry|(kafka|embedded)-broker)\.[^/]*spec\.js$/;

/** Starts the longest specs first. Jest orders by duration, but knows none in a fresh clone and goes by the size of the file. */
export default class LongestFirst extends TestSequencer {
  async sort(tests) {
    const { long = [], others = [] } = Object.groupBy(tests, ({ path }) => (LONGEST.test(path) ? 'long' : 'others'));
    return [...(await super.sort(long)), ...(await super.sort(others))];
  }
}
