export * from './define-service.js';
export type { Needs } from './needs.js';
export * from './mesh.module.js';
export * from './run-service.js';
export { ErasureJob } from './erasure/erasure.job.js';
export { reasonCodeOf } from './erasure/erasure.consumer.js';
export { AllPersonRows, ErasesPersons, type PersonRows } from './erasure/person-rows.js';
export type { Reassertions } from './reassert.js';
export type { ProviderOf, ViewOfLog, ViewOfTopic } from './views.js';
