import type { VNode } from 'preact';
import { classNames } from './class-names.js';
import { componentTexts } from './component.texts.js';
import { Fieldset } from './fieldset.js';
import { type ControlProps, describedBy, FormGroup, HintAndError } from './form-group.js';
import { Label } from './label.js';

export interface DateInputProps extends ControlProps {
  /** The fields are called `<name>-day`, `<name>-month` and `<name>-year`. */
  readonly name: string;
  /** @default name */
  readonly id?: string;
  readonly legend: string;
  readonly legendSize?: 's' | 'm' | 'l' | 'xl';
  /** As it was typed, also when it is no date. */
  readonly values?: { readonly day?: string; readonly month?: string; readonly year?: string };
}

const PARTS = ['day', 'month', 'year'] as const;

/** A day that the reader knows by heart. */
export const DateInput = (props: DateInputProps): VNode => {
  const { language, name, id = name, legend, legendSize, values = {}, error } = props;
  const t = componentTexts(language);
  return (
    <FormGroup error={error}>
      <Fieldset legend={legend} legendSize={legendSize} role="group" describedBy={describedBy(id, props)}>
        <HintAndError {...props} id={id} />
        <div class="govuk-date-input" id={id}>
          {PARTS.map((part) => (
            <div class="govuk-date-input__item" key={part}>
              <div class="govuk-form-group">
                <Label text={t(part)} for={`${id}-${part}`} class="govuk-date-input__label" />
                <input
                  class={classNames(
                    'govuk-input govuk-date-input__input',
                    error && 'govuk-input--error',
                    part === 'year' ? 'govuk-input--width-4' : 'govuk-input--width-2',
                  )}
                  id={`${id}-${part}`}
                  name={`${name}-${part}`}
                  type="text"
                  value={values[part]}
                  inputMode="numeric"
                />
              </div>
            </div>
          ))}
        </div>
      </Fieldset>
    </FormGroup>
  );
};
