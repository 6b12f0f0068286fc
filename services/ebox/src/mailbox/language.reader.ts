import { Language as LanguageMessage } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { fields } from '@crossroads/grpc';
import type { Language } from './mailbox.entity.js';

const LANGUAGES = new Map<LanguageMessage, Language>([
  [LanguageMessage.LANGUAGE_NL, 'nl'],
  [LanguageMessage.LANGUAGE_FR, 'fr'],
  [LanguageMessage.LANGUAGE_DE, 'de'],
  [LanguageMessage.LANGUAGE_EN, 'en'],
]);

export const language = fields.field((raw: LanguageMessage, refuse): Language => {
  if (raw === LanguageMessage.LANGUAGE_UNSPECIFIED) return refuse('REQUIRED', 'needed: a language');
  return LANGUAGES.get(raw) ?? refuse('UNKNOWN_LANGUAGE', 'LANGUAGE_NL, LANGUAGE_FR, LANGUAGE_DE or LANGUAGE_EN');
});
