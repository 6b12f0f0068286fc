/** Decisions by a policy that is already there: what deciders and rules may import. Nothing here waits, fails or knows the time. */
export * from './compiled-grant.js';
export * from './cut.js';
export * from './data-service.js';
export * from './decide.js';
export * from './policy.js';
