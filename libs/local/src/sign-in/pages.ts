import { createHash } from 'node:crypto';
import type { SignInPerson } from './accounts.js';
import { type Language, type TextKey, textOf } from './texts.js';

/** What the page of choices shows. */
export interface Choices {
  readonly people: readonly SignInPerson[];
  readonly words: string;
  readonly page: number;
  readonly pages: number;
  readonly enterprise: string;
  readonly fault?: 'wrongNumber' | 'wrongEnterprise';
}

const STYLE = `
body{font:1.1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:44rem;padding:1rem;color:#1b1b1b;background:#fff}
.notice{border-left:.4rem solid #8a3b00;background:#fff3e6;padding:.6rem 1rem}
.fault{border-left:.4rem solid #b00020;padding:.3rem 1rem;font-weight:bold}
label,legend{font-weight:bold;display:block}
fieldset{border:1px solid #767676;margin:1rem 0;padding:.6rem 1rem}
input,select,button{font:inherit;padding:.4rem .6rem;border:2px solid #1b1b1b;background:#fff;color:inherit;margin:.2rem 0;max-width:100%}
button{cursor:pointer}
button.main{background:#00497a;border-color:#00497a;color:#fff}
:focus-visible{outline:.2rem solid #ffbf47;outline-offset:.1rem;box-shadow:0 0 0 .35rem #1b1b1b}
ul{list-style:none;padding:0}
li button{width:100%;text-align:left;display:flex;justify-content:space-between;gap:1rem;flex-wrap:wrap}
.hint{color:#505050;display:block}
`;

/** Of the `<style>` of each page, for the Content-Security-Policy. */
export const STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

export const choicePage = (language: Language, action: string, choices: Choices): string => {
  const t = (key: TextKey) => escaped(textOf(language, key));
  const { people, words, page, pages, fault, enterprise } = choices;
  const to = escaped(action);
  const turn = (key: 'previous' | 'next', target: number) =>
    target < 1 || target > pages ? '' : `<button name="page" value="${target}">${t(key)}</button> `;
  return document(
    language,
    t('title'),
    `<p class="notice"><strong>${t('demonstration')}</strong> ${t('explanation')}</p>
<h1>${t('title')}</h1>
${fault === undefined ? '' : `<p class="fault" role="alert">${t(fault)}</p>`}
<form method="post" action="${to}" id="choose">
<label for="ssin">${t('number')}</label><span class="hint" id="ssin-hint">${t('numberHint')}</span>
<input id="ssin" name="ssin" inputmode="numeric" autocomplete="off" aria-describedby="ssin-hint" maxlength="20">
<fieldset><legend>${t('enterprise')}</legend>
<label for="enterprise">${t('enterpriseNumber')}</label>
<input id="enterprise" name="enterprise" inputmode="numeric" autocomplete="off" maxlength="15" value="${escaped(enterprise)}">
<label for="role">${t('role')}</label>
<select id="role" name="role">${ROLES.map((role) => `<option>${role}</option>`).join('')}</select></fieldset>
<button class="main">${t('signIn')}</button>
</form>
<h2>${t('people')}</h2>
<form method="post" action="${to}">
<label for="words">${t('search')}</label>
<input id="words" name="words" type="search" autocomplete="off" maxlength="100" value="${escaped(words)}">
<button name="page" value="1">${t('find')}</button>
${people.length === 0 ? `<p>${t('none')}</p>` : ''}
<ul>${people
      .map(
        ({ ssin, name }) =>
          `<li><button form="choose" name="person" value="${escaped(ssin)}"><span>${escaped(name)}</span> <span>${escaped(written(ssin))}</span></button></li>`,
      )
      .join('\n')}</ul>
<p>${t('page').replace('{page}', String(page)).replace('{pages}', String(pages))}</p>
<p>${turn('previous', page - 1)}${turn('next', page + 1)}</p>
</form>
<form method="post" action="${to}"><button name="cancel" value="yes">${t('cancel')}</button></form>`,
  );
};

/** What somebody may be in an enterprise: the roles that the eBox knows. */
export const ROLES = ['EBOX_MANAGER', 'EBOX_READER'] as const;

/** `form` is the provider's, with the id `op.logoutForm`. */
export const logoutPage = (language: Language, form: string): string =>
  document(
    language,
    escaped(textOf(language, 'signOut')),
    `<h1>${escaped(textOf(language, 'signOut'))}</h1>${form}
<button class="main" form="op.logoutForm" name="logout" value="yes">${escaped(textOf(language, 'yes'))}</button>`,
  );

export const messagePage = (language: Language, key: TextKey, detail = ''): string =>
  document(
    language,
    escaped(textOf(language, key)),
    `<h1>${escaped(textOf(language, key))}</h1>${detail === '' ? '' : `<p class="hint">${escaped(detail)}</p>`}`,
  );

const document = (language: Language, title: string, body: string): string => `<!DOCTYPE html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${STYLE}</style></head>
<body><main>
${body}
</main></body>
</html>
`;

/** `80.61.01-001.23`, as it is on an identity card. */
const written = (ssin: string): string => ssin.replace(/^(\d\d)(\d\d)(\d\d)(\d{3})(\d\d)$/, '$1.$2.$3-$4.$5');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
