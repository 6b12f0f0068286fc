import { Clock } from '@crossroads/configuration';
import type { Inscription } from '@crossroads/contracts/directory/v1/directory_service';
import { dayOf, type IsoDay } from '@crossroads/identifiers';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { OwnInscriptions } from '../inscription/own-inscriptions.js';
import { MeshCalls } from '../mesh/mesh-calls.js';
import { partOf } from '../mesh/service-away.js';
import { PageAnswer } from '../page/page-answer.js';
import { SignedInGuard } from '../page/signed-in.guard.js';
import { SignedIn, type Visit, Visiting } from '../page/visit.js';
import type { Session } from '../session/session.js';
import { Vocabularies } from '../vocabulary/vocabularies.js';
import { knownFactsOf, textOfDate } from './known-facts.js';
import { OwnDataPage, type OwnFile } from './own-data.page.js';
import { ownDataTexts } from './own-data.texts.js';

@Controller(':language/own-data')
@UseGuards(SignedInGuard)
export class OwnDataController {
  constructor(
    private readonly calls: MeshCalls,
    private readonly inscriptions: OwnInscriptions,
    private readonly vocabularies: Vocabularies,
    private readonly clock: Clock,
  ) {}

  /** What is known about the person; each part may be missing by itself. */
  @Get()
  async show(@Visiting() { language }: Visit, @SignedIn() session: Session): Promise<PageAnswer> {
    const today = dayOf(this.clock.now());
    const [vocabulary, person, files] = await Promise.all([
      this.vocabularies.in(language),
      partOf(this.calls.as(session, 'person', (registry, options) => registry.getOwnPerson({}, options))),
      partOf(this.inscriptions.all(session)),
    ]);
    const body = (
      <OwnDataPage
        language={language}
        vocabulary={vocabulary}
        person={
          'value' in person
            ? {
                ssin: person.value.ssin,
                replacedSsins: person.value.replacedSsins,
                facts: knownFactsOf(language, person.value.facts, today),
              }
            : undefined
        }
        files={'value' in files ? files.value.map((one) => fileOf(one, today)) : undefined}
      />
    );
    return new PageAnswer(ownDataTexts(language)('title'), body, 'away' in person && 'away' in files ? 503 : 200);
  }
}

const fileOf = ({ institution, inscriptionContext: context, period }: Inscription, today: IsoDay): OwnFile => {
  const [from, to] = [textOfDate(period?.startDate), textOfDate(period?.endDate)];
  const isCurrent = (from === '' || from <= today) && (to === '' || today <= to);
  return { institution, context, from, to, isCurrent };
};
