export * from './decisions.js';
export * from './follow-policy.js';
export * from './policy-follower.js';
export * from './nest/policy.module.js';
export * from './nest/registered-key.guard.js';
