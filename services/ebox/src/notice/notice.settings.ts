import { fileURLToPath } from 'node:url';
import { fileSetting, settingsOf, textSetting } from '@crossroads/configuration';
import { isEnterpriseNumber } from '@crossroads/identifiers';

/** Beside the service's `package.json`. */
export const OWN_NOTICE_RULES = fileURLToPath(new URL('../../../notice-rules.json', import.meta.url));

export class NoticeSettings extends settingsOf({
  OPERATOR_ENTERPRISE_NUMBER: textSetting('enterprise number of who operates the mesh: sender of its own messages')
    .refine(
      (text): boolean => isEnterpriseNumber(text),
      'must be an enterprise number: ten digits, of which the last two check the others',
    )
    .default('0999000129'),
  NOTICE_RULES_FILE: fileSetting(
    'JSON file of rules for messages of the mesh, instead of `notice-rules.json`',
  ).optional(),
}) {}
