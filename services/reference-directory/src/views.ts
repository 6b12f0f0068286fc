import type { ViewsOf } from '@crossroads/service';
import { inscriptionsView } from './inscription/rebuild-inscriptions.js';
import { InstitutionContexts } from './lookup/institution-contexts.js';
import { mergesView, numbersView } from './number/rebuild-numbers.js';
import { personsView } from './number/rebuild-persons.js';

/** For `main.js rebuild <view>`. */
export const views: ViewsOf = (db) => ({
  persons: personsView,
  numbers: numbersView,
  merges: mergesView,
  inscriptions: inscriptionsView(new InstitutionContexts(db)),
});
