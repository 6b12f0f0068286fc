import { Clock } from '@crossroads/configuration';
import { Controller, Get, Res, UseGuards } from '@nestjs/common';
import type { Response } from 'express';
import { PageAnswer } from '../page/page-answer.js';
import { SignedInGuard } from '../page/signed-in.guard.js';
import { SignedIn, type Visit, Visiting } from '../page/visit.js';
import type { Session } from '../session/session.js';
import { Vocabularies } from '../vocabulary/vocabularies.js';
import { entriesOf } from './access-entries.js';
import { accessLineOf } from './access-line.reader.js';
import { AccessLists, UnknownPage } from './access-lists.js';
import { Sentences } from './access-sentence.js';
import { AccessesPage } from './accesses.page.js';
import { accessesTexts } from './accesses.texts.js';
import { choicesOf } from './filter-choices.js';
import { askedListOf, queryOf } from './list-filter.rules.js';

const PAGE_SIZE = 20;
const NOTHING = { accesses: [], nextPageToken: '' };

@Controller(':language/accesses')
@UseGuards(SignedInGuard)
export class AccessesController {
  constructor(
    private readonly lists: AccessLists,
    private readonly vocabularies: Vocabularies,
    private readonly clock: Clock,
  ) {}

  /** Who looked, the newest first. */
  @Get()
  async list(
    @Visiting() { language, search }: Visit,
    @SignedIn() session: Session,
    @Res({ passthrough: true }) response: Response,
  ): Promise<PageAnswer | undefined> {
    const asked = askedListOf(new URLSearchParams(search));
    const vocabulary = await this.vocabularies.in(language);
    try {
      const { accesses, nextPageToken } =
        asked.problems.length > 0 ? NOTHING : await this.lists.page(session, asked.filter, asked.pageToken, PAGE_SIZE);
      const sentences = new Sentences(language, vocabulary);
      const body = (
        <AccessesPage
          language={language}
          csrfToken={session.csrfToken}
          asked={asked}
          choices={choicesOf(language, vocabulary)}
          entries={entriesOf(accesses.map(accessLineOf), language, sentences, this.clock.now())}
          nextPageToken={nextPageToken}
        />
      );
      return new PageAnswer(accessesTexts(language)('title'), body, asked.problems.length > 0 ? 400 : 200);
    } catch (error) {
      if (!(error instanceof UnknownPage)) throw error;
      response.redirect(303, `/${language}/accesses${queryOf(asked.filter)}`);
      return undefined;
    }
  }
}
