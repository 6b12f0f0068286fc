/** A browser without scripts: it keeps cookies by host and port, and follows redirects when it is told to. */
export class Browser {
  private readonly jar = new Map<string, Map<string, string>>();
  /** Every address that it asked for, or was sent to. */
  readonly visited: string[] = [];

  constructor(private readonly headers: Readonly<Record<string, string>> = {}) {}

  async open(url: URL | string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const address = new URL(url);
    this.visited.push(address.href);
    const response = await fetch(address, {
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        cookie: this.cookieHeaderOf(address),
        ...(form === undefined ? {} : { origin: address.origin, 'sec-fetch-site': 'same-origin' }),
        ...this.headers,
      },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name === undefined || value === undefined) continue;
      if (/expires=thu, 01 jan 1970/i.test(cookie) || value === '') this.cookiesOf(address).delete(name);
      else this.cookiesOf(address).set(name, value);
    }
    return response;
  }

  /** Follows redirects, at most to the first address that `stop` takes. */
  async follow(response: Response, from: URL | string, stop: (url: URL) => boolean = () => false): Promise<Visited> {
    let [here, answer] = [new URL(from), response];
    for (let step = 0; step < 15; step++) {
      const location = answer.headers.get('location');
      if (location === null) return { url: here, response: answer };
      here = new URL(location, here);
      if (stop(here)) return { url: here, response: answer };
      answer = await this.open(here);
    }
    throw new Error('the redirects have no end');
  }

  cookieHeaderOf(url: URL): string {
    return [...this.cookiesOf(url)].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  cookiesOf({ host }: URL): Map<string, string> {
    const cookies = this.jar.get(host) ?? new Map<string, string>();
    this.jar.set(host, cookies);
    return cookies;
  }
}

export interface Visited {
  readonly url: URL;
  readonly response: Response;
}
