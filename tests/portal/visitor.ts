import { Browser } from '@crossroads/testing';

/** Signs somebody in at the portal, through the provider of one machine. Resolves to the header `Cookie` of their browser. */
export const signedInAt = async (portal: string, ssin: string): Promise<string> => {
  const browser = new Browser();
  const begin = new URL('/en/sign-in?back=/accesses', portal);
  // The page on which people choose who they are.
  const choice = await browser.follow(await browser.open(begin), begin);
  const { url, response } = await browser.follow(await browser.open(choice.url, { ssin }), choice.url);
  if (response.status !== 200 || url.pathname !== '/en/accesses') throw new Error('nobody was signed in');
  return browser.cookieHeaderOf(url);
};
