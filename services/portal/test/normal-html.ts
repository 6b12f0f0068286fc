const VOID = new Set(['input', 'br', 'hr', 'meta', 'link', 'img']);

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

const decode = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '');

/**
 * Two documents with the same normal form differ in white space beside tags, order of attributes and spelling only: one line a tag or text,
 * attributes sorted.
 */
export const normalHtml = (html: string): string => {
  const lines: string[] = [];
  const token = /<(\/?)([a-z][a-z0-9]*)((?:\s+[^\s=>"/]+(?:="[^"]*")?)*)\s*(\/?)>|[^<]+/gi;
  let end = 0;
  for (const match of html.matchAll(token)) {
    if (match.index !== end) throw new Error(`no HTML: ${html.slice(end, end + 80)}`);
    end = match.index + match[0].length;
    const [text, slash, name, attributes = '', closed] = match;
    if (name === undefined) {
      const words = decode(text).replace(/\s+/g, ' ').trim();
      if (words) lines.push(words);
    } else if (slash) lines.push(`</${name}>`);
    else {
      const sorted = [...attributes.matchAll(/([^\s=]+)(?:="([^"]*)")?/g)]
        .map(([, attribute = '', value = '']) => `${attribute}="${decode(value).replace(/\s+/g, ' ').trim()}"`)
        .sort((one, other) => one.localeCompare(other));
      lines.push(`<${[name, ...sorted].join(' ')}>`);
      if (closed && !VOID.has(name)) lines.push(`</${name}>`);
    }
  }
  if (end !== html.length) throw new Error(`no HTML: ${html.slice(end, end + 80)}`);
  return lines.join('\n');
};
