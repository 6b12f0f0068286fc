import { defineService } from '@crossroads/service';
import { reasonCodes } from './api/reason-codes.js';
import { ExchangeInstances1764230400000 } from './journal/exchange-instances.migration.js';
import { ReceiptSettings } from './consultation/receipt.settings.js';

const MINUTE = 60_000;
const MIB = 1024 * 1024;

export const service = defineService({
  name: 'exchange',
  settings: [ReceiptSettings],
  migrations: [ExchangeInstances1764230400000],
  reasonCodes,
  defaults: {
    // One person's consultation or change; what is longer is no such thing.
    LIMIT_MESSAGE_BYTES: String(MIB),
    // Consultations need no bus; but who looked must not stay unknown to the citizen for long.
    BUS_GRACE_MS: String(10 * MINUTE),
  },
});
