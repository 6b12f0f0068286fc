import { Clock } from '@crossroads/configuration';
import { dayOf } from '@crossroads/identifiers';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { OwnInscriptions } from '../inscription/own-inscriptions.js';
import { partOf } from '../mesh/service-away.js';
import { PageAnswer } from '../page/page-answer.js';
import { SignedInGuard } from '../page/signed-in.guard.js';
import { SignedIn, type Visit, Visiting } from '../page/visit.js';
import type { Session } from '../session/session.js';
import { Vocabularies } from '../vocabulary/vocabularies.js';
import { DeliberationsInForce } from './deliberations-in-force.js';
import { type Permissions, PermissionsPage } from './permissions.page.js';
import { grantsOf, ownInscriptionOf } from './permissions.reader.js';
import { institutionsWithFile, permissionsOf } from './permissions.rules.js';
import { permissionsTexts } from './permissions.texts.js';

@Controller(':language/permissions')
@UseGuards(SignedInGuard)
export class PermissionsController {
  constructor(
    private readonly inscriptions: OwnInscriptions,
    private readonly deliberations: DeliberationsInForce,
    private readonly vocabularies: Vocabularies,
    private readonly clock: Clock,
  ) {}

  /** Who may receive what about the person today. */
  @Get()
  async show(@Visiting() { language }: Visit, @SignedIn() session: Session): Promise<PageAnswer> {
    const [vocabulary, permissions] = await Promise.all([this.vocabularies.in(language), this.permissions(session)]);
    return new PageAnswer(
      permissionsTexts(language)('title'),
      <PermissionsPage language={language} vocabulary={vocabulary} permissions={permissions} />,
      // Without either service the page says nothing.
      'away' in permissions ? 503 : 200,
    );
  }

  private async permissions(session: Session): Promise<Permissions> {
    const today = dayOf(this.clock.now());
    const own = await partOf(this.inscriptions.all(session));
    if ('away' in own) return { away: 'directoryAway' };
    const files = own.value.map(ownInscriptionOf);
    const found = await partOf(this.deliberations.of(institutionsWithFile(files, today)));
    if ('away' in found) return { away: 'registerAway' };
    const { deliberations, isWhole } = found.value;
    return { services: permissionsOf(files, deliberations.flatMap(grantsOf), today), isWhole };
  }
}
