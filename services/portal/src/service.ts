import { defineService } from '@crossroads/service';
import { PortalSettings } from './portal.settings.js';

export const service = defineService({ name: 'portal', settings: [PortalSettings] });
