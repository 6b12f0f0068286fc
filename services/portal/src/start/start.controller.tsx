import { Controller, Get, Headers, Redirect } from '@nestjs/common';
import { PageAnswer } from '../page/page-answer.js';
import { type Visit, Visiting } from '../page/visit.js';
import { languageOf } from '../text/language.js';

@Controller()
export class StartController {
  @Get()
  @Redirect()
  choose(@Headers('accept-language') accepted: string | undefined): { readonly url: string } {
    return { url: `/${languageOf(accepted)}` };
  }

  @Get(':language')
  start(@Visiting() visit: Visit): PageAnswer {
    return new PageAnswer('Crossroads', <p>{visit.language}</p>);
  }
}
