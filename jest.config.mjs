const LONG = '**/dist/**/*.long.spec.js';

/**
 * Jest runs what tsc built: specs are type-checked, and nothing is transformed twice. `npm test` leaves out `*.long.spec.ts`, which
 * `npm run test:long` runs.
 */
export default {
  testMatch: process.env.TEST_DURATION === 'long' ? [LONG] : ['**/dist/**/*.spec.js', `!${LONG}`],
  testPathIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/.crossroads/', '<rootDir>/.toolchain/'],
  transform: {},
  globalSetup: '<rootDir>/scripts/jest-global-setup.mjs',
  globalTeardown: '<rootDir>/scripts/jest-global-teardown.mjs',
  testSequencer: '<rootDir>/scripts/jest-sequencer.mjs',
  reporters: ['<rootDir>/scripts/jest-reporter.mjs'],
  // Specs wait for processes and periods for a part of their time, in which the two cores have something else to do. A long spec
  // keeps a core busy with a mesh of its own.
  maxWorkers: process.env.TEST_DURATION === 'long' ? 2 : 3,
  // Only for what hangs: a machine under load may need long for anything.
  testTimeout: 180_000,
};
