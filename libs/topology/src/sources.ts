import type { CallerRules } from './service.js';

/** What document providers serve, outside the mesh, and who may call it. */
export const DOCUMENT_PROVIDERS = {
  'crossroads.document.v1.DocumentService': { openDocument: ['service:ebox'] },
} as const satisfies Readonly<Record<string, CallerRules>>;

/** Who asks sources: the exchange for consultations, subscription for snapshots. */
const ASKERS = ['service:exchange', 'service:subscription'] as const;

/** What every authentic source serves, in the mesh and outside it, and who may call it. */
export const SOURCES = {
  'crossroads.source.v1.SourceService': { supply: ASKERS, supplyMany: ASKERS },
} as const satisfies Readonly<Record<string, CallerRules>>;
