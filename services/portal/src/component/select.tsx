import type { VNode } from 'preact';
import { classNames } from './class-names.js';
import { type ControlProps, describedBy, FormGroup, HintAndError } from './form-group.js';
import { Label, type LabelSize } from './label.js';

export interface SelectOption {
  readonly value: string;
  readonly text: string;
  readonly disabled?: boolean;
}

export interface SelectProps extends ControlProps {
  readonly name: string;
  /** @default name */
  readonly id?: string;
  readonly label: string;
  readonly labelSize?: LabelSize;
  readonly isPageHeading?: boolean;
  /** Of the option that is chosen at first. */
  readonly value?: string | undefined;
  readonly options: readonly SelectOption[];
}

/** One of many. */
export const Select = (props: SelectProps): VNode => {
  const { name, id = name, label, labelSize, isPageHeading, value, options, error } = props;
  return (
    <FormGroup error={error}>
      <Label text={label} for={id} size={labelSize} isPageHeading={isPageHeading} />
      <HintAndError {...props} id={id} />
      <select
        class={classNames('govuk-select', error && 'govuk-select--error')}
        id={id}
        name={name}
        aria-describedby={describedBy(id, props)}
      >
        {options.map((option) => (
          <option
            key={option.value}
            value={option.value}
            selected={value !== undefined && option.value === value}
            disabled={option.disabled}
          >
            {option.text}
          </option>
        ))}
      </select>
    </FormGroup>
  );
};
