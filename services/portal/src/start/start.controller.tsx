import { Controller, Get, Header, Headers, Redirect } from '@nestjs/common';
import { MeshCalls } from '../mesh/mesh-calls.js';
import { ServiceAway } from '../mesh/service-away.js';
import { layoutTexts } from '../page/layout.texts.js';
import { PageAnswer } from '../page/page-answer.js';
import { PublicPage } from '../page/public-page.js';
import { type Visit, Visiting } from '../page/visit.js';
import { type Session, SessionEnded } from '../session/session.js';
import { languageOf } from '../text/language.js';
import { StartPage } from './start.page.js';

/** The first page does not wait long for a number that it can do without. */
const UNREAD_DEADLINE_MS = 1_000;

const PERSONAL = ['accesses', 'own-data', 'permissions', 'mail', 'sign-in', 'signed-out'];

@Controller()
export class StartController {
  constructor(private readonly calls: MeshCalls) {}

  @Get()
  @Redirect()
  @Header('vary', 'Accept-Language')
  choose(@Headers('accept-language') accepted: string | undefined): { readonly url: string } {
    return { url: `/${languageOf(accepted)}` };
  }

  /** Search engines find what is public. */
  @Get('robots.txt')
  @Header('content-type', 'text/plain; charset=utf-8')
  robots(): string {
    return ['User-agent: *', ...PERSONAL.map((path) => `Disallow: /*/${path}`), ''].join('\n');
  }

  @Get(':language')
  @PublicPage()
  async start(@Visiting() { language, session }: Visit): Promise<PageAnswer> {
    const view = {
      isSignedIn: session !== undefined,
      unread: session && (await this.unreadOf(session)),
    };
    return new PageAnswer(layoutTexts(language)('service'), <StartPage language={language} view={view} />);
  }

  private async unreadOf(session: Session): Promise<number | undefined> {
    try {
      const { mailboxes } = await this.calls.as(session, 'mailboxes', (client, options) =>
        client.listMailboxes({}, { ...options, deadlineMs: UNREAD_DEADLINE_MS }),
      );
      return mailboxes[0]?.unreadMessages;
    } catch (error) {
      if (error instanceof ServiceAway || error instanceof SessionEnded) return undefined;
      throw error;
    }
  }
}
