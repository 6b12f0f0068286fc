/** Jest runs what tsc built: specs are type-checked, and nothing is transformed twice. */
export default {
  testMatch: ['**/dist/**/*.spec.js'],
  testPathIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/.crossroads/', '<rootDir>/.toolchain/'],
  transform: {},
  testTimeout: 60_000,
};
