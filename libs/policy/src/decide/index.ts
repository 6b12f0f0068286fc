export * from './application-rights.js';
export * from './compiled-grant.js';
export * from './cut.js';
export * from './data-service.js';
export * from './decide.js';
export * from './document-provider.js';
export type * from './json.js';
export * from './person-not-available.js';
export * from './policy.js';
