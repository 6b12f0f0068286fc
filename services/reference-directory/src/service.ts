import { type ReasonCodes, status } from '@crossroads/grpc';
import { defineService } from '@crossroads/service';
import { Inscriptions1764230400001 } from './inscription/inscriptions.migration.js';
import type { LineReason } from './inscription/line-reasons.js';
import { inscriptionsView } from './inscription/rebuild-inscriptions.js';
import { InstitutionContexts } from './lookup/institution-contexts.js';
import { Numbers1764230400000 } from './number/numbers.migration.js';
import { mergesView, numbersView } from './number/rebuild-numbers.js';
import { personsView } from './number/rebuild-persons.js';

const MINUTE = 60_000;

const reasonCodes: ReasonCodes<LineReason> = {
  INSCRIPTION_CONTEXT_NOT_GRANTED: status.PERMISSION_DENIED,
  START_TOO_EARLY: status.PERMISSION_DENIED,
  QUOTA_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  // The state of the number is at fault, not the form of the request.
  NUMBER_NOT_USABLE: status.FAILED_PRECONDITION,
  PERSON_NOT_AVAILABLE: status.FAILED_PRECONDITION,
  REPLACED_SSIN: status.FAILED_PRECONDITION,
  CANCELED_SSIN: status.FAILED_PRECONDITION,
};

export const service = defineService({
  name: 'reference-directory',
  migrations: [Numbers1764230400000, Inscriptions1764230400001],
  views: (db) => ({
    persons: personsView,
    numbers: numbersView,
    merges: mergesView,
    inscriptions: inscriptionsView(new InstitutionContexts(db)),
  }),
  reasonCodes,
  loadS3Archive: () => import('@crossroads/document/s3'),
  // Every consultation asks here. Without the bus, answers get old, which is better than no answers.
  defaults: { BUS_GRACE_MS: String(10 * MINUTE) },
});
