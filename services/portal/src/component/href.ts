/** The attribute of an anchor; none for what is no link that a page of ours may have. */
export const linkTo = (href: string): { readonly href?: string } => {
  const link = safe(href);
  return link === undefined ? {} : { href: link };
};

/**
 * A link as it may stand in a page: a path, query or fragment of ours, or an absolute one by https. Anything else (`javascript:`, `http:`,
 * another host without a scheme) is no link.
 */
const safe = (href: string): string | undefined => {
  // What browsers strip or read as a slash would make another link of it than the one that is looked at here.
  if (/[\p{Cc}\\\s]/u.test(href)) return undefined;
  if (/^(\/(?!\/)|[#?])/.test(href)) return href;
  return /^https:\/\//i.test(href) && URL.canParse(href) ? href : undefined;
};
