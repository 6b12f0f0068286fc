import { Controller, Get } from '@nestjs/common';
import { signedOutPage } from './error.page.js';
import type { PageAnswer } from './page-answer.js';
import { type Visit, Visiting } from './visit.js';

/** Where everybody ends who signs out. */
@Controller()
export class SignedOutController {
  @Get(':language/signed-out')
  signedOut(@Visiting() { language }: Visit): PageAnswer {
    return signedOutPage(language);
  }
}
