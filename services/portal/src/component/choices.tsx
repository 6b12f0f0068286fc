import type { VNode } from 'preact';
import { classNames } from './class-names.js';
import { Fieldset } from './fieldset.js';
import { type ControlProps, describedBy, FormGroup, HintAndError } from './form-group.js';
import { Hint } from './hint.js';
import { Label } from './label.js';

interface Choice {
  readonly value: string;
  readonly text: string;
  readonly hint?: string;
  readonly disabled?: boolean;
}

export interface ChoicesProps extends ControlProps {
  readonly name: string;
  /** Of the first choice's id, which an error summary links to. @default name */
  readonly id?: string;
  readonly legend: string;
  readonly legendSize?: 's' | 'm' | 'l' | 'xl';
  readonly isPageHeading?: boolean;
  readonly small?: boolean;
  readonly choices: readonly Choice[];
}

/** What checkboxes and radios have in common. */
export const Choices = (
  props: ChoicesProps & {
    readonly kind: 'checkboxes' | 'radios';
    readonly inline?: boolean | undefined;
    readonly isChecked: (value: string) => boolean;
  },
): VNode => {
  const { kind, name, id = name, small, inline, choices, error, isChecked } = props;
  const block = `govuk-${kind}`;
  return (
    <FormGroup error={error}>
      <Fieldset
        legend={props.legend}
        legendSize={props.legendSize}
        isPageHeading={props.isPageHeading}
        describedBy={describedBy(id, props)}
      >
        <HintAndError {...props} id={id} />
        <div class={classNames(block, small && `${block}--small`, inline && `${block}--inline`)} data-module={block}>
          {choices.map(({ value, text, hint, disabled }, index) => {
            const itemId = index === 0 ? id : `${id}-${index + 1}`;
            return (
              <div class={`${block}__item`} key={value}>
                <input
                  class={`${block}__input`}
                  id={itemId}
                  name={name}
                  type={kind === 'radios' ? 'radio' : 'checkbox'}
                  value={value}
                  checked={isChecked(value)}
                  disabled={disabled}
                  aria-describedby={hint && `${itemId}-item-hint`}
                />
                <Label text={text} for={itemId} class={`${block}__label`} />
                {hint && <Hint id={`${itemId}-item-hint`} text={hint} class={`${block}__hint`} />}
              </div>
            );
          })}
        </div>
      </Fieldset>
    </FormGroup>
  );
};
