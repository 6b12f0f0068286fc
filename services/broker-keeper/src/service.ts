import { defineService } from '@crossroads/service';
import { AccessSettings } from './access/access.settings.js';

export const service = defineService({
  name: 'broker-keeper',
  settings: [AccessSettings],
});
