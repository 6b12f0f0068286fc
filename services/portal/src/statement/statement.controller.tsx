import { Controller, Get } from '@nestjs/common';
import { PageAnswer } from '../page/page-answer.js';
import { PublicPage } from '../page/public-page.js';
import { type Visit, Visiting } from '../page/visit.js';
import { AccessibilityPage } from './accessibility.page.js';
import { accessibilityTexts } from './accessibility.texts.js';
import { PrivacyPage } from './privacy.page.js';
import { privacyTexts } from './privacy.texts.js';

@Controller(':language')
export class StatementController {
  @Get('accessibility')
  @PublicPage()
  accessibility(@Visiting() { language }: Visit): PageAnswer {
    return new PageAnswer(accessibilityTexts(language)('title'), <AccessibilityPage language={language} />);
  }

  @Get('privacy')
  @PublicPage()
  privacy(@Visiting() { language }: Visit): PageAnswer {
    return new PageAnswer(privacyTexts(language)('title'), <PrivacyPage language={language} />);
  }
}
