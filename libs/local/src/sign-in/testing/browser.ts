/** A browser without scripts, of one person: it keeps the cookies of one provider, and follows redirects up to a front end. */
export class Browser {
  private readonly cookies = new Map<string, string>();
  /** Every address that it asked for, or was sent to. */
  readonly visited: string[] = [];

  constructor(private readonly provider: string) {}

  async open(address: URL | string, form?: Readonly<Record<string, string>>, language = 'en'): Promise<Response> {
    const url = new URL(address, this.provider);
    this.visited.push(url.href);
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        'accept-language': language,
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name === undefined) continue;
      if (value === undefined || value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  /** The address of the page at which redirects end: of the provider, or of a front end, whose page is not opened. */
  async follow(response: Response, from: URL | string): Promise<{ readonly url: URL; readonly response: Response }> {
    let [url, answer] = [new URL(from, this.provider), response];
    for (let step = 0; step < 10; step++) {
      const location = answer.headers.get('location');
      if (location === null) return { url, response: answer };
      url = new URL(location, url);
      if (url.origin !== this.provider) {
        this.visited.push(url.href);
        return { url, response: answer };
      }
      answer = await this.open(url);
    }
    throw new Error('the redirects have no end');
  }

  /** Submits a form that a page has, as its button without JavaScript does. */
  async submit(page: string, from: URL, more: Readonly<Record<string, string>> = {}) {
    const [, action = ''] = /<form[^>]* action="([^"]+)"/.exec(page) ?? [];
    const hidden = [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    const form = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
    const url = new URL(action, from);
    return this.follow(await this.open(url, { ...form, ...more }), url);
  }
}
