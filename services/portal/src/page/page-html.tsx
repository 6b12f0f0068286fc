import { Page, renderPage } from './layout.page.js';
import type { PageAnswer } from './page-answer.js';
import type { Visit } from './visit.js';

/** A whole document. */
export const htmlOf = ({ language, path, search, session }: Visit, { title, body }: PageAnswer): string =>
  renderPage(
    <Page
      language={language}
      title={title}
      path={path}
      search={search}
      {...(session ? { session: { name: session.name, csrfToken: session.csrfToken, endsAt: session.endsAt } } : {})}
    >
      {body}
    </Page>,
  );
