import { fileURLToPath } from 'node:url';
import { fileSetting, settingsOf } from '@crossroads/configuration';

/** Beside the service's `package.json`. */
export const OWN_MESSAGE_TYPES = fileURLToPath(new URL('../../../message-types.json', import.meta.url));

export class MessageTypeSettings extends settingsOf({
  MESSAGE_TYPES_FILE: fileSetting('JSON file of message types instead of `message-types.json`').optional(),
}) {}
