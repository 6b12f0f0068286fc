import type { VNode } from 'preact';
import type { ForeignText } from './message.rules.js';

/** What somebody else wrote: in its own language and direction. */
export const Foreign = ({ text }: { readonly text: ForeignText }): VNode => <bdi lang={text.language}>{text.text}</bdi>;
