/** Signs somebody in at the portal, through the provider of one machine. Resolves to the header `Cookie` of their browser. */
export const signedInAt = async (portal: string, ssin: string): Promise<string> => {
  const cookies = new Map<string, Map<string, string>>();
  const jarOf = ({ host }: URL) => {
    const jar = cookies.get(host) ?? new Map<string, string>();
    cookies.set(host, jar);
    return jar;
  };
  const headerOf = (url: URL) => [...jarOf(url)].map(([name, value]) => `${name}=${value}`).join('; ');
  let url = new URL('/en/sign-in?back=/accesses', portal);
  let form: URLSearchParams | undefined;
  for (let step = 0; step < 15; step++) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: headerOf(url) },
      ...(form ? { method: 'POST', body: form } : {}),
    });
    await response.arrayBuffer();
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      jarOf(url).set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null && url.pathname === '/en/accesses') return headerOf(url);
    // The page on which people choose who they are.
    form = location === null ? new URLSearchParams({ ssin }) : undefined;
    if (location !== null) url = new URL(location, url);
  }
  throw new Error('nobody was signed in');
};
