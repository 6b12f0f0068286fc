import { defineService } from '@crossroads/service';
import { ReceiptKeySettings } from '@crossroads/source/nest';
import { PersonReassertions } from './person/person-reassertions.js';
import { PersonSnapshots1764230500000 } from './person/person-snapshots.migration.js';
import { snapshotsView } from './person/rebuild-snapshots.js';
import { DueProposals1764230600000 } from './proposal/due-proposals.migration.js';
import { reasonCodes } from './person-service/reason-codes.js';

const MINUTE = 60_000;

export const service = defineService({
  name: 'person-registry',
  settings: [ReceiptKeySettings],
  migrations: [PersonSnapshots1764230500000, DueProposals1764230600000],
  reasonCodes,
  views: (_, providerOf) => ({ snapshots: snapshotsView(providerOf) }),
  reassertions: PersonReassertions,
  // Persons are registered and read without the bus, and published when it is back.
  defaults: { BUS_GRACE_MS: String(10 * MINUTE) },
});
