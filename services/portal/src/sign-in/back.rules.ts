const MAX_LENGTH = 500;
/** A path of ours, with a query: it begins with one slash, and has nothing by which a browser would leave the portal. */
const OURS = /^\/[A-Za-z0-9][A-Za-z0-9/._~%-]*(\?[A-Za-z0-9=&._~%:+-]*)?$/;

/** Where to go after signing in: a path without its language. Anything that is no path of ours is the start. */
export const backOf = (text: unknown): string =>
  typeof text === 'string' &&
  text.length <= MAX_LENGTH &&
  OURS.test(text) &&
  !text.includes('//') &&
  !text.startsWith('/sign-')
    ? text
    : '/accesses';
