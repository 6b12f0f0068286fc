export * from './decide/index.js';
export * from './follow-policy.js';
export { policyMigrations } from './held/held-heads.migration.js';
export * from './policy.module.js';
export * from './policy-follower.js';
export * from './policy-head.js';
export * from './registered-key.guard.js';
