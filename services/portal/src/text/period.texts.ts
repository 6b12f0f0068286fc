import { texts } from './texts.js';

export const periodTexts = texts({
  nl: { between: 'van {from} tot en met {to}', since: 'sinds {from}', until: 'tot en met {to}' },
  fr: { between: 'du {from} au {to}', since: 'depuis le {from}', until: "jusqu'au {to}" },
  de: { between: 'vom {from} bis zum {to}', since: 'seit dem {from}', until: 'bis zum {to}' },
  en: { between: 'from {from} to {to}', since: 'since {from}', until: 'until {to}' },
});
