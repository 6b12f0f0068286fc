import { defineService } from '@crossroads/service';
import { FirstAdministratorSettings } from './policy/first-administrator.settings.js';
import { reasonCodes } from './policy/reason-codes.js';

export const service = defineService({
  name: 'authorization',
  settings: [FirstAdministratorSettings],
  reasonCodes,
});
