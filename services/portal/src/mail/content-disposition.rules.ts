/** In bytes: file systems take 255, and browsers append to names that exist. */
const MAX_NAME_BYTES = 200;
const FALLBACK = 'document';

/** Control, formatting (direction, zero width), private and unassigned characters, and lone surrogates. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;
const FORBIDDEN_IN_NAMES = /[<>:"|?*]/g;
/** Names of devices on Windows, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/** A file name that is one name wherever it is saved: no path, nothing invisible, nothing that turns the direction of text. */
export const safeFileName = (name: string): string => {
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const visible = last
    .replaceAll(INVISIBLE, '')
    .replaceAll('\u{FFFD}', '')
    .replaceAll(FORBIDDEN_IN_NAMES, '_')
    .replaceAll(/\s+/gu, ' ')
    .replace(/^[. ]+/, '')
    .replace(/[. ]+$/, '')
    .replace(DEVICE, '_$&');
  return shortened(visible) || FALLBACK;
};

/** Cuts before the extension, so that the file still opens. */
const shortened = (name: string): string => {
  const [extension = ''] = /\.[A-Za-z0-9]{1,10}$/.exec(name) ?? [];
  const base = extension === '' ? name : name.slice(0, -extension.length);
  let kept = '';
  let bytes = Buffer.byteLength(extension);
  for (const character of base) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_NAME_BYTES) break;
    kept += character;
  }
  return kept + extension;
};

/** RFC 8187: what `encodeURIComponent` leaves although it is no `attr-char`. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** RFC 6266: to be saved and never shown, under a safe form of this name. */
export const attachment = (name: string): string => {
  const safe = safeFileName(name);
  const ascii = safe.replaceAll(/[^\x20-\x7E]/gu, '_').replaceAll(/[%\\"]/g, '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded(safe)}`;
};

const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/i;

/** Without parameters; what is no media type is sent as bytes. */
export const safeMediaType = (mediaType: string): string => {
  const [type = ''] = mediaType.split(';');
  return MEDIA_TYPE.test(type.trim()) ? type.trim().toLowerCase() : 'application/octet-stream';
};
