import { defineService } from '@crossroads/service';
import { PortalSettings } from './portal.settings.js';
import { SecuritySettings } from './security/security.settings.js';
import { SessionEntity } from './session/session.entity.js';
import { SessionSettings } from './session/session.settings.js';
import { Sessions1764230400000 } from './session/sessions.migration.js';

export const service = defineService({
  name: 'portal',
  settings: [PortalSettings, SessionSettings, SecuritySettings],
  entities: [SessionEntity],
  migrations: [Sessions1764230400000],
});
