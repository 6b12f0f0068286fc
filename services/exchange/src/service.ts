import { defineService } from '@crossroads/service';
import { ReceiptSettings } from '@crossroads/transparency/nest';
import { ExchangeInstances1764230400000 } from './journal/instances.migration.js';
import { reasonCodes } from './exchange/reason-codes.js';

const MINUTE = 60_000;
const MIB = 1024 * 1024;

export const service = defineService({
  name: 'exchange',
  settings: [ReceiptSettings],
  migrations: [ExchangeInstances1764230400000],
  reasonCodes,
  loadS3Archive: () => import('@crossroads/document/s3'),
  defaults: {
    // A request is about one person.
    LIMIT_MESSAGE_BYTES: String(MIB),
    // Consultations need no bus, but the access log must not lack accesses for long.
    BUS_GRACE_MS: String(10 * MINUTE),
  },
});
