import { defineService } from '@crossroads/service';
import { AccessEntity } from './access-log/access.entity.js';
import { Accesses1764230400000, AccessesOfPerson1764230400001 } from './access-log/accesses.migration.js';
import { figuresView } from './access-log/monthly-figures.js';
import { MonthlyFigures1764230400002 } from './access-log/monthly-figures.migration.js';
import { accessesView } from './access-log/rebuild-accesses.js';

export const service = defineService({
  name: 'access-audit',
  entities: [AccessEntity],
  views: (_, providerOf) => ({ accesses: accessesView(providerOf), figures: figuresView }),
  migrations: [Accesses1764230400000, AccessesOfPerson1764230400001, MonthlyFigures1764230400002],
});
