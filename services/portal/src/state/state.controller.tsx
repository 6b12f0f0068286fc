import { Controller, Get, Header } from '@nestjs/common';
import { PageAnswer } from '../page/page-answer.js';
import { type Visit, Visiting } from '../page/visit.js';
import { ServiceStateChecks } from './service-states.js';
import { StatePage } from './state.page.js';
import { stateTexts } from './state.texts.js';

@Controller(':language/state')
export class StateController {
  constructor(private readonly checks: ServiceStateChecks) {}

  @Get()
  @Header('cache-control', 'no-store')
  async show(@Visiting() { language }: Visit): Promise<PageAnswer> {
    return new PageAnswer(
      stateTexts(language)('title'),
      <StatePage language={language} view={await this.checks.now()} />,
    );
  }
}
