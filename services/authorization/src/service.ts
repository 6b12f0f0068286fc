import { defineService } from '@crossroads/service';
import { FirstAdministratorSettings } from './policy/first-administrator.settings.js';
import { Policy1764230500000 } from './policy/policy.migration.js';
import { reasonCodes } from './policy/reason-codes.js';

export const service = defineService({
  name: 'authorization',
  settings: [FirstAdministratorSettings],
  migrations: [Policy1764230500000],
  reasonCodes,
});
