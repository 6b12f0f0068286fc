export * from './citizen.js';
export * from './institution.js';
export * from './mesh-addresses.js';
export * from './subscriber.js';
export * from './tokens.js';
