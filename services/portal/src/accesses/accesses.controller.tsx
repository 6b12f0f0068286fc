import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Clock } from '@crossroads/configuration';
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  NotFoundException,
  Param,
  Post,
  Query,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { Response } from 'express';
import { PageAnswer } from '../page/page-answer.js';
import { SeeOther } from '../page/see-other.js';
import { SignedInGuard } from '../page/signed-in.guard.js';
import { SignedIn, type Visit, Visiting } from '../page/visit.js';
import type { Session } from '../session/session.js';
import { Vocabularies } from '../vocabulary/vocabularies.js';
import { contestForm, entriesOf } from './access-entries.js';
import { accessLineOf } from './access-line.reader.js';
import { AccessLists, isUuid, UnknownPage } from './access-lists.js';
import { Sentences } from './access-sentence.js';
import { AccessPage } from './access.page.js';
import { accessTexts } from './access.texts.js';
import { AccessesPage } from './accesses.page.js';
import { accessesTexts } from './accesses.texts.js';
import { contestable } from './access-line.rules.js';
import { Contests } from './contests.js';
import { downloadOf } from './download.js';
import { choicesOf } from './filter-choices.js';
import { askedListOf, queryOf } from './list-filter.rules.js';

const PAGE_SIZE = 20;
const DOWNLOAD_PAGE_SIZE = 200;
const NOTHING = { accesses: [], nextPageToken: '' };

@Controller(':language/accesses')
@UseGuards(SignedInGuard)
export class AccessesController {
  constructor(
    private readonly lists: AccessLists,
    private readonly contests: Contests,
    private readonly vocabularies: Vocabularies,
    private readonly clock: Clock,
  ) {}

  /** Who looked, the newest first. */
  @Get()
  async list(@Visiting() { language, search }: Visit, @SignedIn() session: Session): Promise<PageAnswer | SeeOther> {
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
      return new SeeOther(`/${language}/accesses${queryOf(asked.filter)}`);
    }
  }

  /** The whole list under a filter, as a file. */
  @Get('download.:format')
  async download(
    @Visiting() { language, search }: Visit,
    @SignedIn() session: Session,
    @Param('format') format: string,
    @Res() response: Response,
  ): Promise<void> {
    if (format !== 'csv' && format !== 'json') throw new NotFoundException();
    const { filter, problems } = askedListOf(new URLSearchParams(search));
    if (problems.length > 0) throw new BadRequestException();
    const sentences = new Sentences(language, await this.vocabularies.in(language));
    const pageAfter = (pageToken: string) => this.lists.page(session, filter, pageToken, DOWNLOAD_PAGE_SIZE);
    const first = await pageAfter('');
    response.set({
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="accesses.${format}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    await pipeline(Readable.from(downloadOf(format, { language, sentences, first, pageAfter })), response);
  }

  /** One of its lines, whole. */
  @Get(':journalId')
  async line(
    @Visiting() { language }: Visit,
    @SignedIn() session: Session,
    @Param('journalId') journalId: string,
    @Query('notice') notice: unknown,
  ): Promise<PageAnswer> {
    const vocabulary = await this.vocabularies.in(language);
    const line = accessLineOf(await this.lists.line(session, journalId));
    const proposalId = contestable([line], this.clock.now()).get(line.id);
    const body = (
      <AccessPage
        language={language}
        csrfToken={session.csrfToken}
        line={line}
        sentences={new Sentences(language, vocabulary)}
        vocabulary={vocabulary}
        contest={proposalId === undefined ? undefined : contestForm(language, line.id, proposalId)}
        notice={notice === 'contested' || notice === 'tooLate' ? notice : undefined}
      />
    );
    return new PageAnswer(accessTexts(language)('title'), body);
  }

  /** Objects to the proposal of a line, and shows what came of it. */
  @Post(':journalId/contest')
  async contest(
    @Visiting() { language }: Visit,
    @SignedIn() session: Session,
    @Param('journalId') journalId: string,
    @Body() body: Readonly<Record<string, unknown>> | undefined,
  ): Promise<SeeOther> {
    const [requestId, proposalId] = [body?.requestId, body?.proposalId];
    if (!isUuid(requestId) || !isUuid(proposalId) || !isUuid(journalId)) throw new BadRequestException();
    const notice = await this.contests.contest(session, requestId, proposalId);
    return new SeeOther(`/${language}/accesses/${journalId}?notice=${notice}`);
  }
}
