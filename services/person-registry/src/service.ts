import { defineService } from '@crossroads/service';
import { ReceiptKeySettings } from '@crossroads/source/nest';
import { PersonSnapshots1764230500000 } from './person/person-snapshots.migration.js';
import { reasonCodes } from './person-service/reason-codes.js';

const MINUTE = 60_000;

export const service = defineService({
  name: 'person-registry',
  settings: [ReceiptKeySettings],
  migrations: [PersonSnapshots1764230500000],
  reasonCodes,
  // Persons are registered and read without the bus, and published when it is back.
  defaults: { BUS_GRACE_MS: String(10 * MINUTE) },
});
