import { fields } from '@crossroads/grpc';

/** Control characters, line and paragraph separators, and what was not UTF-8 on the wire. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\ufffd]/u;
/** Formatting that is not seen, such as bidi overrides, private and unassigned characters. */
const INVISIBLE = /[\p{Cf}\p{Co}\p{Cn}\p{Cs}]/u;

/** One line of 1 to `max` characters. HTML is text like any other. */
export const line = ({ max }: { readonly max: number }) =>
  fields.field((raw: string, refuse): string => {
    if (raw.trim() === '') return refuse('REQUIRED', `needed: text of at most ${max} characters`);
    if (raw.length > max) return refuse('TOO_LONG', `at most ${max} characters`);
    return UNPRINTABLE.test(raw) ? refuse('UNPRINTABLE', 'one line of UTF-8 text without control characters') : raw;
  });

/** An id of the sender's own. */
export const ownId = ({ max }: { readonly max: number }) =>
  fields.field((raw: string, refuse): string => {
    if (raw.trim() === '') return refuse('REQUIRED', `needed: an id of at most ${max} characters`);
    if (raw.length > max) return refuse('TOO_LONG', `at most ${max} characters`);
    return UNPRINTABLE.test(raw) || INVISIBLE.test(raw)
      ? refuse('UNPRINTABLE', 'an id has printable characters only')
      : raw;
  });

const MAX_FILE_NAME_BYTES = 255;
/** RFC 9839 and the Trojan Source paper: a name could show as another one. */
const BIDI_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

export const fileName = fields.field((raw: string, refuse): string => {
  if (raw.trim() === '') return refuse('REQUIRED', 'needed: a file name, for example decision.pdf');
  if (Buffer.byteLength(raw) > MAX_FILE_NAME_BYTES)
    return refuse('TOO_LONG', `at most ${MAX_FILE_NAME_BYTES} bytes of UTF-8`);
  if (/[/\\]/.test(raw)) return refuse('FILE_NAME_WITH_PATH', 'a file name without a path: no / and no \\');
  if (/^\.{1,2}$/.test(raw.trim())) return refuse('RESERVED_FILE_NAME', '. and .. are folders; give the file a name');
  if (UNPRINTABLE.test(raw) || BIDI_CONTROLS.test(raw))
    return refuse('UNPRINTABLE', 'a file name has no control characters, and none that change the direction of text');
  return raw;
});
