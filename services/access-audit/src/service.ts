import { defineService } from '@crossroads/service';
import { AccessEntity } from './access-log/access.entity.js';
import { Accesses1764230400000, AccessesOfPerson1764230400001 } from './access-log/accesses.migration.js';

export const service = defineService({
  name: 'access-audit',
  entities: [AccessEntity],
  migrations: [Accesses1764230400000, AccessesOfPerson1764230400001],
});
