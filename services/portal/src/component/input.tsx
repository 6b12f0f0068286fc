import type { VNode } from 'preact';
import { classNames } from './class-names.js';
import { type ControlProps, describedBy, FormGroup, HintAndError } from './form-group.js';
import { Label, type LabelSize } from './label.js';

export interface InputProps extends ControlProps {
  readonly name: string;
  /** @default name */
  readonly id?: string;
  readonly label: string;
  readonly labelSize?: LabelSize;
  readonly isPageHeading?: boolean;
  readonly value?: string | undefined;
  readonly type?: 'text' | 'email' | 'search' | 'tel';
  /** Characters that it is wide. */
  readonly width?: 2 | 3 | 4 | 5 | 10 | 20 | 30;
  readonly inputMode?: 'numeric' | 'decimal' | 'email' | 'tel';
  /** https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#autofill */
  readonly autocomplete?: string;
  readonly spellcheck?: boolean;
}

/** One line of text. */
export const Input = (props: InputProps): VNode => {
  const { name, id = name, label, labelSize, isPageHeading, error } = props;
  // preact's types know no type that is chosen at run time.
  const type = { type: props.type ?? 'text' } as { readonly type: 'text' };
  return (
    <FormGroup error={error}>
      <Label text={label} for={id} size={labelSize} isPageHeading={isPageHeading} />
      <HintAndError {...props} id={id} />
      <input
        class={classNames(
          'govuk-input',
          props.width && `govuk-input--width-${props.width}`,
          error && 'govuk-input--error',
        )}
        id={id}
        name={name}
        {...type}
        spellcheck={props.spellcheck}
        value={props.value}
        aria-describedby={describedBy(id, props)}
        autocomplete={props.autocomplete}
        inputMode={props.inputMode}
      />
    </FormGroup>
  );
};
