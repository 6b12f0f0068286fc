/** Whom to choose on the page of the sign-in provider of one machine. */
export interface DemoChoice {
  readonly ssin: string;
  /** In which enterprise the person has a role. */
  readonly enterprise?: { readonly enterpriseNumber: string; readonly role: string };
}

/** Where the provider of one machine sends the command back. Nothing listens there: the address in the redirection is enough. */
export const CLI_CALLBACK = 'http://localhost/cli/callback';

const MAX_STEPS = 10;
const UNPROCESSABLE = 422;

/** The provider of one machine refuses the number of the person, or that of the enterprise. The message names neither. */
export class ChoiceRefused extends Error {
  override readonly name = 'ChoiceRefused';
}

/**
 * Walks through the sign-in provider of one machine as a browser does, from the address of a front end's request to the redirection to
 * `redirectUri`, which it does not follow.
 * @throws ChoiceRefused; an error with the status of the provider's answer
 */
export const chooseAtDemoProvider = async (
  start: URL,
  redirectUri: string,
  { ssin, enterprise }: DemoChoice,
): Promise<URL> => {
  const cookies = new Map<string, string>();
  const form = new URLSearchParams({
    ssin,
    ...(enterprise === undefined ? {} : { enterprise: enterprise.enterpriseNumber, role: enterprise.role }),
  });
  let request: { url: URL; body?: URLSearchParams } = { url: start };
  for (let step = 0; step < MAX_STEPS; step++) {
    const { url, body } = request;
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
    await response.arrayBuffer();
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name !== undefined && value !== undefined) cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location !== null) {
      const next = new URL(location, url);
      if (next.href.startsWith(`${redirectUri}?`)) return next;
      request = { url: next };
    } else if (response.status === 200 && body === undefined) request = { url, body: form };
    else if (response.status === UNPROCESSABLE)
      throw new ChoiceRefused('the sign-in provider refuses the number of the person or of the enterprise');
    else throw new Error(`the sign-in provider answered with status ${response.status} at ${url.pathname}`);
  }
  throw new Error(`the sign-in provider redirected ${MAX_STEPS} times`);
};
