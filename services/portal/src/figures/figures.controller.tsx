import { Clock } from '@crossroads/configuration';
import { dayOf } from '@crossroads/identifiers';
import { Controller, Get, Header, NotFoundException, Query, StreamableFile } from '@nestjs/common';
import { MeshCalls } from '../mesh/mesh-calls.js';
import { partOf } from '../mesh/service-away.js';
import { type FormInput, textOf } from '../page/form-input.rules.js';
import { PageAnswer } from '../page/page-answer.js';
import { PublicPage } from '../page/public-page.js';
import { type Visit, Visiting } from '../page/visit.js';
import { FiguresPage } from './figures.page.js';
import {
  figuresCsv,
  figuresLines,
  type FiguresLine,
  isMonth,
  type Month,
  monthParts,
  monthsUntil,
} from './figures.rules.js';
import { figuresTexts } from './figures.texts.js';

const PAGE_SIZE = 1_000;

/** How much was exchanged, by institution and month. */
@Controller(':language')
export class FiguresController {
  constructor(
    private readonly calls: MeshCalls,
    private readonly clock: Clock,
  ) {}

  @Get('figures')
  @PublicPage()
  async show(@Visiting() { language }: Visit, @Query() query: FormInput): Promise<PageAnswer> {
    const { month, months } = this.asked(query);
    const lines = await partOf(this.linesOf(month));
    const view = { month, months, lines: 'value' in lines ? lines.value : undefined };
    return new PageAnswer(
      figuresTexts(language)('title'),
      <FiguresPage language={language} view={view} />,
      view.lines ? 200 : 503,
    );
  }

  @Get('figures.csv')
  @Header('cache-control', 'public, max-age=60')
  @Header('x-content-type-options', 'nosniff')
  async download(@Query() query: FormInput): Promise<StreamableFile> {
    const { month } = this.asked(query);
    const csv = Buffer.from(figuresCsv(month, await this.linesOf(month)));
    return new StreamableFile(csv, {
      type: 'text/csv; charset=utf-8; header=present',
      disposition: `attachment; filename="figures-${month}.csv"`,
    });
  }

  /** @throws NotFoundException for what is no month */
  private asked(query: FormInput): { readonly month: Month; readonly months: readonly Month[] } {
    const months = monthsUntil(dayOf(this.clock.now()));
    const month = textOf(query, 'month') || (months[0] ?? '');
    if (!isMonth(month)) throw new NotFoundException();
    return { month, months: months.includes(month) ? months : [month, ...months] };
  }

  private async linesOf(month: Month): Promise<readonly FiguresLine[]> {
    const which = { from: monthParts(month), to: monthParts(month), customer: '', pageSize: PAGE_SIZE };
    const figures = [];
    let pageToken = '';
    do {
      const page = await this.calls.figures((client) => client.listMonthlyFigures({ ...which, pageToken }));
      figures.push(...page.figures);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return figuresLines(figures);
  }
}
