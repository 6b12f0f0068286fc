export * from './employer-id.js';
export * from './enterprise-number.js';
export * from './incomplete-date.js';
export * from './iso-day.js';
export * from './legal-context.js';
export * from './period.js';
export * from './quality-code.js';
export * from './ssin.js';
