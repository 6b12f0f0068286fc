export { Browser, type Visited } from './browser.js';
export * from './decider-spec.js';
export * from './eventually.js';
export * from './is-published.js';
export * from './postgres.js';
export * from './refusal.js';
