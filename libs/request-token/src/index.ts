export * from './institution-keys.js';
export * from './issue.js';
export * from './request-claims.js';
export * from './request-tokens.js';
export { onlyDisclosing } from './sd-jwt.js';
